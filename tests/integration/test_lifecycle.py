"""Lifecycle history from change points against the plain rule, day by day, straight from orders and subscriptions."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import numpy as np
import pytest

from wellkept.landing.load import load_day
from wellkept.runs.run import Run
from wellkept.sources.extract import extract
from wellkept.warehouse.dbt import dbt

AS_OF = date(2026, 3, 10)
FIRST = date(2023, 1, 2)
N, ONBOARDING = 200, 30
RESTART, RENEWAL = 30, 60


@dataclass(frozen=True)
class Order:
    order_date: date
    cancelled_date: date | None


@dataclass(frozen=True)
class Subscription:
    subscription_id: str
    started_date: date
    period_end_date: date | None
    ended_date: date | None

    def runs_on(self, day: date) -> bool:
        return self.started_date < day and (self.ended_date is None or self.ended_date >= day)


STAGES = {
    "prospect": "acquisition",
    "onboarding": "engagement",
    "reactivated": "engagement",
    "active": "engagement",
    "cooling": "retention",
    "slipping": "retention",
    "dormant": "lapsed",
    "lost": "lapsed",
}


def make_history(seed: int, customers: int) -> dict[str, list[Order]]:
    """Random rhythms, from daily to yearly, with pauses longer than N, several orders a day and cancellations."""
    rng = np.random.default_rng(seed)
    history = {}
    for number in range(customers):
        rhythm = float(np.exp(rng.uniform(0, 5)))
        day = FIRST + timedelta(days=int(rng.integers(0, 600)))
        orders = []
        for _ in range(int(rng.integers(1, 25))):
            if day >= AS_OF:
                break
            cancelled = day + timedelta(days=int(rng.integers(0, 40))) if rng.random() < 0.15 else None
            orders.append(Order(day, cancelled if cancelled and cancelled < AS_OF else None))
            pause = N + int(rng.integers(-2, 4)) if rng.random() < 0.08 else 0
            day += timedelta(days=int(rng.exponential(rhythm)) + pause)
        history[f"c{number:03}"] = orders
    return history


def make_subscriptions(seed: int, customers: int) -> dict[str, list[Subscription]]:
    """Half of the customers: chains, gaps around the one that counts, two at once, early ends, and ends that lie ahead."""
    rng = np.random.default_rng(seed)
    subscriptions: dict[str, list[Subscription]] = {}
    for number in range(0, customers, 2):
        day = FIRST + timedelta(days=int(rng.integers(0, 900)))
        own = []
        for place in range(int(rng.integers(1, 7))):
            if day >= AS_OF:
                break
            period_end = day + timedelta(days=int(rng.choice([20, 91, 365])))
            end = period_end + timedelta(days=int(rng.choice([-15, 0, 0, 0, 10])))
            is_endless, is_known = rng.random() < 0.1, rng.random() < 0.9
            own.append(
                Subscription(f"s{number}-{place}", day, period_end if is_known else None, None if is_endless else end)
            )
            day = end + timedelta(days=int(rng.choice([-40, -3, 0, 0, RESTART - 1, RESTART, RESTART + 1, 120])))
        subscriptions[f"c{number:03}"] = own
    return subscriptions


class PlainRule:
    """DEFINITIONS.md, section 3, written as it reads and evaluated one day at a time."""

    def __init__(self, history: dict[str, list[Order]], subscriptions: dict[str, list[Subscription]]) -> None:
        self._history = {customer: orders for customer, orders in history.items() if orders}
        self._subscriptions = subscriptions
        self._medians: dict[date, float] = {}

    def place(self, customer: str, day: date) -> tuple[str, str, str | None] | None:
        """State, stage and the subscription that has to do with them; None before the customer's life."""
        state = self.state(customer, day)
        if state is None:
            return None
        if renewal := self._in_renewal(customer, day):
            return state, "renewal", renewal
        by_subscription = self._without_subscription(customer, day) if state == "lost" else None
        return state, STAGES[state], by_subscription

    def state(self, customer: str, day: date) -> str | None:
        started = [subscription.started_date for subscription in self._subscriptions.get(customer, [])]
        ordered = [order.order_date for order in self._history.get(customer, [])]
        if not any(event < day for event in (*started, *ordered)):
            return None
        state = self._state_by_orders(customer, day)
        wins = state in ("onboarding", "reactivated", "active")
        return "lost" if not wins and self._without_subscription(customer, day) else state

    def _state_by_orders(self, customer: str, day: date) -> str:
        days = self._order_days(customer, day)
        if not days:
            return "prospect"
        silent = (day - days[-1]).days
        gaps = [(later - earlier).days for earlier, later in itertools.pairwise(days)]
        if (day - days[0]).days <= ONBOARDING:
            return "onboarding"
        returns = [later for later, gap in zip(days[1:], gaps, strict=True) if gap > N]
        if returns and (day - returns[-1]).days <= ONBOARDING:
            return "reactivated"
        gap = self._own_gap(customer, day) or self._population_gap(day.replace(day=1))
        for limit, state in ((1.5 * gap, "active"), (2.5 * gap, "cooling"), (N, "slipping"), (2 * N, "dormant")):
            if silent <= limit:
                return state
        return "lost"

    def _in_renewal(self, customer: str, day: date) -> str | None:
        ends = [
            (subscription.period_end_date, subscription.subscription_id)
            for subscription in self._subscriptions.get(customer, [])
            if subscription.runs_on(day)
            and subscription.period_end_date
            and 0 <= (subscription.period_end_date - day).days <= RENEWAL
        ]
        return min(ends)[1] if ends else None

    def _without_subscription(self, customer: str, day: date) -> str | None:
        """The subscription that ended last, where that was more than the gap ago and nothing was ordered since."""
        begun = [one for one in self._subscriptions.get(customer, []) if one.started_date < day]
        if not begun or any(one.runs_on(day) for one in begun):
            return None
        end, _, last = max((one.ended_date or day, one.started_date, one.subscription_id) for one in begun)
        has_ordered = any(ordered >= end for ordered in self._order_days(customer, day))
        return last if (day - end).days > RESTART and not has_ordered else None

    def _order_days(self, customer: str, day: date) -> list[date]:
        return sorted(
            {
                order.order_date
                for order in self._history.get(customer, [])
                if order.order_date < day and not (order.cancelled_date and order.cancelled_date < day)
            }
        )

    def _own_gap(self, customer: str, day: date) -> float | None:
        days = self._order_days(customer, day)
        if len(days) < 3:
            return None
        return max(1, median((later - earlier).days for earlier, later in itertools.pairwise(days)))

    def _population_gap(self, month: date) -> float:
        if month not in self._medians:
            gaps = [gap for customer in self._history if (gap := self._own_gap(customer, month))]
            self._medians[month] = median(gaps) if gaps else 30
        return self._medians[month]


Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def history() -> dict[str, list[Order]]:
    """The last ten never ordered: whoever of them has a subscription is known by it alone."""
    orders = make_history(seed=11, customers=130)
    return {customer: taken if number < 120 else [] for number, (customer, taken) in enumerate(orders.items())}


