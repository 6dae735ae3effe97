"""Build feature, label and mart tables for the days a run needs, through dbt."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from features import audit, registry_table, snapshots
from features.repair import Repairs, find_repairs
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.log import get_logger
from wellkept.landing.contract import ENTITIES
from wellkept.landing.loads import read_last_day
from wellkept.project.definitions import group_names, label_names, table_hash
from wellkept.project.labels import days_to_maturity
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect, read_memory_limit_gb, transaction
from wellkept.warehouse.dbt import dbt
from wellkept.warehouse.lock import hold_writer_lock
from wellkept.warehouse.sql import count_rows

log = get_logger(__name__)

_NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
"""Unit tests judge the SQL, not the day: they run with `make test`."""
_NOT_DAILY = "tag:not_daily"
"""Tests that would compute a view anew, or count all of raw: they run with `make test`, on a small company."""
_ROWS_A_GB = 3_000_000
"""Rows of raw times days that one dbt call takes on for each GB of its memory limit: 21 million took 4.4 GB, 59 million all of
8 GB and half as long again a day."""


@dataclass(frozen=True)
class Repaired:
    """What was no longer as a rebuild from raw would give it, and is again."""

    days: tuple[date, ...]
    rows: int
    loads_seen: int
    """What is built next has seen these loads: they were looked at before it."""


@dataclass(frozen=True)
class Built:
    """What became of the days somebody wanted."""

    held: list[date]
    built: list[date]
    repaired: Repaired


def build_edition_tables(run: Run) -> dict[str, int]:
    """Build everything that needs no scores for the run's day, and stamp the warehouse with the run."""
    _ensure_loaded(run)
    repaired = _repair(run)
    dbt(run, "build", "--exclude", "source:scores+", _NOT_DAILY, *_NO_UNIT_TESTS)
    with connect(run, f"stamping the build of {run.as_of_date}") as connection, transaction(connection):
        snapshots.note_built(connection, run, _hashes(run), [run.as_of_date], repaired.loads_seen)
        registry_table.write_registry(connection, run)
        _stamp(connection, run)
        return {
            "customers": count_rows(connection, "marts.customers"),
            "orders": count_rows(connection, "marts.orders"),
            **({"repaired_days": len(repaired.days), "repaired_rows": repaired.rows} if repaired.days else {}),
        }


def build_score_readers(run: Run) -> None:
    """Build what reads scores: everything downstream of the score tables."""
    dbt(run, "build", "--select", "source:scores+", "--exclude", _NOT_DAILY, *_NO_UNIT_TESTS)


def build_days(run: Run, days: Sequence[date], tables: Sequence[str] = ()) -> Built:
    """Make sure that the feature and label tables (all, or these) hold `days` by the present definition and all of raw."""
    _ensure_loaded(run)
    late = [day for day in days if day > run.as_of_date]
    if late:
        raise BadInputError(
            f"features of {late[0]} cannot be built: the run is as of {run.as_of_date}; load that day first"
        )
    repaired = _repair(run)
    hashes = _hashes(run)
    missing = find_missing(run, tables or list(hashes), days)
    for some_days, some_tables in _by_days(missing):
        _build(run, {table: hashes[table] for table in some_tables}, some_days, repaired.loads_seen)
    built = {day for missing_days in missing.values() for day in missing_days}
    return Built(sorted(set(days) - built), sorted(built), repaired)


def backfill_days(run: Run, days: Sequence[date]) -> Iterator[Built]:
    """The same for many days, a portion at a time, oldest first; days of which nothing was known are a BadInputError."""
    _ensure_loaded(run)
    with connect(run, "looking since when anything is known") as connection:
        first = first_known_day(connection)
    if days[0] < first:
        raise BadInputError(f"features of {days[0]} cannot be built: nothing was known before {first}; begin there")
    if days[-1] > run.as_of_date:
        raise BadInputError(
            f"features of {days[-1]} cannot be built: the last loaded day is {run.as_of_date}; end there"
        )
    for chunk in chunk_days(run, days):
        yield build_days(run, chunk)


def first_known_day(connection: duckdb.DuckDBPyConnection) -> date:
    """The first day on which anything was known; raw holds something."""
    known = " union all ".join(f"select min(known_on) as known_on from raw.{entity}" for entity in ENTITIES)
    found = connection.execute(f"select min(known_on) from ({known})").fetchone()
    return found[0] if found and found[0] else date.max


def find_missing(run: Run, tables: Sequence[str], days: Sequence[date]) -> dict[str, list[date]]:
    """By table, the days it does not hold by the present definition, or holds with a label that was open and is final now."""
    hashes, final_after = _hashes(run), days_to_maturity(run.parameters)
    with connect(run, "looking which feature days are missing") as connection:
        return {
            table: snapshots.find_missing(
                connection,
                table,
                hashes[table],
                days,
                run.as_of_date,
                final_after.get(table),
            )
            for table in tables
        }


