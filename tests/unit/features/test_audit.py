"""The leak audit: a verdict on each column, kept once a day, and read back by definition."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import duckdb
import pytest

from features import audit, prover
from features.audit import ColumnAudit, Finding, judge_columns, read_verdict, write_audit
from features.hindsight import Removed
from features.prover import Proof
from wellkept.deployment.errors import GateError
from wellkept.runs.run import Run

EARLY, LATE = date(2026, 2, 16), date(2026, 10, 5)


def find(
    column: str, removed: Removed, moved: int = 0, day: date = EARLY, table: str = "feature_customer__x"
) -> Finding:
    return Finding(table, column, day, removed, 100, moved, f"of {removed}" if moved else None)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        audit.create_table(connection)
        yield connection


def test_rows_moved_on_either_clock_are_a_leak_with_an_example() -> None:
    [column] = judge_columns(
        [
            find("c", "later events", day=EARLY),
            find("c", "later knowledge", 3, day=EARLY),
            find("c", "later events", 4, day=LATE),
            find("c", "later knowledge", 5, day=LATE),
        ],
        {"feature_customer__x": "hash"},
    )
    assert column == ColumnAudit(
        *("feature_customer__x", "c", "2026-02-16, 2026-10-05", 200, 4, 8, "of later knowledge", EARLY, 0, None),
        *("hash", "leak"),
    )


def test_rows_told_late_are_counted_and_are_no_leak() -> None:
    [column] = judge_columns([find("c", "later events"), find("c", "lateness", 25), find("c", "lateness", 5, LATE)], {})
    assert (column.verdict, column.late_rows, column.late_share) == ("clean", 30, 0.15)
    assert (column.example_customer_id, column.definition_hash) == (None, None)


def test_proving_a_day_again_replaces_its_rows(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    first = judge_columns([find("c", "later events", 1), find("gone", "later events")], {})
    write_audit(connection, run_of("2026-11-13"), first)
    write_audit(connection, run_of("2026-11-20"), first)
    write_audit(connection, run_of("2026-11-20"), judge_columns([find("c", "later events")], {}))
    rows = connection.execute("select as_of_date::varchar, column_name, verdict from quality.leak_audit order by all")
    assert rows.fetchall() == [
        ("2026-11-13", "c", "leak"),
        ("2026-11-13", "gone", "clean"),
        ("2026-11-20", "c", "clean"),
    ]


def test_a_leak_is_not_proved_away_on_other_days(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    leaking, clean = (
        judge_columns([find("c", "later events", moved)], {"feature_customer__x": "h"}) for moved in (1, 0)
    )
    elsewhere = judge_columns([find("c", "later events", day=LATE)], {"feature_customer__x": "h"})
    write_audit(connection, run_of("2026-11-13"), leaking)
    for day in ("2026-11-13", "2026-11-20"):
        write_audit(connection, run_of(day), elsewhere)
        told = read_verdict(connection, {"feature_customer__x": "h"})
        assert (told["verdict"], told["as_of_date"]) == ("leak", "2026-11-13")
    write_audit(connection, run_of("2026-11-20"), clean)
    assert read_verdict(connection, {"feature_customer__x": "h"})["verdict"] == "clean"
    write_audit(connection, run_of("2026-11-13"), clean)
    assert connection.execute("select distinct verdict from quality.leak_audit").fetchall() == [("clean",)]


def test_every_column_of_the_published_table_is_described(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        "select column_name from duckdb_columns() where table_name = 'leak_audit' and comment is null order by all"
    ).fetchall()
    assert rows == [("column_name",), ("proved_at",), ("run_id",), ("table_name",)]


@pytest.mark.parametrize("first_order", ["2025-01-01", "2026-11-01"])
def test_the_weekly_proof_fails_on_a_leak_after_recording_it_and_waits_for_a_past(
    run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, first_order: str
) -> None:
    run = run_of("2026-11-20")
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.execute(f"create schema raw; create table raw.orders as select date '{first_order}' as known_on")
    found = [find("c", "later knowledge", 3)]
    monkeypatch.setattr(prover, "prove", lambda *_, **__: Proof(found, judge_columns(found, {})))
    if first_order > "2026-10-16":
        assert prover.prove_sample(run) == {"columns_proved": 0}
        return
    with pytest.raises(GateError, match=r"feature_customer__x\.c see the future as of 2026-11-20"):
        prover.prove_sample(run)
    with duckdb.connect(str(run.home.warehouse)) as connection:
        assert connection.execute("select column_name, verdict from quality.leak_audit").fetchall() == [("c", "leak")]


def proved(table: str, definition: str, moved: int = 0) -> list[ColumnAudit]:
    columns = judge_columns(
        [find("honest", "later events", table=table), find("c", "later events", moved, table=table)], {}
    )
    return [replace(column, definition_hash=definition) for column in columns]


ONE, OTHER = "feature_customer__one", "feature_customer__other"


@pytest.mark.parametrize(
    ("hashes", "expected"),
    [
        ({ONE: "a", OTHER: "a"}, {"verdict": "clean", "as_of_date": "2026-11-13", "not_proved": []}),
        ({ONE: "a"}, {"verdict": "clean", "as_of_date": "2026-11-20", "not_proved": []}),
        ({ONE: "old"}, {"verdict": "leak", "as_of_date": "2026-11-13", "not_proved": []}),
        ({ONE: "a", OTHER: "new"}, {"verdict": "not proved", "as_of_date": None, "not_proved": [OTHER]}),
        ({ONE: "old", OTHER: "new"}, {"verdict": "leak", "as_of_date": "2026-11-13", "not_proved": [OTHER]}),
        ({}, {"verdict": "not proved", "as_of_date": None, "not_proved": []}),
    ],
)
def test_a_verdict_is_that_of_the_newest_proof_of_exactly_these_definitions(
    connection: duckdb.DuckDBPyConnection,
    run_of: Callable[..., Run],
    hashes: dict[str, str],
    expected: dict[str, object],
) -> None:
    write_audit(connection, run_of("2026-11-06"), proved(ONE, "a", moved=1))
    write_audit(connection, run_of("2026-11-13"), [*proved(ONE, "old", moved=1), *proved(OTHER, "a")])
    write_audit(connection, run_of("2026-11-20"), proved(ONE, "a"))
    assert read_verdict(connection, hashes) == expected


def test_before_the_first_proof_nothing_is_proved() -> None:
    with duckdb.connect() as connection:
        assert read_verdict(connection, {ONE: "a"})["verdict"] == "not proved"
