"""RFM history from change points against the plain rule, day by day, straight from the orders."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from wellkept.deployment.settings import Settings
from wellkept.landing.load import load_day
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run
from wellkept.sources.extract import extract
from wellkept.warehouse.dbt import dbt

AS_OF = date(2026, 3, 10)
FIRST = date(2024, 3, 12)
CLOSED_FROM, CLOSED_TO = date(2025, 1, 20), date(2025, 6, 10)  # longer than N: at some months' starts nobody is present
N = 80

Pair = tuple[Decimal | int, str]
Scores = tuple[int | None, int | None, int | None]


@dataclass(frozen=True)
class Order:
    order_date: date
    amount: Decimal | None
    is_completed: bool


def make_history(seed: int, customers: int) -> dict[str, list[Order]]:
    """Random rhythms with pauses longer than N, few distinct amounts (many ties), some customers without any amount."""
    rng = np.random.default_rng(seed)
    history = {}
    for number in range(customers):
        rhythm = float(np.exp(rng.uniform(0.7, 4.5)))
        day = FIRST + timedelta(days=int(rng.integers(0, 500)))
        orders = []
        for _ in range(int(rng.integers(1, 30))):
            day += timedelta(days=int(rng.exponential(rhythm)))
            if day >= AS_OF:
                break
            if not CLOSED_FROM <= day < CLOSED_TO:
                amount = Decimal(int(rng.integers(1, 6)) * 5) if number % 9 else None
                orders.append(Order(day, amount, bool(rng.random() > 0.1)))
        history[f"c{number:03}"] = orders
    return history


class PlainRule:
    """DEFINITIONS.md, section 5, written as it reads and evaluated one day at a time."""

    def __init__(self, history: dict[str, list[Order]]) -> None:
        self._history = history
        self._bins_of_month = cache(self._find_bins)

    def segments(self, day: date) -> dict[str, str | None]:
        return {customer: name_segment(*scores) for customer, scores in self.scores(day).items()}

    def scores(self, day: date) -> dict[str, Scores]:
        """Recency, frequency and monetary score of everybody present on the day."""
        bins = self._bins_of_month(day.replace(day=1))
        recency, frequency, spend = (self._measure(index, day) for index in range(3))
        return {
            customer: (
                score(recency[customer], bins[0]),
                score(frequency[customer], bins[1]),
                score(spend.get(customer), bins[2]),
            )
            for customer in recency
        }

    def _find_bins(self, month: date) -> list[list[list[Pair]]]:
        return [into_five(sorted(self._measure(index, month).values())) for index in range(3)]

    def _measure(self, index: int, day: date) -> dict[str, Pair]:
        """Each present customer's recency (reversed), frequency or spend, with their id to break ties."""
        measured = {}
        for customer, orders in self._history.items():
            window = [order for order in orders if order.is_completed and 1 <= (day - order.order_date).days <= N]
            amounts = [order.amount for order in window if order.amount is not None]
            if window and (index < 2 or amounts):
                recency = min((day - order.order_date).days for order in window)
                measured[customer] = ([-recency, len(window), sum(amounts)][index], customer)
        return measured


def into_five(pairs: list[Pair]) -> list[list[Pair]]:
    """Five bins as equal as can be, the first ones larger, as ntile(5) has them."""
    size, rest = divmod(len(pairs), 5)
    ends = [size * number + min(rest, number) for number in range(6)]
    return [pairs[start:end] for start, end in itertools.pairwise(ends)]


def score(pair: Pair | None, bins: list[list[Pair]]) -> int | None:
    """The first bin whose end the pair does not lie beyond."""
    if pair is None or not any(bins):
        return None
    number, end = 0, None
    for number, members in enumerate(bins[:4], start=1):
        end = members[-1] if members else end
        if end is not None and pair <= end:
            return number
    return number + 1


def name_segment(recency: int | None, frequency: int | None, monetary: int | None) -> str | None:
    if recency is None or frequency is None:
        return None
    monetary = monetary or frequency
    is_best = frequency >= 4 and monetary >= 4
    if recency >= 4:
        return next(
            name
            for name, holds in (
                ("champions", is_best),
                ("loyal", frequency >= 4),
                ("new", frequency == 1),
                ("promising", True),
            )
            if holds
        )
    if recency == 3:
        return "loyal" if frequency >= 4 else "needs_attention"
    return "cannot_lose" if is_best else "at_risk" if frequency >= 3 else "hibernating"