def chunk_days(run: Run, days: Sequence[date]) -> list[Sequence[date]]:
    """The days in portions that one dbt call builds."""
    if not days:
        return []
    with connect(run, "sizing a feature build") as connection:
        rows = max(1, sum(count_rows(connection, f"raw.{entity}") for entity in ENTITIES))
        size = max(1, int(_ROWS_A_GB * read_memory_limit_gb(connection)) // rows)
    return [days[start : start + size] for start in range(0, len(days), size)]


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


def _repair(run: Run) -> Repaired:
    """Build again what later loads touched, or another definition made, and say so.

    Under one hold of the lock: features.touched is of this repair until what it names is built and noted.
    """
    hashes = _hashes(run)
    with hold_writer_lock(run.home, f"repairing features (run {run.run_id})", run.settings.lock_timeout_seconds):
        with (
            connect(run, "looking what of the feature store has to be repaired") as connection,
            transaction(connection),
        ):
            repairs = find_repairs(connection, run, hashes)
        _announce(repairs)
        for days, tables in _by_days({**repairs.whole, **repairs.redefined}):
            _build(run, {table: hashes[table] for table in tables}, days, repairs.loads_seen)
        for days, tables in _by_days(repairs.touched):
            _build(run, {table: hashes[table] for table in tables}, days, repairs.loads_seen, only_touched=True)
        if not (repairs.redefined or repairs.whole or repairs.touched):
            return Repaired((), 0, repairs.loads_seen)
        with connect(run, "counting what was repaired") as connection:
            repaired = _count(connection, repairs)
    if repaired.days:
        log.info("repaired %d rows of %d days in the feature store", repaired.rows, len(repaired.days))
    return repaired


def _announce(repairs: Repairs) -> None:
    for table, days in repairs.redefined.items():
        log.info("%s: definition or parameters changed; its %d kept days are rebuilt from raw", table, len(days))
    for table, days in repairs.whole.items():
        log.info("%s: late or replaced rows may change %d kept days for everybody; these are rebuilt", table, len(days))
    for table, days in repairs.touched.items():
        log.info("%s: late rows touch %d kept days; the customers concerned are rebuilt", table, len(days))


def _count(connection: duckdb.DuckDBPyConnection, repairs: Repairs) -> Repaired:
    rows = 0
    for repaired, condition in (
        ({**repairs.whole, **repairs.redefined}, "true"),
        (repairs.touched, "(customer_id, as_of_date) in (select (customer_id, as_of_date) from features.touched)"),
    ):
        for table, days in repaired.items():
            relation = f"{snapshots.schema_of(table)}.{table}"
            bound = {"days": days}
            rows += count_rows(connection, f"{relation} where list_contains($days, as_of_date) and {condition}", bound)
    all_days = [repairs.redefined, repairs.whole, repairs.touched]
    days = sorted({day for by_table in all_days for some in by_table.values() for day in some})
    return Repaired(tuple(days), rows, repairs.loads_seen)


def _by_days(days_by_table: Mapping[str, list[date]]) -> list[tuple[tuple[date, ...], list[str]]]:
    """The tables that want the same days, together."""
    tables: dict[tuple[date, ...], list[str]] = defaultdict(list)
    for table, days in days_by_table.items():
        if days:
            tables[tuple(days)].append(table)
    return sorted(tables.items())


def _build(
    run: Run, hashes: Mapping[str, str], days: Sequence[date], loads_seen: int, only_touched: bool = False
) -> None:
    """Build the tables of `hashes` for days, so many at a time; whole builds make the run's own day along with them."""
    # Cautious: what is upstream is also tested against marts, which are not built here.
    select = ("--select", *(f"+{table}" for table in hashes), "--indirect-selection", "cautious")
    done = 0
    for chunk in chunk_days(run, days):
        as_staged = ("path:models/staging",) if done else ()  # it knows of no day: once is enough
        left_out = ("--exclude", _NOT_DAILY, *as_staged, *_NO_UNIT_TESTS)
        dbt(run, "build", *select, *left_out, as_of_dates=chunk, only_touched=only_touched)
        noted = chunk if only_touched else sorted({*chunk, run.as_of_date})
        with connect(run, "noting feature days") as connection, transaction(connection):
            snapshots.note_built(connection, run, hashes, noted, loads_seen)
        done += len(chunk)
        log.info(
            "built %d of %d days of %d feature and label tables, up to %s", done, len(days), len(hashes), chunk[-1]
        )


def _stamp(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Say whose build the marts are, so that no later step of another run mistakes them for its own."""
    connection.execute("create schema if not exists quality")
    connection.execute(
        "create or replace table quality.build as select ?::date as as_of_date, ?::varchar as run_id, ?::varchar as parameters",
        [run.as_of_date, run.run_id, run.parameters.as_json()],
    )
    audit.create_table(connection)  # an edition has it before the first proof too
