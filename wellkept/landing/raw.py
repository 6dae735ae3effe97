"""The raw tables: append-only versions of landed rows, and the quarantine. All statements, no decisions."""

import json
from datetime import date
from pathlib import Path

import duckdb

from wellkept.deployment.errors import GateError
from wellkept.landing import quarantine, waiting
from wellkept.landing.contract import ENTITIES, Entity
from wellkept.landing.known_files import FILES
from wellkept.landing.loads import LOADS, Load
from wellkept.landing.quarantine import QUARANTINE
from wellkept.landing.reads import READS
from wellkept.landing.waiting import WAITING
from wellkept.runs.run import Run
from wellkept.warehouse.records import ensure_table, insert_rows
from wellkept.warehouse.sql import count_rows
from wellkept.warehouse.stored_tables import Column, ensure_columns

BOOKS = (LOADS, QUARANTINE, WAITING, READS, FILES)
"""What raw notes of each load, by source and day."""
_STAMPS = (
    Column("source_system", "varchar", is_nullable=False),
    Column("row_hash", "varchar", is_nullable=False),
    Column("known_on", "date", is_nullable=False),
    Column("is_known_on_assumed", "boolean", is_nullable=False),
    Column("is_tombstone", "boolean", is_nullable=False),
    Column("loaded_on", "date", is_nullable=False),
    Column("run_id", "varchar", is_nullable=False),
    Column("extra", "varchar"),
)


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Every raw table, with every column of the contract; new columns are added to tables that exist."""
    for table in BOOKS:
        ensure_table(connection, table)
    for entity in ENTITIES.values():
        delivered = [Column(column.name, column.sql_type) for column in entity.columns]
        ensure_columns(connection, f"raw.{entity.name}", [*delivered, *_STAMPS])


def forget_day(connection: duckdb.DuckDBPyConnection, source: str, as_of_date: date) -> None:
    """Take back what a source loaded on a day, before it is loaded again."""
    for entity in ENTITIES:
        connection.execute(f"delete from raw.{entity} where source_system = ? and loaded_on = ?", [source, as_of_date])
    for table in BOOKS:
        connection.execute(f"delete from {table} where source = ? and as_of_date = ?", [source, as_of_date])


def stage_rows(connection: duckdb.DuckDBPyConnection, entity: Entity, folder: Path) -> None:
    """Make `staged`: the entity's usable rows, each with the hash of its contract columns."""
    connection.execute(
        f"""
        create or replace temp table staged as
        select *, {waiting.row_hash(entity)} as row_hash
        from read_parquet(?) as landed
        where not {quarantine.is_quarantined(entity, "landed")}
        """,
        [str(folder / f"{entity.name}.parquet")],
    )


def set_orphans_aside(
    connection: duckdb.DuckDBPyConnection, entity: Entity, source: str, is_redelivered: bool
) -> set[str]:
    """Quarantine rows that take their event from a row nobody has delivered; returns the files they came in.

    Those that the source does not deliver again also wait with us: what they hang on may yet be mended.
    """
    if not entity.event_of:
        return set()
    other = ENTITIES[entity.event_of]
    key = ", ".join(other.key)
    packed = ", ".join(f"{name} := {name}" for name in entity.column_names)
    orphans = f"({key}) not in (select {key} from raw.{other.name} where source_system = $source)"
    connection.execute(
        f"""
        insert into quarantined
        select '{entity.name}', _file, _line, 'its row in {other.name} is not known',
            to_json(struct_pack({packed}))::varchar
        from staged where {orphans}
        """,
        {"source": source},
    )
    if not is_redelivered:
        connection.execute(
            f"insert into still_waiting select {waiting.as_text(entity)} from staged where {orphans}",
            {"source": source},
        )
    files = connection.execute(f"select distinct _file from staged where {orphans}", {"source": source}).fetchall()
    connection.execute(f"delete from staged where {orphans}", {"source": source})
    return {file for (file,) in files}


def check_owner(connection: duckdb.DuckDBPyConnection, entity: Entity, source: str, as_of_date: date) -> None:
    """A GateError if another source has brought the same thing: what happened once must not count twice.

    Persons are different: several sources may know one.
    """
    if entity.name == "customers":
        return
    key = ", ".join(entity.key)
    found = connection.execute(
        f"select other.source_system, count(*), min({entity.key[0]}) from staged "
        f"join (select distinct {key}, source_system from raw.{entity.name}) as other using ({key}) "
        "where other.source_system <> ? group by 1 order by 1",
        [source],
    ).fetchone()
    if found:
        owner, keys, example = found
        raise GateError(
            f"{entity.name} for {as_of_date} from source {source}: {keys} key(s) were loaded from source {owner} before "
            f"({entity.key[0]} {example}); nothing was loaded. If it is the same data, call this source {owner!r} in "
            "wellkept.toml; if not, give keys that differ"
        )