@pytest.fixture(scope="module")
def history() -> dict[str, list[Order]]:
    return make_history(seed=5, customers=70)


@pytest.fixture(scope="module")
def query(
    history: dict[str, list[Order]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    run = build(history, tmp_path_factory.mktemp("segments"))
    with duckdb.connect(str(run.home.warehouse), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def build(history: dict[str, list[Order]], folder: Path) -> Run:
    write_orders(folder / "delivery", history)
    settings = Settings(home=folder / "home", config=folder / "none.toml")
    run = make_run(AS_OF, source=folder / "delivery", overrides={"eligible_days": N}, settings=settings)
    extract(run, "files")
    load_day(run)
    only_models = (f"--exclude-resource-type={kind}" for kind in ("unit_test", "test"))
    dbt(run, "build", "--select", "+segments", *only_models)
    return run


def write_orders(folder: Path, history: dict[str, list[Order]]) -> None:
    folder.mkdir(parents=True)
    lines = ["order_id,customer_id,ordered_at,status,cancelled_at,total_amount"]
    for customer, orders in history.items():
        for number, order in enumerate(orders):
            state = "completed," if order.is_completed else f"cancelled,{order.order_date} 23:30"
            lines.append(f"{customer}-{number},{customer},{order.order_date} 10:15,{state},{order.amount or ''}")
    (folder / "orders.csv").write_text("\n".join(lines))


def test_segment_of_every_customer_on_every_day_equals_the_plain_rule(
    history: dict[str, list[Order]], query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    rule = PlainRule(history)
    seen = set()
    for step in range((AS_OF - FIRST).days + 1):
        day = FIRST + timedelta(days=step)
        rows = query(
            "select customer_id, rfm_segment from intermediate.int_rfm_segments_ranged "
            f"where valid_from <= '{day}' and coalesce(valid_to > '{day}', true)"
        )
        assert dict(rows) == rule.segments(day), day
        assert len(rows) == len(dict(rows)), f"more than one segment on {day}"
        seen |= {segment for _, segment in rows}
    assert seen == {
        None, "champions", "loyal", "new", "promising", "needs_attention", "cannot_lose", "at_risk", "hibernating"
    }  # fmt: skip


def test_scores_of_the_day_equal_the_plain_rule(
    history: dict[str, list[Order]], query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    rows = query(
        "select customer_id, recency_score, frequency_score, monetary_score from marts.segments where orders_count > 0"
    )
    assert {customer: tuple(scores) for customer, *scores in rows} == PlainRule(history).scores(AS_OF)


def test_each_interval_is_a_whole_stay_and_names_the_one_before(
    query: Callable[[str], list[tuple[Any, ...]]],
) -> None:
    wrong = query(
        """
        select customer_id, valid_from from (
            select *, lag(rfm_segment) over life as segment_before, lag(valid_to) over life as to_before
            from intermediate.int_rfm_segments_ranged window life as (partition by customer_id order by valid_from)
        )
        where (valid_from = to_before and rfm_segment is not distinct from segment_before)
            or previous_rfm_segment is distinct from segment_before
            or since_date <> valid_from
        """
    )
    assert wrong == []


def test_a_customer_is_in_a_segment_exactly_while_present(query: Callable[[str], list[tuple[Any, ...]]]) -> None:
    days = "sum({to} - {since})".format
    open_end = f"coalesce({{}}, date '{AS_OF}' + 1)".format
    in_segments, present = (
        query(
            f"select customer_id, {days(to=open_end(to), since=since)} from intermediate.{table} group by 1 order by 1"
        )
        for table, since, to in (
            ("int_rfm_segments_ranged", "valid_from", "valid_to"),
            ("int_presence_ranged", "present_from", "present_to"),
        )
    )
    assert in_segments == present


def test_without_other_sources_only_orders_speak(query: Callable[[str], list[tuple[Any, ...]]]) -> None:
    said = query(
        """
        select count(loyalty_tier), count(loyalty_points_365d), count(historic_margin), count(engagement_sessions),
            count(engagement_replies_rank), count(icp_score) filter (where icp_score not between 0 and 100)
        from marts.segments
        """
    )
    assert said == [(0, 0, 0, 0, 0, 0)]
    assert query(
        "select count(*) from marts.segments where abs(engagement_score - 100 * engagement_orders_rank) > 1e-9"
    ) == [(0,)]
    assert query("select count(engagement_score) > 10, count(value_tier) > 10 from marts.segments") == [(True, True)]
