"""BG/NBD: the published figures, the formulas against lives told event by event, and what must hold of any model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.special import hyp2f1
from scipy.stats import beta

from ml.value.bgnbd import BgNbd, _Likelihood, fit_bgnbd
from tests.unit.ml.value.conftest import Cdnow, live
from wellkept.deployment.errors import BadInputError, ModelRefusedError, NotEnoughDataError

AHEAD = 39.0
PUBLISHED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4)

shapes = st.floats(0.05, 20)
models = st.builds(BgNbd, r=shapes, alpha=st.floats(0.5, 500), a=shapes, b=shapes, log_likelihood=st.just(0.0))


@pytest.fixture(scope="module")
def fitted(cdnow: Cdnow) -> BgNbd:
    return fit_bgnbd(cdnow.frequency, cdnow.recency, cdnow.age, cdnow.customers)


def test_cdnow_gives_the_published_parameters_and_likelihood(fitted: BgNbd) -> None:
    for name in ("r", "alpha", "a", "b"):
        assert getattr(fitted, name) == pytest.approx(getattr(PUBLISHED, name), rel=0.01)
    assert fitted.log_likelihood == pytest.approx(PUBLISHED.log_likelihood, abs=0.1)


def test_the_next_39_weeks_of_cdnow_are_foretold_within_15_percent(fitted: BgNbd, cdnow: Cdnow) -> None:
    expected = fitted.expected_orders(cdnow.frequency, cdnow.recency, cdnow.age, AHEAD) @ cdnow.customers
    assert expected == pytest.approx(cdnow.later_order_days.sum(), rel=0.15)


def test_the_paper_s_one_customer_is_expected_to_order_1_226_times(fitted: BgNbd) -> None:
    assert fitted.expected_orders(2, 30.43, 38.86, AHEAD) == pytest.approx(1.226, abs=0.001)


def test_expected_orders_are_the_paper_s_closed_form(cdnow: Cdnow, fitted: BgNbd) -> None:
    m, x, age = fitted, cdnow.frequency, cdnow.age
    share = AHEAD / (m.alpha + age + AHEAD)
    fading = (1 - share) ** (m.r + x) * hyp2f1(m.r + x, m.b + x, m.a + m.b + x - 1, share)
    closed = (m.a + m.b + x - 1) / (m.a - 1) * (1 - fading)
    np.testing.assert_allclose(m.expected_orders_if_alive(x, age, AHEAD), closed, rtol=1e-6)


def test_the_unit_of_time_changes_no_forecast(fitted: BgNbd, cdnow: Cdnow) -> None:
    by_day = fit_bgnbd(cdnow.frequency, 7 * cdnow.recency, 7 * cdnow.age, cdnow.customers)
    assert by_day.alpha == pytest.approx(7 * fitted.alpha, rel=1e-4)
    assert by_day.expected_orders(2, 7 * 30.43, 7 * 38.86, 7 * AHEAD) == pytest.approx(1.226, abs=0.001)


def test_a_weight_counts_as_so_many_customers(fitted: BgNbd, cdnow: Cdnow) -> None:
    times = cdnow.customers.astype(int)
    alone = fit_bgnbd(*(np.repeat(values, times) for values in (cdnow.frequency, cdnow.recency, cdnow.age)))
    assert alone.log_likelihood == pytest.approx(fitted.log_likelihood)
    assert alone.alpha == pytest.approx(fitted.alpha, rel=1e-4)


def test_slopes_are_those_of_the_likelihood(cdnow: Cdnow) -> None:
    likelihood = _Likelihood(cdnow.frequency, cdnow.recency, cdnow.age, cdnow.customers)
    point = np.array([0.4, 3.0, 0.6, 2.0])
    numeric = approx_fprime(point, lambda parameters: likelihood(parameters)[0], 1e-6)
    np.testing.assert_allclose(likelihood(point)[1], numeric, rtol=1e-3)


def test_parameters_and_forecasts_are_those_of_lives_told_event_by_event() -> None:
    true = BgNbd(r=0.8, alpha=40.0, a=0.9, b=3.0, log_likelihood=0.0)
    lives = live(true, customers=12_000, days=500, ahead=180)
    x, last, age = lives.frequency, lives.recency, lives.age
    fitted = fit_bgnbd(x, last, age)
    assert fitted.r == pytest.approx(true.r, rel=0.1)
    assert fitted.a / (fitted.a + fitted.b) == pytest.approx(true.a / (true.a + true.b), rel=0.1)
    orders, silence = true.expected_orders(x, last, age, 180), true.risk_of_silence(x, last, age, 180)
    alive = true.alive_probability(x, last, age)
    for group in (x == 0, (x > 0) & (age - last < 60), (x > 0) & (age - last >= 60)):
        assert orders[group].mean() == pytest.approx(lives.later_orders[group].mean(), rel=0.08)
        assert silence[group].mean() == pytest.approx((lives.later_orders[group] == 0).mean(), abs=0.02)
        assert alive[group].mean() == pytest.approx(lives.is_alive[group].mean(), abs=0.02)


@pytest.mark.parametrize("a", [0.3, 1.0, 2.5, 15.0])
@pytest.mark.parametrize(("frequency", "age", "days"), [(0, 1, 365), (0, 700, 365), (3, 40, 30), (400, 400, 365)])
def test_expected_orders_are_the_integral_over_the_chance_of_leaving(
    a: float, frequency: float, age: float, days: float
) -> None:
    """Of one who leaves with probability p after each order: (1 - (1 + p days / (alpha + age)) ** -(r + x)) / p."""
    model = BgNbd(r=0.7, alpha=30.0, a=a, b=0.4, log_likelihood=0.0)
    leaving, reach = beta(a, model.b + frequency), days / (model.alpha + age)

    def orders(u: float) -> float:
        p = max(float(leaving.ppf(u)), 1e-15)
        return float(-np.expm1(-(model.r + frequency) * np.log1p(p * reach)) / p)

    integral = quad(orders, 0, 1, limit=200)[0]
    assert model.expected_orders_if_alive(frequency, age, days) == pytest.approx(integral, rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(model=models, frequency=st.integers(0, 200), recency=st.floats(0, 1), age=st.floats(1, 2000))
def test_what_must_hold_of_any_customer(model: BgNbd, frequency: int, recency: float, age: float) -> None:
    last = recency * age if frequency else 0.0
    alive = float(model.alive_probability(frequency, last, age))
    some, more = model.expected_orders(frequency, last, age, [90, 365])
    risk, longer = model.risk_of_silence(frequency, last, age, [90, 365])
    assert 0 <= alive <= 1
    assert 0 <= some <= more * (1 + 1e-9)  # the further one looks, the more orders, and the less silence
    assert 1 >= risk >= longer - 1e-12 >= -1e-12
    assert 1 - longer <= more * (1 + 1e-6) + 1e-12  # no more customers than orders
    assert more <= model.expected_orders_if_alive(frequency, age, 365) * (1 + 1e-12)
    if frequency:
        # the longer the silence, the surer the end
        assert model.alive_probability(frequency, last / 2, age) <= alive + 1e-12


def test_a_history_that_cannot_be_is_refused() -> None:
    with pytest.raises(BadInputError, match="1 of them impossible"):
        fit_bgnbd([1.0, 1.0], [50.0, 2.0], [40.0, 40.0])


def test_without_a_repeat_there_is_nothing_to_fit() -> None:
    with pytest.raises(NotEnoughDataError, match="none"):
        fit_bgnbd([0.0, 0.0], [0.0, 0.0], [40.0, 50.0])


def test_a_search_that_does_not_arrive_is_an_error(cdnow: Cdnow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml.value.maximise.OPTIONS", {"maxiter": 2})
    with pytest.raises(ModelRefusedError, match="BG/NBD found no maximum of its likelihood from 4 starts"):
        fit_bgnbd(cdnow.frequency, cdnow.recency, cdnow.age, cdnow.customers)
