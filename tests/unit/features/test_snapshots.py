"""Which days are held, which are stale, which may go."""

import itertools
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import duckdb
import pytest

from features import snapshots
from wellkept.landing import loads
from wellkept.run import Run

TABLE = "feature_customer__x"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        connection.execute(loads.CREATE)
        connection.execute("create schema features")
        connection.execute(f"create table features.{TABLE} (as_of_date date)")
        yield connection


def note_load(connection: duckdb.DuckDBPyConnection, day: str, source: str = "shop", run_id: str = "r") -> None:
    connection.execute(
        "insert or replace into raw.loads values (?, ?, 'orders', ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', '[]')",
        [day, source, run_id],
    )


def build(connection: duckdb.DuckDBPyConnection, run: Run, *days: date, definition: str = "one") -> None:
    connection.executemany(f"insert into features.{TABLE} values (?)", [[day] for day in days])
    snapshots.note_built(connection, run, {TABLE: definition}, days)


EARLY, LATE = date(2026, 1, 5), date(2026, 3, 2)


def test_later_loads_leave_built_days_as_they_are(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    note_load(connection, "2026-03-05")
    build(connection, run_of("2026-03-05"), EARLY, LATE)
    note_load(connection, "2026-03-06")
    assert snapshots.forget_stale(connection, {TABLE: "one"}) == {}
    assert snapshots.find_missing(connection, TABLE, "one", [EARLY, LATE, date(2026, 3, 6)]) == [date(2026, 3, 6)]


def test_a_new_source_or_a_day_loaded_anew_makes_the_days_it_can_change_stale(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    note_load(connection, "2026-02-01")
    note_load(connection, "2026-03-05")
    build(connection, run_of("2026-03-05"), EARLY, LATE)
    note_load(connection, "2026-03-05", run_id="again")
    assert snapshots.forget_stale(connection, {TABLE: "one"}) == {TABLE: [LATE]}, "January was complete on 1 February"
    note_load(connection, "2026-03-05", source="crm")
    assert snapshots.forget_stale(connection, {TABLE: "one"}) == {TABLE: [EARLY]}


def test_another_definition_drops_the_table_and_names_its_days(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    note_load(connection, "2026-03-05")
    build(connection, run_of("2026-03-05"), EARLY, LATE)
    assert snapshots.forget_stale(connection, {TABLE: "two"}) == {TABLE: [EARLY, LATE]}
    assert connection.execute("select count(*) from duckdb_tables() where table_name = ?", [TABLE]).fetchone() == (0,)


def test_an_open_label_is_built_again_once_it_has_matured(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    note_load(connection, "2026-03-05")
    build(connection, run_of("2026-03-05"), EARLY, LATE)
    assert snapshots.find_missing(connection, TABLE, "one", [EARLY, LATE], final_after_days=59) == [LATE]
    assert snapshots.find_missing(connection, TABLE, "one", [EARLY, LATE], final_after_days=60) == [EARLY, LATE]


def test_thinning_keeps_the_newest_days_and_the_weekly_grid(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    note_load(connection, "2026-03-05")
    days = [date(2026, 3, 5) - timedelta(days=back) for back in range(30)]
    build(connection, run_of("2026-03-05"), *days)
    snapshots.thin(connection, [TABLE], kept_daily=7)
    left = {day for (day,) in connection.execute(f"select as_of_date from features.{TABLE}").fetchall()}
    assert left == {day for day in days if day > date(2026, 2, 26) or day.weekday() == 0}
    assert snapshots.find_missing(connection, TABLE, "one", left) == []


@pytest.mark.parametrize("every", [1, 2])
def test_the_weekly_grid_is_the_same_wherever_one_begins(every: int) -> None:
    wide = snapshots.weekly_days(date(2025, 1, 1), date(2026, 3, 5), every)
    narrow = snapshots.weekly_days(date(2025, 12, 25), date(2026, 3, 5), every)
    assert narrow == [day for day in wide if day >= date(2025, 12, 25)]
    assert all(snapshots.is_on_grid(day) for day in wide)
    assert {(later - earlier).days for earlier, later in itertools.pairwise(wide)} == {7 * every}
    assert snapshots.weekly_days(date(2026, 3, 3), date(2026, 3, 4)) == []
