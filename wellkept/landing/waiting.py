"""Rows that were delivered before their day: kept in raw.waiting until it comes, and delivered again by us."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from wellkept.landing.contract import ENTITIES, Entity
from wellkept.landing.quarantine import is_quarantined
from wellkept.runs.run import Run
from wellkept.warehouse.records import Table
from wellkept.warehouse.sql import count_rows


@dataclass(frozen=True)
class Waiting:
    """A row of raw.waiting: what waits after the load of a day, whole, so that taking a day back brings back what waited."""

    as_of_date: date
    source: str
    entity: str
    row_text: str


WAITING = Table("raw.waiting", Waiting, "One row per landed row that waits for its day, and day after which it waits.")


def stage_waiting(
    connection: duckdb.DuckDBPyConnection, run: Run, source: str, entity: Entity, folder: Path, is_complete: bool
) -> tuple[int, int]:
    """Add to `staged` what has waited for this day and was not delivered anew; returns how many rows.

    The second number is of rows delivered early now that are in quarantine instead. Makes `still_waiting`: what waits on
    after this day, from this delivery and from earlier ones; a delivery that is complete has all that waits.
    """
    key = ", ".join(entity.key)
    values = ", ".join(f"cast(row_text ->> '$.{c.name}' as {c.sql_type}) as {c.name}" for c in entity.columns)
    packed = as_text(entity)
    connection.execute(
        f"""
        create or replace temp table delivered_early as
        select {packed} as row_text, {key}, {is_quarantined(entity, "early")} as _is_quarantined
        from read_parquet($file) as early
        """,
        {"file": str(folder / f"{entity.name}.waiting.parquet")},
    )
    quarantined = count_rows(connection, "delivered_early where _is_quarantined")
    connection.execute("delete from delivered_early where _is_quarantined")
    connection.execute(
        f"""
        create or replace temp table waited as
        with last as (
            select max(as_of_date) as as_of_date from raw.loads
            where source = $source and entity = '{entity.name}' and as_of_date < $day
        )
        select {values}, row_text ->> '$._extra' as _extra, row_text
        from raw.waiting inner join last using (as_of_date)
        where source = $source and entity = '{entity.name}'
        """,
        {"source": source, "day": run.as_of_date},
    )
    delivered = f"({key}) in (select {key} from staged union all select {key} from delivered_early)"
    connection.execute(f"delete from waited where {'true' if is_complete else delivered}")
    due = _is_due(entity, "waited")
    bound: dict[str, object] = {"source": source} if entity.event_of else {"day": run.as_of_date}
    connection.execute(
        f"""
        insert into staged by name
        select waited.* exclude (row_text), 'waited for its day' as _file, row_number() over (order by {key}) as _line,
            {row_hash(entity)} as row_hash
        from waited where {due}
        """,
        bound,
    )
    connection.execute(
        f"create or replace temp table still_waiting as select row_text from delivered_early "
        f"union all select row_text from waited where not {due}",
        bound,
    )
    return count_rows(connection, f"waited where {due}", bound), quarantined


def set_early_aside(connection: duckdb.DuckDBPyConnection, entity: Entity, source: str, run: Run) -> int:
    """Move to `still_waiting` the staged rows that take their event from a row that waits; returns how many."""
    if not entity.event_of:
        return 0
    other = ENTITIES[entity.event_of]
    key = ", ".join(other.key)
    keys = ", ".join(f"row_text ->> '$.{name}'" for name in other.key)
    early = f"({key}) in (select {keys} from raw.waiting where source = $source and entity = '{other.name}' and as_of_date = $day)"
    bound = {"source": source, "day": run.as_of_date}
    early_rows = count_rows(connection, f"staged where {early}", bound)
    connection.execute(f"insert into still_waiting select {as_text(entity)} from staged where {early}", bound)
    connection.execute(f"delete from staged where {early}", bound)
    return early_rows


def keep_waiting(connection: duckdb.DuckDBPyConnection, run: Run, source: str, entity: Entity) -> None:
    """Keep `still_waiting` for the days to come, in the place of what waited before the day before this one."""
    connection.execute(
        "insert into raw.waiting select distinct $day::date, $source, $entity, row_text from still_waiting",
        {"day": run.as_of_date, "source": source, "entity": entity.name},
    )
    connection.execute(
        """
        delete from raw.waiting where source = $source and entity = $entity and as_of_date < (
            select max(as_of_date) from raw.loads where source = $source and entity = $entity and as_of_date < $day
        )
        """,
        {"day": run.as_of_date, "source": source, "entity": entity.name},
    )


def row_hash(entity: Entity) -> str:
    """The SQL for the hash of a row's contract columns: equal rows, equal hashes."""
    packed = ", ".join(f"{name} := {name}" for name in entity.column_names)
    return f"md5(to_json(struct_pack({packed}))::varchar)"


def as_text(entity: Entity) -> str:
    """The SQL for a row as JSON of texts, so that nothing is rounded on the way."""
    columns = ", ".join(f"{name} := {name}::varchar" for name in (*entity.column_names, "_extra"))
    return f"to_json(struct_pack({columns}))::varchar"


def _is_due(entity: Entity, table: str) -> str:
    """Whether the row's day has come; a row that takes another's event comes with it."""
    if entity.event_of:
        other = ENTITIES[entity.event_of]
        match = " and ".join(f"other.{name} = {table}.{name}" for name in other.key)
        return f"exists (select 1 from raw.{other.name} as other where {match} and other.source_system = $source)"
    return f"coalesce({entity.event} < $day, true)" if entity.event else "coalesce($day is not null, true)"
