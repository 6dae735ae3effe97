"""The laboratory counts past days as DEFINITIONS, section 2, says: half-open windows, as known when an outcome matured."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta

import duckdb
import pytest

from ml.lab.definitions import FOLLOW_DAYS, Definition, Grid, list_days
from ml.lab.history import Tally, judge_day, measure_reach, read_sample
from ml.lab.quick_model import split_days
from ml.lab.study import spread_without_season

DAY = date(2025, 3, 3)
DEFINITION = Definition(90, 30)
LATE = 1
NEVER = date(9999, 12, 31)

Ordered = tuple[str, int] | tuple[str, int, int | None, int | None]
"""A customer, the day of an order from DAY on, and if not the next day and never: from when and until when it counts."""


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def grid(*, eligible: Sequence[int] = (90,), horizons: Sequence[int] = (30,), as_of: int = 400) -> Grid:
    return Grid(tuple(eligible), tuple(horizons), LATE, date(2024, 1, 1), after(as_of))


@contextmanager
def shop(
    orders: Sequence[Ordered], deleted: dict[str, int] | None = None, spent: dict[str, float] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lab's two tables."""
    names = sorted({order[0] for order in orders})
    with duckdb.connect() as connection:
        connection.execute(
            "create table customers (customer integer, customer_id text, spread bigint, sample_group bigint, "
            "spent decimal(18, 4), deleted_date date)"
        )
        connection.execute("create table order_days (customer integer, day date, counts_from date, counts_to date)")
        for number, name in enumerate(names):
            gone = after(deleted[name]) if deleted and name in deleted else None
            row = [number, name, number, number % 100, (spent or {}).get(name), gone]
            connection.execute("insert into customers values (?, ?, ?, ?, ?, ?)", row)
        for name, day, *known in orders:
            from_, to = known or (None, None)
            counts = after(day + 1 if from_ is None else from_), NEVER if to is None else after(to)
            connection.execute("insert into order_days values (?, ?, ?, ?)", [names.index(name), after(day), *counts])
        yield connection


def tally_of(orders: Sequence[Ordered], deleted: dict[str, int] | None = None, of: Grid | None = None) -> Tally:
    with shop(orders, deleted) as connection:
        [tally] = judge_day(connection, of or grid(), DAY)
    return tally


def counts_of(tally: Tally) -> tuple[int, int, int, int]:
    return tally.labelled, tally.churned, tally.followed, tally.came_back


def test_the_window_before_and_the_horizon_after_are_half_open() -> None:
    eligible = [("first of the window", -90), ("last of it", -1)]
    not_eligible = [("before it", -91), ("on the day", 0)]
    assert counts_of(tally_of(eligible + not_eligible)) == (2, 2, 2, 0)
    stays = [("a", -1), ("a", 0), ("b", -1), ("b", 29)]
    leaves = [("c", -1), ("c", 30), ("d", -1)]
    assert counts_of(tally_of(stays + leaves)) == (4, 2, 2, 1)


def test_false_churn_is_an_order_in_the_days_after_the_horizon() -> None:
    back = [("a", -5), ("a", 30), ("b", -5), ("b", 30 + FOLLOW_DAYS - 1)]
    not_back = [("c", -5), ("c", 30 + FOLLOW_DAYS), ("d", -5), ("e", -5)]
    stayed = [("f", -5), ("f", 3), ("f", 100)]
    assert counts_of(tally_of(back + not_back + stayed)) == (6, 5, 5, 2)


def test_who_came_back_is_not_told_before_the_time_for_it_is_over() -> None:
    orders = [("a", -5), ("a", 40)]
    over = 30 + FOLLOW_DAYS + LATE
    assert counts_of(tally_of(orders, of=grid(as_of=over))) == (1, 1, 1, 1)
    assert counts_of(tally_of(orders, of=grid(as_of=over - 1))) == (1, 1, 0, 0)


def test_a_day_is_not_tried_before_its_outcome_is_known_or_without_its_whole_window() -> None:
    assert not grid(as_of=30).is_tried(DAY, DEFINITION)
    assert grid(as_of=31).is_tried(DAY, DEFINITION)
    first = grid().first_order_date
    assert not grid().is_tried(first + timedelta(days=89), DEFINITION)
    assert grid().is_tried(first + timedelta(days=90), DEFINITION)
    assert grid().first_possible_as_of(DEFINITION) == first + timedelta(days=121)


def test_only_orders_known_by_the_day_make_eligible() -> None:
    assert counts_of(tally_of([("known in time", -5, 0, None)])) == (1, 1, 1, 0)
    assert counts_of(tally_of([("told a day late", -5, 1, None), ("other", -5)])) == (1, 1, 1, 0)


