"""The true chances are those of the life itself."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from wellkept.demo.life import Life
from wellkept.demo.outcomes import outcomes_of, true_outcomes
from wellkept.demo.state import GONE

HORIZON = 90


@pytest.fixture(scope="module")
def outcomes(earlier: Life) -> dict[str, np.ndarray]:
    table = outcomes_of(earlier, HORIZON, replicates=100)
    return {name: np.asarray(table[name].to_pylist()) for name in table.column_names}


def ordered_between(life: Life, first: int, last: int) -> np.ndarray:
    orders = life.happened["orders"]
    return np.unique(orders["who"][~orders["is_cancelled"] & (orders["day"] >= first) & (orders["day"] < last)])


def test_who_has_ordered_is_who_orders_when_life_goes_on(
    life: Life, earlier: Life, outcomes: dict[str, np.ndarray]
) -> None:
    later = ordered_between(life, earlier.days, earlier.days + HORIZON)
    np.testing.assert_array_equal(np.flatnonzero(outcomes["has_ordered"]), later[later < earlier.joined])


def test_chances_are_calibrated_among_the_eligible(earlier: Life, outcomes: dict[str, np.ndarray]) -> None:
    eligible = ordered_between(earlier, earlier.days - 365, earlier.days)
    chance, silent = outcomes["p_no_order"][eligible], ~outcomes["has_ordered"][eligible]
    noise = np.sqrt((chance * (1 - chance) * (1 + 1 / 100)).sum()) / len(eligible)
    assert abs(chance.mean() - silent.mean()) < 3 * noise
    assert noise < 0.03


def test_the_chances_do_not_know_when_the_next_order_was_drawn(earlier: Life, outcomes: dict[str, np.ndarray]) -> None:
    """With the next order a month later than it was drawn, and as long waited for, nothing that is known differs."""
    state = earlier.state
    later = replace(state, until=state.until + np.float32(30), wait=state.wait + np.float32(30))
    again = outcomes_of(replace(earlier, state=later), HORIZON, replicates=100)
    has_rhythm = np.isfinite(state.wait[: earlier.joined])
    expected = outcomes["p_no_order"][has_rhythm]
    np.testing.assert_allclose(np.asarray(again["p_no_order"])[has_rhythm], expected, atol=0.031)
    assert np.abs(np.asarray(again["p_no_order"])[has_rhythm] - expected).mean() < 0.001
    assert np.asarray(again["has_ordered"]).sum() < outcomes["has_ordered"].sum()


def test_a_contact_helps_the_persuadable_and_harms_who_wants_no_disturbance(outcomes: dict[str, np.ndarray]) -> None:
    effect = outcomes["p_no_order_if_treated"] - outcomes["p_no_order_if_untreated"]
    response = outcomes["response"]
    assert effect[response == "persuadable"].mean() < -0.005
    assert effect[response == "do_not_disturb"].mean() > 0.01
    for indifferent in ("sure_thing", "lost_cause"):
        assert not effect[response == indifferent].any()


def test_who_has_left_is_all_but_certain_not_to_order(earlier: Life, outcomes: dict[str, np.ndarray]) -> None:
    gone = np.flatnonzero(earlier.state.stage[: earlier.joined] == GONE)
    assert 0.85 < outcomes["p_no_order"][gone].mean() < 0.97


def test_chances_do_not_depend_on_threads_or_on_being_asked_by_charter(earlier: Life) -> None:
    day = earlier.charter.first_day + timedelta(days=earlier.days)
    assert outcomes_of(earlier, 10, 5, threads=1) == true_outcomes(earlier.charter, day, 10, 5, threads=2)
    assert (earlier.state.last[: earlier.joined] < earlier.days).all(), "the life is not changed by asking"
