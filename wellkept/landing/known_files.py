"""Files that need not be read again: the table raw.files."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb

from wellkept.landing.loads import has_raw_table
from wellkept.landing.request import FileState
from wellkept.runs.run import Run

CREATE = """
create table if not exists raw.files (
    source varchar not null,
    entity varchar not null,
    file varchar not null,
    bytes bigint not null,
    modified_at timestamp not null,
    read_as varchar not null,
    as_of_date date not null,
    primary key (source, entity, file)
)
"""


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
