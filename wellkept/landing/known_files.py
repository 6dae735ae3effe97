"""Files that need not be read again: the table raw.files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

import duckdb

from wellkept.landing.loads import has_raw_table
from wellkept.landing.request import FileState
from wellkept.runs.run import Run
from wellkept.warehouse.records import KEY, Table


@dataclass(frozen=True)
class KnownFile:
    """A file whose rows are all loaded: a row of raw.files."""

    source: Annotated[str, KEY]
    entity: Annotated[str, KEY]
    file: Annotated[str, KEY]
    bytes: int
    modified_at: datetime
    read_as: str
    as_of_date: date


FILES = Table("raw.files", KnownFile, "One row per file that need not be read again.")


def known_files(connection: duckdb.DuckDBPyConnection, run: Run, source: str) -> dict[tuple[str, str], FileState]:
    """The files whose rows were all loaded from `source` before the run's day, by entity and file."""
    if not has_raw_table(connection, "files"):
        return {}
    rows = connection.execute(
        "select entity, file, bytes, modified_at, read_as from raw.files where source = ? and as_of_date < ?",
        [source, run.as_of_date],
    ).fetchall()
    return {(entity, file): FileState(*state) for entity, file, *state in rows}


def note_files(
    connection: duckdb.DuckDBPyConnection, run: Run, source: str, entity: str, states: Mapping[str, Mapping[str, Any]]
) -> None:
    """Note in raw.files what was loaded whole, as extract.json has it; an earlier note on the same file gives way."""
    connection.execute(
        """
        insert or replace into raw.files
        select $source, $entity, unnest($files::varchar[]), unnest($bytes::bigint[]), unnest($modified_at::timestamp[]),
            unnest($read_as::varchar[]), $day
        """,
        {
            "source": source,
            "entity": entity,
            "files": [*states],
            "bytes": [state["bytes"] for state in states.values()],
            "modified_at": [datetime.fromisoformat(state["modified_at"]) for state in states.values()],
            "read_as": [state["read_as"] for state in states.values()],
            "day": run.as_of_date,
        },
    )
