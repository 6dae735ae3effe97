"""How far each table or object of an incremental source was read: the table raw.reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

import duckdb

from wellkept.landing.loads import has_raw_table
from wellkept.landing.request import LastRead
from wellkept.runs.run import Run
from wellkept.warehouse.records import KEY, Table


@dataclass(frozen=True)
class Read:
    """How far an origin was read on a day: a row of raw.reads."""

    source: Annotated[str, KEY]
    entity: Annotated[str, KEY]
    origin: Annotated[str, KEY]
    read_as: str
    read_up_to: datetime | None
    as_of_date: Annotated[date, KEY]


READS = Table("raw.reads", Read, "One row per day and table or object of an incremental source.")


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