def collapse_duplicates(connection: duckdb.DuckDBPyConnection, entity: Entity) -> int:
    """Leave one of each set of identical rows in `staged`; returns how many rows are left. Makes `repeated`.

    Only rows that share their key are looked at closely: they are few, and a first load is all there is.
    """
    key = ", ".join(entity.key)
    updated = "updated_at" if entity.has_updated_at else "null::timestamp as updated_at"
    connection.execute(
        f"""
        create or replace temp table repeated as
        with keys as (select {key} from staged group by all having count(*) > 1)
        select staged.rowid as _row, {key}, {updated}, row_hash, _file, _line from staged semi join keys using ({key})
        """
    )
    connection.execute(
        "create or replace temp table copies as "
        "select _row from repeated qualify row_number() over (partition by row_hash order by _file, _line) > 1"
    )
    connection.execute("delete from staged where rowid in (select _row from copies)")
    connection.execute("delete from repeated where _row in (select _row from copies)")
    return count_rows(connection, "staged")


def keep_newest(connection: duckdb.DuckDBPyConnection, entity: Entity, source: str, as_of_date: date) -> int:
    """Of `repeated` rows that differ under one key leave the newest `updated_at`; returns how many gave way, or a GateError."""
    key = ", ".join(entity.key)
    connection.execute(
        f"""
        create or replace temp table rivals as
        select *, updated_at is not null and updated_at = max(updated_at) over same_key as _is_newest
        from repeated window same_key as (partition by {key})
        qualify count(*) over same_key > 1
        """
    )
    unclear = connection.execute(
        f"select {key} from rivals group by {key} having count(*) filter (where _is_newest) <> 1 order by all"
    ).fetchall()
    if unclear:
        examples = "; ".join(", ".join(f"{n} {v}" for n, v in zip(entity.key, row, strict=True)) for row in unclear[:5])
        told = "no updated_at tells which is newer" if entity.has_updated_at else "nothing tells which is newer"
        raise GateError(
            f"{entity.name} for {as_of_date} from source {source}: {len(unclear)} key(s) with rows that differ and {told} "
            f"({examples}); nothing was loaded. Deliver one row a key, or updated_at"
        )
    connection.execute("delete from staged where rowid in (select _row from rivals where not _is_newest)")
    return count_rows(connection, "rivals where not _is_newest")


def append_versions(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    source: str,
    entity: Entity,
    last_run: date | None,
    is_complete: bool,
) -> tuple[int, int, int]:
    """Append rows that are new or differ from their last version; returns how many of each, and how many gave way to it.

    A row gives way that was last updated before the version raw holds, such as one in an older file that was mended;
    in a complete delivery none does: what is there is what is so.
    `known_on` is, for a first version, least(D, greatest(event date + 1, last run + 1)); for a later one the same
    with `updated_at`; where there is neither, D (DESIGN.md, section 3).
    """
    join = " and ".join(f"latest.{name} = staged.{name}" for name in entity.key)
    key = ", ".join(entity.key)
    updated = "staged.updated_at" if entity.has_updated_at else "null::timestamp"
    held_updated = "updated_at" if entity.has_updated_at else "null::timestamp"
    connection.execute(
        f"""
        create or replace temp table arriving as
        with keys as (select distinct {key} from staged),
        latest as (
            select {key}, row_hash, {held_updated} as held_updated_at, loaded_on from raw.{entity.name} semi join keys using ({key})
            where source_system = $source
            qualify row_number() over (partition by {key} order by loaded_on desc) = 1
        ),
        compared as (
            select staged.*, latest.row_hash is null as _is_new,
                case when _is_new then {_event(entity)} else {updated} end as _since,
                coalesce(not $is_complete and {updated} < least(latest.held_updated_at, latest.loaded_on), false)
                    as _is_outdated  -- a stamp of the future, once mended, must not keep its row as it is
            from staged left join latest on {join}
            where latest.row_hash is distinct from staged.row_hash
        )
        select *, case
            when _since is null then $day
            else least($day, greatest(cast(_since as date) + 1, $last_run::date + 1))  -- a NULL last run does not count
        end::date as known_on
        from compared
        """,
        {"source": source, "day": run.as_of_date, "last_run": last_run, "is_complete": is_complete},
    )
    connection.execute(
        f"""
        insert into raw.{entity.name} by name
        select {", ".join(entity.column_names)}, row_hash, known_on, known_on < $day as is_known_on_assumed, false as is_tombstone,
            $source as source_system, $day as loaded_on, $run_id as run_id, _extra as extra
        from arriving where not _is_outdated order by known_on, {key}  -- old rows together: windows pass over them
        """,
        {"source": source, "day": run.as_of_date, "run_id": run.run_id},
    )
    arrived, new, outdated = (
        count_rows(connection, rows) for rows in ("arriving", "arriving where _is_new", "arriving where _is_outdated")
    )
    return new, arrived - new - outdated, outdated


def _event(entity: Entity) -> str:
    """When a staged row happened; rows that take another entity's event look it up."""
    if entity.event_of:
        other = ENTITIES[entity.event_of]
        match = " and ".join(f"other.{name} = staged.{name}" for name in other.key)
        mine = "other.source_system = $source"
        return f"(select min(other.{other.event}) from raw.{other.name} as other where {match} and {mine})"
    return f"staged.{entity.event}" if entity.event else "null::timestamp"


def note_load(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    source: str,
    entity: str,
    counts: dict[str, int],
    columns: list[str],
    unknown_columns: list[str],
) -> None:
    """Note in raw.loads what became of an entity's rows."""
    load = Load(
        as_of_date=run.as_of_date,
        source=source,
        entity=entity,
        run_id=run.run_id,
        **counts,
        columns=json.dumps(columns),
        unknown_columns=json.dumps(unknown_columns),
    )
    insert_rows(connection, LOADS, [load])
