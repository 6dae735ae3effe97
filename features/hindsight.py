"""Raw without its future: what the prover builds on."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from wellkept.landing.contract import ENTITIES, Column, Entity
from wellkept.run import Run
from wellkept.sql import literal
from wellkept.warehouse import connect

Removed = Literal["nothing removed", "later events", "later knowledge"]

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
    """What is taken away of raw: what happened, or became known, on or after a day."""

    removed: Removed
    day: date | None = None


def copy_raw(run: Run, file: Path, hindsight: Hindsight, sampled_customers: int) -> None:
    """Write the raw tables, less what hindsight takes away, into a new DuckDB file; large homes are sampled by customer."""
    with connect(run, "copying raw for the prover") as connection:
        share = _sample_share(
            connection.execute("select count(distinct customer_id) from raw.orders").fetchone(), sampled_customers
        )
        connection.execute(f"attach {literal(file)} as scratch")
        connection.execute("create schema scratch.raw")
        for entity in ENTITIES.values():
            columns = ", ".join([*(_column(entity, column, hindsight) for column in entity.columns), *_OWN_COLUMNS])
            where = " and ".join([_rows(entity, hindsight), _sample(entity, share)])
            connection.execute(
                f"create table scratch.raw.{entity.name} as select {columns} from raw.{entity.name} where {where}"
            )
        connection.execute("detach scratch")


def _rows(entity: Entity, hindsight: Hindsight) -> str:
    """Which versions are left."""
    if hindsight.removed == "later knowledge":
        return f"known_on <= date '{hindsight.day}'"
    if hindsight.removed == "later events" and entity.event:
        return f"coalesce({entity.event} < date '{hindsight.day}', true)"
    if hindsight.removed == "later events" and entity.event_of:
        other = ENTITIES[entity.event_of]
        key = ", ".join(other.key)
        return f"({key}) not in (select {key} from raw.{other.name} where {other.event} >= date '{hindsight.day}')"
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
        is_true = f"coalesce({', '.join(since)}, loaded_on) <= date '{hindsight.day}'"
    default = f"'{column.default}'" if column.default else "null"
    return f"case when {is_true} then {column.name} else {default} end as {column.name}"


def _sample_share(row: tuple[int] | None, sampled_customers: int) -> float:
    customers = row[0] if row else 0
    return min(1.0, sampled_customers / customers) if customers else 1.0


def _sample(entity: Entity, share: float) -> str:
    if share >= 1:
        return "true"
    picked = f"hash(customer_id) % 1000000 < {int(share * 1_000_000)}"
    if "customer_id" in entity.column_names:
        return picked
    if "order_id" in entity.column_names:
        return f"order_id in (select order_id from raw.orders where {picked})"
    return "true"
