"""What the gaps recommend is what made-up customers, whose gaps are known, were made with."""

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from ml.lab.advice import ELIGIBLE_LEVEL, HORIZON_LEVEL, advise
from ml.lab.definitions import Definition, Grid
from ml.lab.gaps import Gaps, find_reached, read_gaps
from wellkept.deployment.errors import NotEnoughDataError

FIRST, AS_OF = date(2023, 1, 1), date(2026, 1, 1)
HISTORY = (AS_OF - FIRST).days
GRID = Grid((90, 180, 365), (30, 60, 90, 120), 1, FIRST, AS_OF)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def fill(connection: duckdb.DuckDBPyConnection, orders: dict[int, list[int]]) -> None:
    """Customers and the days of their orders, counted from FIRST."""
    rows = [(customer, FIRST + timedelta(days=day)) for customer, days in orders.items() for day in days]
    ordered = pa.table({"customer": [row[0] for row in rows], "day": [row[1] for row in rows]})
    assert ordered.num_rows
    connection.execute(
        "create or replace table order_days as select customer, day, cast(day + 1 as date) as counts_from, "
        "date '9999-12-31' as counts_to from ordered"
    )
    connection.execute(
        "create or replace table customers as select distinct customer, customer % 100 as sample_group, "
        "cast(null as date) as deleted_date from ordered"
    )


def live(generator: np.random.Generator, mean_gap: float, leaves: float) -> list[int]:
    """Orders of a customer who comes at any time, and after each order leaves with a probability."""
    day = generator.integers(0, HISTORY)
    days = [int(day)]
    while generator.random() > leaves:
        day += max(1, round(generator.exponential(mean_gap)))
        if day >= HISTORY:
            break
        days.append(int(day))
    return days


def gaps_of(connection: duckdb.DuckDBPyConnection, orders: dict[int, list[int]]) -> Gaps:
    fill(connection, orders)
    return read_gaps(connection, AS_OF, FIRST)


def test_a_known_gap_distribution_is_found_again_whoever_leaves(connection: duckdb.DuckDBPyConnection) -> None:
    generator = np.random.default_rng(3)
    gaps = gaps_of(connection, {customer: live(generator, 50, 0.15) for customer in range(4000)})
    assert gaps.seen_days == HISTORY // 2
    assert gaps.never_back() == pytest.approx(0.15, abs=0.02)
    days = np.arange(1, 200)
    assert gaps.not_yet_back()[days] == pytest.approx(np.exp(-days / 50), abs=0.03)
    for level in (HORIZON_LEVEL, ELIGIBLE_LEVEL):
        reached = find_reached(gaps, level)
        assert reached.days == pytest.approx(-50 * np.log(level), rel=0.08)
        assert reached.low <= reached.days <= reached.high <= 1.2 * reached.low


def test_who_orders_most_does_not_speak_for_all(connection: duckdb.DuckDBPyConnection) -> None:
    often = {customer: list(range(customer, HISTORY, 5)) for customer in range(100)}
    seldom = {1000 + customer: list(range(customer, HISTORY, 100)) for customer in range(100)}
    gaps = gaps_of(connection, often | seldom)
    assert gaps.not_yet_back()[[4, 5, 99, 100]] == pytest.approx([1, 0.5, 0.5, 0])


def test_a_gap_that_is_still_open_counts_for_as_long_as_it_is_known(connection: duckdb.DuckDBPyConnection) -> None:
    back = {customer: [0, 100] for customer in range(50)}
    waiting = {100 + customer: [HISTORY - 60] for customer in range(50)}
    gaps = gaps_of(connection, back | waiting)
    assert gaps.never_back() == 0  # nobody who was watched for 100 days stayed away
    gone = {100 + customer: [0] for customer in range(50)}
    assert gaps_of(connection, back | gone).never_back() == 0.5


def test_orders_of_one_day_are_one(connection: duckdb.DuckDBPyConnection) -> None:
    gaps = gaps_of(connection, {customer: [0, 0, 40, 40] for customer in range(50)})
    assert (gaps.ended_gaps, gaps.returners) == (50, 50)
    assert find_reached(gaps, HORIZON_LEVEL).days == 40


def test_what_is_known_later_is_not_counted(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, {customer: [0, 40] for customer in range(50)})
    connection.execute("update order_days set counts_from = ? where day > ?", [AS_OF + timedelta(days=1), FIRST])
    assert read_gaps(connection, AS_OF, FIRST).returners == 0


def test_the_shortest_definition_that_the_gaps_allow_is_recommended(connection: duckdb.DuckDBPyConnection) -> None:
    generator = np.random.default_rng(3)
    gaps = gaps_of(connection, {customer: live(generator, 50, 0.15) for customer in range(2000)})
    advice = advise(gaps, GRID.definitions, GRID)
    assert advice.definition == Definition(180, 90)
    assert f"by day {advice.horizon.days} " in advice.sentences[0]
    assert "horizon_days 90 is the shortest tried that is as long" in advice.sentences[0]


def test_what_history_cannot_try_is_not_recommended(connection: duckdb.DuckDBPyConnection) -> None:
    gaps = gaps_of(connection, {customer: list(range(customer, HISTORY, 80)) for customer in range(60)})
    tried = [definition for definition in GRID.definitions if definition.eligible_days < 180]
    advice = advise(gaps, tried, GRID)
    assert advice.definition == Definition(90, 90)
    longer = Grid((30, 60), (10, 20), 1, FIRST, AS_OF)
    beyond = advise(gaps, longer.definitions, longer)
    assert beyond.definition == Definition(60, 20)
    assert "20 is the longest tried, and a longer one would fit better" in beyond.sentences[0]


def test_too_few_returns_are_refused_with_the_number(connection: duckdb.DuckDBPyConnection) -> None:
    gaps = gaps_of(connection, {customer: [0, 40] if customer < 29 else [5] for customer in range(200)})
    with pytest.raises(
        NotEnoughDataError, match="29 customers have ordered on more than one day before 2026-01-01, and 30"
    ):
        advise(gaps, GRID.definitions, GRID)


def test_the_same_gaps_give_the_same_interval(connection: duckdb.DuckDBPyConnection) -> None:
    generator = np.random.default_rng(5)
    orders = {customer: live(generator, 30, 0.3) for customer in range(300)}
    first, again = (find_reached(gaps_of(connection, orders), HORIZON_LEVEL) for _ in range(2))
    assert first == again
    assert first.low < first.days < first.high
