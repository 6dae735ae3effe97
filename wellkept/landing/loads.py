"""What has been loaded, by day, source and entity: the table raw.loads."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import duckdb

from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect
from wellkept.warehouse.records import KEY, Table
from wellkept.warehouse.sql import count_rows


@dataclass(frozen=True)
class Load:
    """What became of an entity's rows: a row of raw.loads."""

    as_of_date: Annotated[date, KEY]
    source: Annotated[str, KEY]
    entity: Annotated[str, KEY]
    run_id: str
    rows_read: int
    rows_new: int
    rows_changed: int
    rows_unchanged: int
    rows_waiting: int
    rows_duplicate: int
    rows_superseded: int
    rows_quarantined: int
    rows_released: int
    rows_vanished: int
    columns: str
    unknown_columns: str


LOADS = Table("raw.loads", Load, "One row per day, source and entity that was loaded.")


@dataclass(frozen=True)
class Missing:
    """An entity that a source has brought before, and did not with its last load."""

    source: str
    entity: str
    last_day: date
    """When it last came, with rows or without."""


def last_loaded_day(run: Run, source: str | None = None) -> date | None:
    """The last day loaded from `source` (from any, where None); None before the first load."""
    if not run.home.warehouse.exists():
        return None
    with connect(run, f"reading which days are loaded ({source or 'all sources'})") as connection:
        return read_last_day(connection, source)


def read_last_day(
    connection: duckdb.DuckDBPyConnection, source: str | None = None, entity: str | None = None
) -> date | None:
    """The same, on a connection that is open already, and if wanted of one entity."""
    if not has_raw_table(connection, "loads"):
        return None
    row = connection.execute(
        "select max(as_of_date) from raw.loads where source = coalesce(?, source) and entity = coalesce(?, entity)",
        [source, entity],
    ).fetchone()
    return row[0] if row else None


def read_watermarks(connection: duckdb.DuckDBPyConnection, as_of_date: date) -> dict[str, str]:
    """The last day, up to as_of_date, that was loaded from each source."""
    if not has_raw_table(connection, "loads"):
        return {}
    rows = connection.execute(
        "select source, max(as_of_date) from raw.loads where as_of_date <= ? group by source order by source",
        [as_of_date],
    ).fetchall()
    return {source: day.isoformat() for source, day in rows}


def read_last_columns(connection: duckdb.DuckDBPyConnection, source: str, entity: str) -> tuple[date, list[str]] | None:
    """Which columns of an entity a source delivered when it last delivered rows of it, and on which day."""
    row = connection.execute(
        "select as_of_date, columns from raw.loads where source = ? and entity = ? and rows_read > 0 "
        "order by as_of_date desc limit 1",
        [source, entity],
    ).fetchone()
    return (row[0], json.loads(row[1])) if row else None


def read_last_days(connection: duckdb.DuckDBPyConnection, source: str, before: date) -> dict[str, date]:
    """Every entity that a source has brought before a day, and when it last did, with rows or without."""
    if not has_raw_table(connection, "loads"):
        return {}
    query = "select entity, max(as_of_date) from raw.loads where source = ? and as_of_date < ? group by entity order by entity"
    return dict(connection.execute(query, [source, before]).fetchall())


def read_missing(connection: duckdb.DuckDBPyConnection, run: Run) -> list[Missing]:
    """Entities that are missing from their source's last load up to the run's day, less those that the run accepts to miss."""
    if not has_raw_table(connection, "loads"):
        return []
    rows = connection.execute(
        """
        select source, entity, max(as_of_date) as last_day from raw.loads where as_of_date <= ?
        group by source, entity
        qualify last_day < max(last_day) over (partition by source)
        order by entity, source
        """,
        [run.as_of_date],
    ).fetchall()
    return [Missing(*row) for row in rows if not does_without(run, row[1])]


def does_without(run: Run, entity: str, column: str = "*") -> bool:
    """Whether the run accepts (`accept_missing_columns`) that an entity's column, or else all of the entity, comes no more."""
    accepted = {item.strip() for item in run.parameters.text("accept_missing_columns").split(",")}
    return f"{entity}.{column}" in accepted


def has_raw_table(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether raw has the table yet: a home that was never loaded has none."""
    bound = {"table": table}
    return count_rows(connection, "duckdb_tables() where schema_name = 'raw' and table_name = $table", bound) > 0
