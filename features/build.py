"""Build feature, label and mart tables for the days a run needs, through dbt."""

from collections.abc import Sequence
from datetime import date

import duckdb

from features import snapshots
from features.definitions import group_names, label_names, table_hash
from wellkept.errors import BadInputError
from wellkept.landing.contract import ENTITIES
from wellkept.landing.loads import read_last_day
from wellkept.log import get_logger
from wellkept.run import Run
from wellkept.sql import count_rows
from wellkept.warehouse import connect, dbt, transaction

log = get_logger(__name__)

_NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
"""Unit tests judge the SQL, not the day: they run with `make test`."""
_FEATURES_AND_LABELS = ("--select", "+path:models/features", "+path:models/labels")
_ROWS_AT_ONCE = 100_000_000
"""Rows of the largest entity times days that one dbt call expands to at most; keeps memory and spill bounded."""


def build_edition_tables(run: Run) -> dict[str, int]:
    """Build everything that needs no scores for the run's day, and stamp the warehouse with the run."""
    _ensure_loaded(run)
    _rebuild_stale(run)
    dbt(run, "build", "--exclude", "source:scores+", *_NO_UNIT_TESTS)
    with connect(run, f"stamping the build of {run.as_of_date}") as connection, transaction(connection):
        _note(connection, run, [run.as_of_date])
        _stamp(connection, run)
        return {
            "customers": count_rows(connection, "marts.customers"),
            "orders": count_rows(connection, "marts.orders"),
        }


def build_score_readers(run: Run) -> None:
    """Build what reads scores: everything downstream of the score tables."""
    dbt(run, "build", "--select", "source:scores+", *_NO_UNIT_TESTS)


def build_days(run: Run, days: Sequence[date]) -> list[date]:
    """Make sure that all feature and label tables hold `days` by the present definition; returns the days built now."""
    _ensure_loaded(run)
    late = [day for day in days if day > run.as_of_date]
    if late:
        raise BadInputError(
            f"features of {late[0]} cannot be built: the run is as of {run.as_of_date}; load that day first"
        )
    _rebuild_stale(run)
    missing = _missing_days(run, days)
    _build(run, missing)
    return missing


def thin_snapshots(run: Run) -> int:
    """Keep `kept_daily_snapshots` newest days and the weekly grid of every feature and label table."""
    with connect(run, "thinning feature snapshots") as connection, transaction(connection):
        return snapshots.thin(connection, _hashes(run), run.parameters.integer("kept_daily_snapshots"))


def _ensure_loaded(run: Run) -> None:
    with connect(run, f"looking whether {run.as_of_date} is loaded") as connection:
        last = read_last_day(connection)
    if last is None or last < run.as_of_date:
        held = f"raw holds days up to {last}" if last else "raw is empty"
        raise BadInputError(f"{run.as_of_date} is not loaded ({held}); run `wellkept run --as-of {run.as_of_date}`")


def _hashes(run: Run) -> dict[str, str]:
    return {table: table_hash(table, run.parameters) for table in [*group_names(), *label_names()]}


def _rebuild_stale(run: Run) -> None:
    """Rebuild the kept days of tables whose definition or past has changed, and say so."""
    with connect(run, "looking for feature tables of an older definition") as connection, transaction(connection):
        stale = snapshots.forget_stale(connection, _hashes(run))
    for table, days in stale.items():
        log.info(
            "%s: definition, parameters or history changed; its %d kept days are rebuilt from raw", table, len(days)
        )
    days_needed = sorted({day for days in stale.values() for day in days if day <= run.as_of_date})
    _build(run, days_needed)


def _missing_days(run: Run, days: Sequence[date]) -> list[date]:
    final_after = run.parameters.integer("horizon_days") + run.parameters.integer("late_days")
    with connect(run, "looking which feature days are missing") as connection:
        missing: set[date] = set()
        for table, definition_hash in _hashes(run).items():
            final = final_after if table.startswith("label_") else None
            missing.update(snapshots.find_missing(connection, table, definition_hash, days, final))
        return sorted(missing)


def _build(run: Run, days: Sequence[date]) -> None:
    for chunk in _chunks(run, days):
        dbt(run, "build", *_FEATURES_AND_LABELS, *_NO_UNIT_TESTS, as_of_dates=chunk)
        with connect(run, "noting feature days") as connection, transaction(connection):
            _note(connection, run, sorted({*chunk, run.as_of_date}))


def _chunks(run: Run, days: Sequence[date]) -> list[Sequence[date]]:
    if not days:
        return []
    with connect(run, "sizing a feature build") as connection:
        rows = max(1, *(count_rows(connection, f"raw.{entity}") for entity in ENTITIES))
    size = max(1, _ROWS_AT_ONCE // rows)
    return [days[start : start + size] for start in range(0, len(days), size)]


def _note(connection: duckdb.DuckDBPyConnection, run: Run, days: Sequence[date]) -> None:
    snapshots.note_built(connection, run, _hashes(run), days)


def _stamp(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Say whose build the marts are, so that no later step of another run mistakes them for its own."""
    connection.execute("create schema if not exists quality")
    connection.execute(
        "create or replace table quality.build as select ?::date as as_of_date, ?::varchar as run_id, ?::varchar as parameters",
        [run.as_of_date, run.run_id, run.parameters.as_json()],
    )
