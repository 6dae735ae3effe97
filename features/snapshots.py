"""Which days each feature and label table holds, by which definition, and which loads they have seen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

import duckdb

from wellkept.deployment.clock import utc_now
from wellkept.runs.run import Run
from wellkept.warehouse.records import KEY, Table, ensure_table

GRID_EPOCH = date(2001, 1, 1)
"""A Monday; the weekly grid is every seventh day from here."""


@dataclass(frozen=True)
class Snapshot:
    """A day that a table holds, and the look at raw after which it was built: what has a later number it has not seen."""

    table_name: Annotated[str, KEY]
    as_of_date: Annotated[date, KEY]
    definition_hash: str
    loads_seen: int
    known_on: date
    run_id: str
    built_at: datetime


@dataclass(frozen=True)
class SeenLoad:
    """A load, with the number of the look that found it new, and of the one that found it gone.

    Gone is what was extracted again under another run.
    """

    number: int
    gone_number: int | None
    as_of_date: date
    source: str
    entity: str
    run_id: str


SNAPSHOTS = Table("features.snapshots", Snapshot, "One row per feature or label table and day that it holds.")
SEEN_LOADS = Table("features.loads", SeenLoad, "One row per load that the feature store has seen.")
_LAST_LOOK = "select coalesce(max(greatest(number, coalesce(gone_number, 0))), 0) from features.loads"


def weekly_days(first: date, last: date, every_weeks: int = 1) -> list[date]:
    """The days of the weekly grid from `first` to `last`, both included where they lie on it."""
    step = timedelta(weeks=every_weeks)
    offset = (first - GRID_EPOCH) % step
    start = first if not offset else first + step - offset
    return [start + step * index for index in range(max(0, (last - start) // step + 1))]


def is_on_grid(day: date) -> bool:
    """Whether the day lies on the weekly grid."""
    return (day - GRID_EPOCH).days % 7 == 0


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """The store's own tables exist."""
    ensure_table(connection, SNAPSHOTS)
    ensure_table(connection, SEEN_LOADS)


def look_at_loads(connection: duckdb.DuckDBPyConnection) -> int:
    """Note which loads raw holds now; returns the number of the look: what is built from now on has seen them."""
    create_tables(connection)
    look = _number(connection) + 1
    connection.execute(
        "update features.loads set gone_number = ? where gone_number is null "
        "and (as_of_date, source, entity, run_id) not in (select (as_of_date, source, entity, run_id) from raw.loads)",
        [look],
    )
    connection.execute(
        "insert into features.loads select ?, null, as_of_date, source, entity, run_id from raw.loads "
        "anti join (from features.loads where gone_number is null) as seen using (as_of_date, source, entity, run_id)",
        [look],
    )
    return _number(connection)


def find_missing(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    definition_hash: str,
    days: Iterable[date],
    as_of_date: date,
    final_after_days: int | None = None,
) -> list[date]:
    """The days that have to be built: absent, or labels that were open when they were built and are final by as_of_date."""
    create_tables(connection)
    rows = connection.execute(
        "select as_of_date, known_on from features.snapshots where table_name = ? and definition_hash = ?",
        [table, definition_hash],
    ).fetchall()
    lag = timedelta(days=final_after_days or 0)
    held = {day for day, known_on in rows if final_after_days is None or not known_on < day + lag <= as_of_date}
    return sorted(set(days) - held)


def list_held(connection: duckdb.DuckDBPyConnection, run_id: str | None = None) -> set[tuple[str, date]]:
    """Every table and day that is held, or of them those that the run built."""
    create_tables(connection)
    rows = connection.execute(
        "select table_name, as_of_date from features.snapshots where run_id = coalesce(?, run_id)", [run_id]
    )
    return set(rows.fetchall())


def note_built(
    connection: duckdb.DuckDBPyConnection, run: Run, hashes: Mapping[str, str], days: Sequence[date], loads_seen: int
) -> None:
    """Note that every table in `hashes` now holds `days`, built from what raw held at that look."""
    rows = [
        (table, day, definition_hash, loads_seen, run.as_of_date, run.run_id, utc_now())
        for table, definition_hash in hashes.items()
        for day in days
    ]
    connection.executemany(
        "insert or replace into features.snapshots by name "
        "select $1 as table_name, $2 as as_of_date, $3 as definition_hash, $4 as loads_seen, $5 as known_on, "
        "$6 as run_id, $7 as built_at",
        rows,
    )


def schema_of(table: str) -> str:
    """The schema a feature or label table lies in."""
    return "labels" if table.startswith("label_") else "features"


def forget(connection: duckdb.DuckDBPyConnection, table: str, days: Sequence[date]) -> None:
    """Delete days of a table, and the note that it holds them."""
    for relation, condition in ((f"{schema_of(table)}.{table}", "true"), ("features.snapshots", "table_name = $table")):
        bound = {"days": list(days)} | ({"table": table} if "$table" in condition else {})
        connection.execute(f"delete from {relation} where list_contains($days, as_of_date) and {condition}", bound)


def thin(connection: duckdb.DuckDBPyConnection, tables: Iterable[str], kept_daily: int) -> int:
    """Delete all but the newest `kept_daily` days and the weekly grid; returns how many table-days went."""
    held = sorted(list_held(connection), reverse=True)
    gone = 0
    for table in tables:
        days = [day for name, day in held if name == table]
        thinned = [day for day in days[kept_daily:] if not is_on_grid(day)]
        if thinned:
            forget(connection, table, thinned)
        gone += len(thinned)
    return gone


def _number(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.execute(_LAST_LOOK).fetchone()
    return int(found[0]) if found else 0
