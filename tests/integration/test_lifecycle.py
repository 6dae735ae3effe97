"""Lifecycle history from change points against the plain rule, day by day, straight from the orders."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import numpy as np
import pytest

from wellkept.landing.extract import extract
from wellkept.landing.load import load_day
from wellkept.run import Run
from wellkept.warehouse import dbt

AS_OF = date(2026, 3, 10)
FIRST = date(2023, 1, 2)
N, ONBOARDING = 200, 30


@dataclass(frozen=True)
class Order:
    order_date: date
    cancelled_date: date | None


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


class PlainRule:
    """DEFINITIONS.md, section 3, written as it reads and evaluated one day at a time."""

    def __init__(self, history: dict[str, list[Order]]) -> None:
        self._history = {customer: orders for customer, orders in history.items() if orders}
        self._medians: dict[date, float] = {}

    def state(self, customer: str, day: date) -> str | None:
        orders = self._history.get(customer, [])
        if not any(order.order_date < day for order in orders):
            return None
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

    def _order_days(self, customer: str, day: date) -> list[date]:
        return sorted(
            {
                order.order_date
                for order in self._history[customer]
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


@pytest.fixture(scope="module")
def history() -> dict[str, list[Order]]:
    return make_history(seed=11, customers=120)


@pytest.fixture(scope="module")
def built(history: dict[str, list[Order]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    from wellkept.run import make_run
    from wellkept.settings import Settings

    folder = tmp_path_factory.mktemp("lifecycle")
    write_orders(folder / "delivery", history)
    settings = Settings(home=folder / "home", config=folder / "none.toml")
    run = make_run(AS_OF, source=folder / "delivery", overrides={"eligible_days": N}, settings=settings)
    extract(run, "files")
    load_day(run)
    dbt(run, "build", "--select", "+lifecycle_states", "--exclude-resource-type", "unit_test")
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


@pytest.fixture(scope="module")
def query(built: Run) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    with duckdb.connect(str(built.home.warehouse), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def test_state_of_every_customer_on_many_days_equals_the_plain_rule(
    history: dict[str, list[Order]], query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    rule = PlainRule(history)
    days = [AS_OF, *(AS_OF - timedelta(days=step) for step in range(1, 1100, 7))]
    compared = 0
    for day in days:
        rows = query(
            "select customer_id, state from marts.lifecycle_states "
            f"where valid_from <= '{day}' and coalesce(valid_to > '{day}', true)"
        )
        expected = {customer: state for customer in history if (state := rule.state(customer, day))}
        assert dict(rows) == expected, day
        assert len(rows) == len(expected), f"more than one state on {day}"
        compared += len(rows)
    assert compared > 5_000


def test_intervals_tile_each_life_without_gap_or_overlap(query: Callable[[str], list[tuple[Any, ...]]]) -> None:
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


def test_every_state_occurs_and_since_and_previous_follow_from_the_intervals(
    query: Callable[[str], list[tuple[Any, ...]]],
) -> None:
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
