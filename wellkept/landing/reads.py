"""How far each table or object of an incremental source was read: the table raw.reads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb

from wellkept.landing.loads import has_raw_table
from wellkept.landing.request import LastRead
from wellkept.runs.run import Run

CREATE = """
create table if not exists raw.reads (
    source varchar not null,
    entity varchar not null,
    origin varchar not null,
    read_as varchar not null,
    read_up_to timestamp,
    as_of_date date not null,
    primary key (source, entity, origin, as_of_date)
)
"""


def last_reads(connection: duckdb.DuckDBPyConnection, run: Run, source: str) -> dict[tuple[str, str], LastRead]:
    """The last read of each origin of `source` before the run's day, by entity and origin."""
    if not has_raw_table(connection, "reads"):
        return {}
    rows = connection.execute(
        """
        select entity, origin, as_of_date, read_as, read_up_to from raw.reads
        where source = ? and as_of_date < ?
        qualify row_number() over (partition by entity, origin order by as_of_date desc) = 1
        """,
        [source, run.as_of_date],
    ).fetchall()
    return {(entity, origin): LastRead(*last) for entity, origin, *last in rows}


def note_reads(
    connection: duckdb.DuckDBPyConnection, run: Run, source: str, entity: str, reads: Mapping[str, Mapping[str, Any]]
) -> None:
    """Note in raw.reads what extract.json says was read; a read that saw nothing new keeps how far it was read before."""
    for origin, read in reads.items():
        read_up_to = datetime.fromisoformat(read["read_up_to"]) if read["read_up_to"] else None
        connection.execute(
            """
            insert into raw.reads
            select $source, $entity, $origin, $read_as, (
                select max(seen) from (
                    select $read_up_to::timestamp as seen
                    union all
                    select read_up_to from raw.reads
                    where source = $source and entity = $entity and origin = $origin and read_as = $read_as
                )
            ), $day
            """,
            {
                "source": source,
                "entity": entity,
                "origin": origin,
                "read_as": read["read_as"],
                "read_up_to": read_up_to,
                "day": run.as_of_date,
            },
        )