@pytest.fixture(scope="module")
def subscriptions() -> dict[str, list[Subscription]]:
    return make_subscriptions(seed=12, customers=130)


@pytest.fixture(scope="module")
def built(
    history: dict[str, list[Order]],
    subscriptions: dict[str, list[Subscription]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    from wellkept.deployment.settings import Settings
    from wellkept.operations.new_run import make_run

    folder = tmp_path_factory.mktemp("lifecycle")
    write_orders(folder / "delivery", history)
    write_subscriptions(folder / "delivery", subscriptions)
    settings = Settings(home=folder / "home", config=folder / "none.toml")
    run = make_run(AS_OF, source=folder / "delivery", overrides={"eligible_days": N}, settings=settings)
    extract(run, "files")
    load_day(run)
    models = ("+lifecycle_flow", "+subscriptions", "+subscription_periods")
    dbt(run, "build", "--select", *models, "--resource-type", "model", "--resource-type", "seed")
    return run


def write_orders(folder: Path, history: dict[str, list[Order]]) -> None:
    folder.mkdir(parents=True)
    lines = ["order_id,customer_id,ordered_at,status,cancelled_at"]
    for customer, orders in history.items():
        for number, order in enumerate(orders):
            status = "cancelled" if order.cancelled_date else "completed"
            cancelled = f"{order.cancelled_date} 23:00" if order.cancelled_date else ""
            lines.append(f"{customer}-{number},{customer},{order.order_date} {number % 24:02}:15,{status},{cancelled}")
    (folder / "orders.csv").write_text("\n".join(lines))


def write_subscriptions(folder: Path, subscriptions: dict[str, list[Subscription]]) -> None:
    lines = ["subscription_id,customer_id,started_at,period_end_at,ended_at"]
    for customer, own in subscriptions.items():
        for one in own:
            ends = f"{one.period_end_date or ''},{one.ended_date or ''}"
            lines.append(f"{one.subscription_id},{customer},{one.started_date} 12:00,{ends}")
    (folder / "subscriptions.csv").write_text("\n".join(lines))


@pytest.fixture(scope="module")
def query(built: Run) -> Iterator[Query]:
    with duckdb.connect(str(built.home.warehouse), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def test_state_stage_and_subscription_of_every_customer_on_many_days_equal_the_plain_rule(
    history: dict[str, list[Order]], subscriptions: dict[str, list[Subscription]], query: Query
) -> None:
    rule = PlainRule(history, subscriptions)
    days = [AS_OF, *(AS_OF - timedelta(days=step) for step in range(1, 1100, 7))]
    seen: Counter[tuple[str, str, bool]] = Counter()
    for day in days:
        rows = query(
            "select customer_id, state, clm_stage, subscription_id from marts.lifecycle_states "
            f"where valid_from <= '{day}' and coalesce(valid_to > '{day}', true)"
        )
        expected = {customer: place for customer in history if (place := rule.place(customer, day))}
        assert {customer: tuple(place) for customer, *place in rows} == expected, day
        assert len(rows) == len(expected), f"more than one state on {day}"
        seen.update((state, stage, subscription is not None) for _, state, stage, subscription in rows)
    assert seen.total() > 5_000
    assert seen["lost", "lapsed", True] > 200
    assert all(seen[state, "renewal", True] > 10 for state in ("prospect", "active", "slipping", "dormant"))


def test_daily_flow_equals_a_count_straight_from_the_orders(history: dict[str, list[Order]], query: Query) -> None:
    completed = {
        customer: sorted({order.order_date for order in orders if not order.cancelled_date})
        for customer, orders in history.items()
    }
    first = min(day for days in completed.values() for day in days)
    rows = query(
        "select period_start_date, active_customers, new_customers, returning_customers, reactivated_customers, "
        "gone_quiet_customers, present_at_start, present_at_end from marts.lifecycle_flow where period = 'day' order by 1"
    )
    assert [row[0] for row in rows] == [first + timedelta(days=step) for step in range((AS_OF - first).days)]
    for day, *counts in rows:
        assert counts == count_day(completed.values(), day), day
    assert all(sum(row[column] for row in rows) > 10 for column in range(1, 6))


def count_day(customers: Iterable[list[date]], day: date) -> list[int]:
    """Active, new, returning, reactivated, gone quiet, present at the start and at the end of the day."""
    counts = [0] * 7
    for days in customers:
        before = [ordered for ordered in days if ordered < day]
        starts, ends = _is_present(days, day), _is_present(days, day + timedelta(days=1))
        is_active = day in days
        moves = (is_active and not before, is_active and starts, is_active and bool(before) and not starts)
        for place, holds in enumerate((is_active, *moves, starts and not ends, starts, ends)):
            counts[place] += holds
    return counts


def _is_present(days: list[date], day: date) -> bool:
    return any(0 < (day - ordered).days <= N for ordered in days)


def test_weeks_and_months_hold_the_customers_of_their_days(history: dict[str, list[Order]], query: Query) -> None:
    rows = query(
        "select period_start_date, period_end_date, active_customers from marts.lifecycle_flow where period <> 'day'"
    )
    for start, end, active in rows:
        ordered = [
            customer
            for customer, orders in history.items()
            if any(start <= order.order_date < end and not order.cancelled_date for order in orders)
        ]
        assert active == len(ordered), (start, end)
    assert len(rows) > 150


def test_a_period_churns_where_nothing_carries_it_on(
    subscriptions: dict[str, list[Subscription]], query: Query
) -> None:
    gap = timedelta(days=RESTART)
    expected = {
        (customer, one.ended_date)
        for customer, own in subscriptions.items()
        for one in own
        if one.ended_date
        and one.ended_date + gap < AS_OF
        and not any(
            other.started_date <= one.ended_date + gap
            and (other.ended_date is None or other.ended_date > one.ended_date)
            for other in own
        )
    }
    churned = query("select customer_id, churned_date from marts.subscription_periods where is_churned")
    assert set(churned) == expected
    assert len(churned) == len(expected) > 50


def test_intervals_tile_each_life_without_gap_or_overlap(query: Query) -> None:
    broken = query(
        """
        select customer_id, valid_from from (
            select *, lead(valid_from) over (partition by customer_id order by valid_from) as next_from
            from marts.lifecycle_states
        ) where valid_to is distinct from next_from or valid_to <= valid_from
        """
    )
    assert broken == []
    assert query("select count(*) from marts.lifecycle_states where valid_from > as_of_date") == [(0,)]


def test_every_state_occurs_and_since_and_previous_follow_from_the_intervals(query: Query) -> None:
    states = {state for (state,) in query("select distinct state from marts.lifecycle_states")}
    assert states == {
        "prospect", "onboarding", "reactivated", "active", "cooling", "slipping", "dormant", "lost"
    }  # fmt: skip
    wrong = query(
        """
        select customer_id, valid_from from (
            select *, lag(state) over life as state_before, lag(since_date) over life as since_before
            from marts.lifecycle_states window life as (partition by customer_id order by valid_from)
        )
        where since_date <> case when state = state_before then since_before else valid_from end
            or (state is distinct from state_before and previous_state is distinct from state_before)
        """
    )
    assert wrong == []
