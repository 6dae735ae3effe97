"""Which days are held, which are stale, which may go."""

import itertools
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import duckdb
import pytest

from features import snapshots
from wellkept.landing.loads import LOADS
from wellkept.runs.run import Run
from wellkept.warehouse.records import ensure_table

TABLE = "feature_customer__x"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        ensure_table(connection, LOADS)
        connection.execute("create schema features")
        connection.execute(f"create table features.{TABLE} (as_of_date date)")
        yield connection


def note_load(connection: duckdb.DuckDBPyConnection, day: str, source: str = "shop", run_id: str = "r") -> None:
    connection.execute(
        "insert or replace into raw.loads values (?, ?, 'orders', ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', '[]')",
        [day, source, run_id],
    )


def build(connection: duckdb.DuckDBPyConnection, run: Run, *days: date) -> None:
    connection.executemany(f"insert into features.{TABLE} values (?)", [[day] for day in days])
    snapshots.note_built(connection, run, {TABLE: "one"}, days, snapshots.look_at_loads(connection))


EARLY, LATE = date(2026, 1, 5), date(2026, 3, 2)


def test_a_look_has_the_number_of_the_last_one_until_raw_changes(connection: duckdb.DuckDBPyConnection) -> None:
    note_load(connection, "2026-03-05")
    assert [snapshots.look_at_loads(connection) for _ in range(2)] == [1, 1]
    note_load(connection, "2026-03-06")
    assert [snapshots.look_at_loads(connection) for _ in range(2)] == [2, 2]
    note_load(connection, "2026-03-06", run_id="again")
    assert [snapshots.look_at_loads(connection) for _ in range(2)] == [3, 3]
    loads = connection.execute("select as_of_date, run_id, number, gone_number from features.loads order by all")
    assert loads.fetchall() == [
        (date(2026, 3, 5), "r", 1, None),
        (date(2026, 3, 6), "again", 3, None),
        (date(2026, 3, 6), "r", 2, 3),
    ]


def test_only_days_of_the_present_definition_are_held(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    note_load(connection, "2026-03-05")
    build(connection, run_of("2026-03-05"), EARLY)
    assert snapshots.find_missing(connection, TABLE, "one", [EARLY, LATE], LATE) == [LATE]
    assert snapshots.find_missing(connection, TABLE, "two", [EARLY, LATE], LATE) == [EARLY, LATE]


def test_an_open_label_is_built_again_once_it_has_matured(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    note_load(connection, "2026-03-05")
    build(connection, run_of("2026-03-05"), EARLY, LATE)
    days = [EARLY, LATE]

    def missing(final_after_days: int, as_of_date: str) -> list[date]:
        return snapshots.find_missing(connection, TABLE, "one", days, date.fromisoformat(as_of_date), final_after_days)

    assert missing(59, "2026-03-06") == [], "final on 5 March, and still open"
    assert missing(60, "2026-03-05") == [], "both still open"
    assert missing(60, "2026-03-06") == [EARLY]
    assert missing(60, "2026-05-01") == [EARLY, LATE]


def test_thinning_keeps_the_newest_days_and_the_weekly_grid(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    note_load(connection, "2026-03-05")
    days = [date(2026, 3, 5) - timedelta(days=back) for back in range(30)]
    build(connection, run_of("2026-03-05"), *days)
    snapshots.thin(connection, [TABLE], kept_daily=7)
    left = {day for (day,) in connection.execute(f"select as_of_date from features.{TABLE}").fetchall()}
    assert left == {day for day in days if day > date(2026, 2, 26) or day.weekday() == 0}
    assert snapshots.find_missing(connection, TABLE, "one", left, LATE) == []


@pytest.mark.parametrize("every", [1, 2])
def test_the_weekly_grid_is_the_same_wherever_one_begins(every: int) -> None:
    wide = snapshots.weekly_days(date(2025, 1, 1), date(2026, 3, 5), every)
    narrow = snapshots.weekly_days(date(2025, 12, 25), date(2026, 3, 5), every)
    assert narrow == [day for day in wide if day >= date(2025, 12, 25)]
    assert all(snapshots.is_on_grid(day) for day in wide)
    assert {(later - earlier).days for earlier, later in itertools.pairwise(wide)} == {7 * every}
    assert snapshots.weekly_days(date(2026, 3, 3), date(2026, 3, 4)) == []
