"""Raw without its future, or without its lateness: what the prover builds on."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from wellkept.landing.contract import ENTITIES, Column, Entity
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect
from wellkept.warehouse.sql import literal

Removed = Literal["nothing removed", "later events", "later knowledge", "lateness"]

_OWN_COLUMNS = (
    "source_system",
    "row_hash",
    "known_on",
    "is_known_on_assumed",
    "is_tombstone",
    "loaded_on",
    "run_id",
    "extra",
)


@dataclass(frozen=True)
class Hindsight:
    """What is taken away of raw: what happened, or became known, on or after a day; or that it was reported late."""

    removed: Removed
    day: date | None = None
    late_days: int = 0
    """Later events leave what came true so many days after the day: a label whose horizon ends on the day counts it."""


def copy_raw(run: Run, file: Path, hindsight: Hindsight, sampled_customers: int) -> None:
    """Write the raw tables, less what hindsight takes away, into a new DuckDB file; large homes are sampled by customer."""
    with connect(run, "copying raw for the prover") as connection:
        share = _sample_share(
            connection.execute("select count(distinct customer_id) from raw.orders").fetchone(), sampled_customers
        )
        connection.execute(f"attach {literal(file)} as scratch")
        connection.execute("create schema scratch.raw")
        write = _known_at_once if hindsight.removed == "lateness" else _cut
        for entity in ENTITIES.values():
            rows = write(entity, hindsight, _sample(entity, share))
            connection.execute(f"create table scratch.raw.{entity.name} as {rows}")
        connection.execute("detach scratch")


def _cut(entity: Entity, hindsight: Hindsight, sample: str) -> str:
    """The versions and values that are left."""
    columns = ", ".join([*(_column(entity, column, hindsight) for column in entity.columns), *_OWN_COLUMNS])
    return f"select {columns} from raw.{entity.name} where {_rows(entity, hindsight)} and {sample}"


def _known_at_once(entity: Entity, hindsight: Hindsight, sample: str) -> str:
    """Each row known, with the content it has on the day, from the day after it happened: a store without a second clock.

    What has no event is known from when it first was; what was withdrawn is withdrawn when it was.
    """
    key = ", ".join(f"versions.{name}" for name in ("source_system", *entity.key))
    own = {
        "known_on": f"least(min(versions.known_on) over of_key, cast({_happened(entity)} as date) + 1)",
        "loaded_on": "min(versions.loaded_on) over of_key",
    }
    columns = [f"versions.{name}" for name in (*entity.column_names, *_OWN_COLUMNS) if name not in own]
    columns += [
        f"case when versions.is_tombstone then versions.{name} else {value} end as {name}"
        for name, value in own.items()
    ]
    return f"""
        select {", ".join(columns)}
        from (select * from raw.{entity.name} where known_on <= date '{hindsight.day}' and {sample}) as versions
        {_events_joined(entity)}
        window
            of_key as (partition by {key}),
            newest_first as (partition by {key} order by versions.known_on desc, versions.loaded_on desc),
            newest_of_kind as (
                partition by {key}, versions.is_tombstone order by versions.known_on desc, versions.loaded_on desc
            )
        qualify row_number() over newest_of_kind = 1 and (not versions.is_tombstone or row_number() over newest_first = 1)
    """


def _happened(entity: Entity) -> str:
    if entity.event_of:
        return "events.happened_at"
    return f"versions.{entity.event}" if entity.event else "null"


def _events_joined(entity: Entity) -> str:
    if not entity.event_of:
        return ""
    other = ENTITIES[entity.event_of]
    key = ", ".join(other.key)
    events = f"select {key}, min({other.event}) as happened_at from raw.{other.name} group by {key}"
    return f"left join ({events}) as events using ({key})"


def _rows(entity: Entity, hindsight: Hindsight) -> str:
    """Which versions are left."""
    if hindsight.removed == "later knowledge":
        return f"known_on <= date '{hindsight.day}'"
    if hindsight.removed == "later events" and entity.event:
        return f"coalesce({entity.event} < date '{hindsight.day}', true)"
    if hindsight.removed == "later events" and entity.event_of:
        other = ENTITIES[entity.event_of]
        key = ", ".join(other.key)
        # As long as any version of what it hangs on is left: one whose event was corrected to a later day may be.
        return f"({key}) in (select {key} from raw.{other.name} where {other.event} < date '{hindsight.day}')"
    return "true"


def _column(entity: Entity, column: Column, hindsight: Hindsight) -> str:
    """A column as it stood on the day: timed and current ones hold nothing that came true or was read later.

    Who somebody is, is no news of the day: what says so stays.
    """
    if hindsight.removed == "nothing removed" or column.kind == "fact" or column.is_identity:
        return column.name
    if column.kind == "current":
        if hindsight.removed == "later events":
            return column.name
        is_true = f"loaded_on <= date '{hindsight.day}'"
    else:
        since = [f"cast({name} as date) + 1" for name in column.timed_by if name in entity.column_names]
        is_true = f"coalesce({', '.join(since)}, loaded_on) <= date '{hindsight.day}' + {hindsight.late_days}"
    default = f"'{column.default}'" if column.default else "null"
    return f"case when {is_true} then {column.name} else {default} end as {column.name}"


def _sample_share(row: tuple[int] | None, sampled_customers: int) -> float:
    customers = row[0] if row else 0
    return min(1.0, sampled_customers / customers) if customers else 1.0


def _sample(entity: Entity, share: float) -> str:
    if share >= 1:
        return "true"
    picked = f"hash(customer_id) % 1000000 < {int(share * 1_000_000)}"
    if "customer_id" in entity.column_names:  # a row that names nobody may be of anybody, by what it hangs on
        return f"(customer_id is null or {picked})"
    if "order_id" in entity.column_names:
        return f"order_id in (select order_id from raw.orders where {picked})"
    return "true"
