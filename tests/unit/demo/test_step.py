"""One day: what raises the hazard, what lowers it, and what can no longer happen."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from wellkept.demo.draws import lanes_of
from wellkept.demo.people import Traits, gather_people
from wellkept.demo.season import day_of
from wellkept.demo.state import DELETED, GONE, HERE, NO_DAY, State, newborn
from wellkept.demo.step import Happened, step
from wellkept.demo.truth import Truth

TRUTH = Truth()
COUNT = 4_000
DAY = day_of(TRUTH, date(2023, 11, 20), 200)
LANES = lanes_of(np.arange(COUNT))


@pytest.fixture(scope="module")
def traits() -> Traits:
    return gather_people(1, TRUTH, COUNT, 1_000).traits.first(COUNT)


def customers(**changes: float) -> State:
    """Customers who ordered yesterday and will not for long, but for the changes."""
    state = newborn_state()
    values = {"stage": HERE, "until": 500, "last": DAY.number - 1, "orders": 3, "base": 0.001} | changes
    return replace(state, **{name: np.full(COUNT, value, getattr(state, name).dtype) for name, value in values.items()})


def newborn_state() -> State:
    people = gather_people(1, TRUTH, COUNT, 1_000)
    return newborn(people.first_wait[:COUNT], people.created[:COUNT])


def take(state: State, traits: Traits, seed: int = 1, truth: Truth = TRUTH, has_contacts: bool = False) -> Happened:
    return step(truth, traits, state, LANES, seed, DAY, has_contacts)


def mean_hazard(happened: Happened) -> float:
    return float(np.mean(sum(happened.hazard.of(np.arange(COUNT)).values())))


def test_the_share_that_leaves_is_the_hazard_and_causes_come_by_their_parts(traits: Traits) -> None:
    state = customers(base=0.02, tickets=0.04, hidden=0.04)
    happened = take(state, traits)
    assert mean_hazard(happened) == pytest.approx(0.1, abs=0.003)
    left = happened.departures
    assert len(left["who"]) / COUNT == pytest.approx(0.1, abs=0.015)
    shares = np.bincount(left["cause"], minlength=6) / len(left["who"])
    assert shares == pytest.approx([0.2, 0.4, 0, 0, 0, 0.4], abs=0.08)
    assert np.isin(state.stage[left["who"]], (GONE, DELETED)).all()


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"tickets": 0.01}, "tickets"),
        ({"payments": 0.01}, "payments"),
        ({"delivery": 0.01}, "delivery"),
        ({"last": DAY.number - 150}, "silence"),
        ({"hidden": 0.01}, "hidden"),
    ],
)
def test_each_cause_raises_its_own_part_alone(traits: Traits, change: dict[str, float], cause: str) -> None:
    calm, troubled = take(customers(), traits).hazard, take(customers(**change), traits).hazard
    for name, part in troubled.parts.items():
        differs = abs(float(part.mean() - calm.parts[name].mean())) > 0.0005
        assert differs == (name == cause), name


def test_trouble_halves_in_its_half_life(traits: Traits) -> None:
    state = customers(tickets=0.01)
    for _ in range(int(TRUTH.half_life)):
        take(state, traits)
    assert float(np.median(state.tickets)) == pytest.approx(0.005, rel=0.01)


def test_a_contact_calms_the_persuadable_and_drives_out_who_wants_no_disturbance(traits: Traits) -> None:
    alone, contacted = take(customers(), traits).hazard, take(customers(contacted=DAY.number), traits).hazard
    ratio = sum(contacted.of(np.arange(COUNT)).values()) / sum(alone.of(np.arange(COUNT)).values())
    np.testing.assert_allclose(ratio, traits.treated, rtol=1e-5)
    assert set(np.unique(traits.treated)) == set(np.array(TRUTH.treated, np.float32))


def test_a_contact_wears_off(traits: Traits) -> None:
    long_ago = take(customers(contacted=DAY.number - TRUTH.treatment_days), traits).hazard
    assert (long_ago.factor == 1).all()


def test_nobody_who_has_left_orders_or_leaves_again_and_some_return(traits: Traits) -> None:
    state = customers(stage=GONE, until=np.inf)
    happened = take(state, traits, truth=replace(TRUTH, return_rate=0.05))
    assert not len(happened.departures["who"])
    assert len(happened.returns["who"]) / COUNT == pytest.approx(0.05, abs=0.015)
    assert np.isin(happened.orders["who"], happened.returns["who"]).all()


def test_who_deleted_the_account_never_returns(traits: Traits) -> None:
    happened = take(customers(stage=DELETED, until=np.inf), traits, truth=replace(TRUTH, return_rate=0.9))
    assert not any(len(getattr(happened, kind)["who"]) for kind in ("returns", "orders", "departures", "contacts"))


def test_only_the_silent_are_contacted_and_nobody_twice_soon(traits: Traits) -> None:
    often = replace(TRUTH, contact_rate=0.5)
    assert DAY.date.month == 6
    winback = replace(DAY, is_winback=True)

    def contacted(**changes: float) -> int:
        happened = step(often, traits, customers(**changes), LANES, 1, winback)
        return len(happened.contacts["who"])

    assert contacted(last=DAY.number - 100) / COUNT == pytest.approx(0.5, abs=0.03)
    assert contacted(last=DAY.number - 10) == 0
    assert contacted(last=DAY.number - 100, contacted=DAY.number - 30) == 0
    assert contacted(last=DAY.number - 100, contacted=NO_DAY) > 0


def test_the_same_day_twice_gives_the_same(traits: Traits) -> None:
    one, other = customers(until=0.5, parcel=DAY.number), customers(until=0.5, parcel=DAY.number)
    first, second = take(one, traits), take(other, traits)
    for kind in ("orders", "arrivals", "departures"):
        for name, values in getattr(first, kind).items():
            np.testing.assert_array_equal(values, getattr(second, kind)[name])
    np.testing.assert_array_equal(one.until, other.until)