def test_a_label_is_as_known_when_it_matured_and_a_later_correction_is_a_return() -> None:
    in_time = [("a", -5), ("a", 20, 30 + LATE, None)]
    too_late = [("b", -5), ("b", 20, 30 + LATE + 1, None)]
    assert counts_of(tally_of(in_time + too_late)) == (2, 1, 1, 1)
    cancelled_before = [("c", -5), ("c", 20, None, 31)]
    cancelled_after = [("d", -5), ("d", 20, None, 32)]
    assert counts_of(tally_of(cancelled_before + cancelled_after)) == (2, 1, 1, 0)


def test_who_is_deleted_is_not_eligible_and_who_is_deleted_in_the_horizon_has_no_label() -> None:
    orders = [(name, -5) for name in ("before", "first day", "in it", "after it", "before the order")]
    deleted = {"before": -1, "first day": 0, "in it": 29, "after it": 30, "before the order": -6}
    assert counts_of(tally_of(orders, deleted)) == (2, 2, 1, 0)
    revoked = [("ordered after it", -5), ("ordered after it", 20)]
    assert counts_of(tally_of(revoked, {"ordered after it": 10})) == (1, 0, 0, 0)
    assert counts_of(tally_of(revoked, {"ordered after it": 25})) == (0, 0, 0, 0)


def test_every_window_and_horizon_counts_as_if_it_were_alone() -> None:
    orders = [
        (name, day)
        for number, name in enumerate("abcdefghijklmnop")
        for day in range(-200 + 7 * number, 300, 11 + 13 * number)
    ]
    both = grid(eligible=(30, 90), horizons=(30, 60, 200))
    with shop(orders) as connection:
        together = judge_day(connection, both, DAY)
    alone = []
    for definition in both.definitions:
        one = grid(eligible=[definition.eligible_days], horizons=[definition.horizon_days])
        alone.append(tally_of(orders, of=one))
    assert together == alone
    assert len({counts_of(tally) for tally in together}) > 3


def test_reach_is_who_would_be_asked_about_now() -> None:
    orders = [("a", 300), ("b", 310), ("c", 309), ("d", 399), ("e", 390)]
    with shop(orders, {"e": 395}, {"a": 10, "b": 20, "d": 50, "e": 20}) as connection:
        reach = measure_reach(connection, grid(eligible=(90, 365)))
    assert (reach[90].customers, reach[90].customers_share, reach[90].revenue_share) == (2, 0.4, 0.7)
    assert (reach[365].customers, reach[365].revenue_share) == (4, 0.8)
    with shop(orders) as connection:
        assert measure_reach(connection, grid())[90].revenue_share is None


def test_the_quick_model_knows_only_what_was_known_on_the_day() -> None:
    orders = [("a", -40), ("a", -20), ("a", -10), ("a", -5, 1, None), ("a", 3)]
    with shop(orders) as connection:
        judge_day(connection, grid(horizons=(30, 500)), DAY)
        sample = read_sample(connection, grid(horizons=(30, 500)), DAY, share=1)
    assert {name: values[0] for name, values in sample.items() if name != "churned_500"} == pytest.approx(
        {"silence": 10, "order_days": 3, "tenure": 40, "silence_in_gaps": 10 * 2 / 30, "churned_30": 0}
    )
    assert sample["churned_500"][0] != sample["churned_500"][0]  # not known yet


def test_no_training_label_reaches_into_the_test_days() -> None:
    days = [date(2024, 1, 1) + timedelta(weeks=week) for week in range(60)]
    split = split_days(days, 91)
    assert split
    training, testing = split
    assert max(training) + timedelta(days=91) <= min(testing)
    assert max(training) + timedelta(days=98) > min(testing)
    assert abs(len(training) - len(testing)) <= 1
    assert split_days(days[:13], 91) is None
    assert split_days([], 91) is None


def test_days_lie_on_the_weekly_grid_and_are_thinned_when_there_are_many() -> None:
    short = list_days(Grid((90,), (30,), LATE, date(2025, 1, 1), date(2025, 9, 1)))
    assert (short[0], short[-1]) == (date(2025, 4, 7), date(2025, 7, 28))
    assert {day.weekday() for day in short} == {0}
    assert len(short) == 17
    long = list_days(Grid((90,), (30,), LATE, date(2015, 1, 1), date(2025, 9, 1)))
    assert len(long) == 60
    assert {(after - before).days for before, after in itertools.pairwise(long)} == {28}


def test_a_season_that_comes_back_is_no_instability() -> None:
    days = [date(2023, 1, 2) + timedelta(weeks=week) for week in range(104)]
    seasonal = {day: 0.3 + 0.2 * (day.isocalendar().week % 52 < 26) for day in days}
    assert spread_without_season(seasonal) == pytest.approx(0, abs=0.03)
    falling = {day: 0.5 - 0.1 * (day >= days[52]) for day in days}
    assert spread_without_season(falling) == pytest.approx(0.1 / 2**0.5)
    assert spread_without_season(dict.fromkeys(days[:55], 0.3)) is None
