"""A raw warehouse in which every entity has rows that were told late, corrected and withdrawn."""

from datetime import date

import duckdb

from wellkept.landing.contract import ENTITIES, Entity

_SAID_WRONGLY = {
    "orders": "total_amount * 2 as total_amount",
    "customers": "'other' as acquisition_channel",
    "order_lines": "quantity + 1 as quantity",
    "refunds": "amount * 2 as amount",
    "payments": "case when status = 'paid' then 'failed' else 'paid' end as status",
    "subscriptions": "'other' as plan",
    "interactions": "'open' as kind",
    "tickets": "'other' as category",
    "surveys": "least(score + 1, 5) as score",
    "leads": "'other' as source",
    "sessions": "pages_viewed + 5 as pages_viewed",
    "loyalty_events": "points * 2 as points",
}
"""What the first version of a corrected row says instead."""


_CANCELLED = """
update raw.orders set status = 'cancelled', cancelled_at = ordered_at + interval 25 days
where hash('cancelled', order_id) % 20 = 0 and ordered_at + interval 25 days < ?
"""


def copy_raw_told_late(connection: duckdb.DuckDBPyConnection, last_day: date) -> None:
    """Copy the raw tables of the database attached as `told` and tell some of their rows late, up to the last day.

    Of ten rows one is told fifteen days late, and one is corrected thirty days after it was told; one in a hundred is
    withdrawn, and one order in twenty is cancelled after weeks. Of the others most count as read on the day they were
    told, so that what is only current is known too.
    """
    connection.execute("create schema raw")
    for entity in ENTITIES.values():
        connection.execute(f"create table raw.{entity.name} as from told.raw.{entity.name}")
    connection.execute(_CANCELLED, [last_day])
    for entity in ENTITIES.values():
        if entity.name in _SAID_WRONGLY:
            _tell_late(connection, entity, last_day)


def _tell_late(connection: duckdb.DuckDBPyConnection, entity: Entity, last_day: date) -> None:
    table, part = f"raw.{entity.name}", f"hash({', '.join(entity.key)}) % 10"

    def later(days: int) -> str:
        return f"known_on = known_on + {days}, loaded_on = known_on + {days}, is_known_on_assumed = false"

    def in_time(days: int) -> str:
        return f"known_on + {days} <= date '{last_day}'"

    connection.execute(f"update {table} set {later(15)} where {part} = 0 and {in_time(15)}")
    connection.execute(f"update {table} set {later(0)} where {part} > 5")
    wrong = f"select * replace ({_SAID_WRONGLY[entity.name]}, known_on as loaded_on) from {table}"
    connection.execute(f"create or replace temp table wrong as {wrong} where {part} = 1 and {in_time(30)}")
    connection.execute(f"update {table} set {later(30)} where {part} = 1 and {in_time(30)}")
    connection.execute(f"insert into {table} from wrong")
    gone = "true as is_tombstone, known_on + 45 as known_on, known_on + 45 as loaded_on"
    withdrawn = f"hash('gone', {', '.join(entity.key)}) % 100 = 0"
    if entity.name != "customers":  # who is deleted is another matter, and the company has some
        connection.execute(
            f"insert into {table} select * replace ({gone}) from {table} "
            f"where {withdrawn} and {in_time(45)} and {part} > 1"
        )
