"""Gamma-Gamma: the published figures, and what must hold of expected spend."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from ml.value.gamma_gamma import GammaGamma, _Likelihood, fit_gamma_gamma
from tests.unit.ml.value.conftest import Cdnow
from wellkept.deployment.errors import BadInputError, ModelRefusedError, NotEnoughDataError

PUBLISHED = GammaGamma(p=6.25, q=3.74, v=15.44, log_likelihood=0.0)


@pytest.fixture(scope="module")
def fitted(cdnow: Cdnow) -> GammaGamma:
    spent = cdnow.repeat_spend > 0
    orders = cdnow.frequency[spent]
    return fit_gamma_gamma(orders, cdnow.repeat_spend[spent] / orders, cdnow.customers[spent])


def test_cdnow_gives_the_published_parameters(fitted: GammaGamma) -> None:
    for name in ("p", "q", "v"):
        assert getattr(fitted, name) == pytest.approx(getattr(PUBLISHED, name), rel=0.01)


def test_the_unit_of_money_changes_no_forecast(fitted: GammaGamma, cdnow: Cdnow) -> None:
    spent = cdnow.repeat_spend > 0
    orders = cdnow.frequency[spent]
    cents = fit_gamma_gamma(orders, 100 * cdnow.repeat_spend[spent] / orders, cdnow.customers[spent])
    assert cents.expected_spend(3, 2_000) == pytest.approx(100 * fitted.expected_spend(3, 20), rel=1e-4)


def test_slopes_are_those_of_the_likelihood(cdnow: Cdnow) -> None:
    spent = cdnow.repeat_spend > 0
    orders = cdnow.frequency[spent]
    likelihood = _Likelihood(orders, cdnow.repeat_spend[spent] / orders, cdnow.customers[spent])
    point = np.array([4.0, 3.0, 20.0])
    numeric = approx_fprime(point, lambda parameters: likelihood(parameters)[0], 1e-6)
    np.testing.assert_allclose(likelihood(point)[1], numeric, rtol=1e-3)


def test_parameters_are_those_of_spend_drawn_as_the_story_tells() -> None:
    generator = np.random.default_rng(3)
    orders = generator.integers(2, 12, 8_000).astype(float)
    scales = generator.gamma(4.0, 1 / 60.0, len(orders))
    means = generator.gamma(2.5 * orders) / scales / orders
    fitted = fit_gamma_gamma(orders, means)
    assert (fitted.p, fitted.q, fitted.v) == pytest.approx((2.5, 4.0, 60.0), rel=0.1)
    later = 2.5 / scales  # mean spend of each, which nobody knows
    expected = fitted.expected_spend(orders, means)
    assert expected.mean() == pytest.approx(later.mean(), rel=0.02)
    assert expected[means > 80].mean() == pytest.approx(later[means > 80].mean(), rel=0.05)


@settings(max_examples=60, deadline=None)
@given(orders=st.integers(0, 300), mean=st.floats(0, 1e5), p=st.floats(0.1, 50), q=st.floats(1.05, 50))
def test_expected_spend_lies_between_the_own_mean_and_the_population_s(
    orders: int, mean: float, p: float, q: float
) -> None:
    model = GammaGamma(p, q, v=30.0, log_likelihood=0.0)
    low, high = sorted((mean, model.population_mean))
    spend = float(model.expected_spend(orders, mean))
    assert low * (1 - 1e-9) <= spend <= high * (1 + 1e-9)
    assert model.expected_spend(0, mean) == pytest.approx(model.population_mean)
    distances = np.abs(model.expected_spend([orders, orders + 1], mean) - mean)
    assert distances[1] <= distances[0] * (1 + 1e-9)  # the more orders, the nearer to the own mean


def test_spend_of_nothing_is_refused() -> None:
    with pytest.raises(BadInputError, match="not above 0"):
        fit_gamma_gamma([2.0], [0.0])
    with pytest.raises(NotEnoughDataError, match="none"):
        fit_gamma_gamma([], [])


def test_spend_without_a_mean_is_refused() -> None:
    generator = np.random.default_rng(5)
    orders = np.full(3_000, 5.0)
    means = generator.gamma(10.0 * orders) / generator.gamma(0.5, size=len(orders)) / orders
    with pytest.raises(ModelRefusedError, match="has no mean"):
        fit_gamma_gamma(orders, means)
