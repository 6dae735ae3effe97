"""Whom late rows touch, and on which days: the table features.touched.

Wider than need be, never narrower: whom a row names or ever named, who owns what the row hangs on and what else hangs on
it, and everybody who could be one person with them.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import duckdb

from wellkept.landing.contract import ENTITIES, Entity
from wellkept.warehouse.sql import count_rows

# Who ever shared an e-mail, or claims to be the same; compared by less of an address than identity compares, so that
# whoever is joined there is joined here.
_NODES = """
create or replace temp table nodes as
with named as (
    select customer_id, 'e ' || regexp_replace(lower(email), '[^a-z0-9@.]', '', 'g') as node
    from raw.customers where email like '%@%'
    union
    select unnest([customer_id, trim(also_known_as)]), 'c ' || trim(also_known_as)
    from raw.customers where trim(also_known_as) <> ''
)
select * from named semi join (select node from named group by node having count(*) > 1) as shared using (node)
"""
_CIRCLES_WIDENED = """
create or replace temp table circles_widened as
with circles_of_nodes as (
    select nodes.node, min(circles.circle) as circle from nodes inner join circles using (customer_id) group by nodes.node
)
select nodes.customer_id, min(circles_of_nodes.circle) as circle
from nodes inner join circles_of_nodes using (node) group by nodes.customer_id
"""
_TOUCHED = """
create or replace table features.touched as
with circles_touched as (
    select coalesce(circles.circle, news.customer_id) as circle, news.number, min(news.known_on) as known_on
    from news left join circles using (customer_id) group by all
),
circle_days as (
    select distinct circles_touched.circle, days_unseen.as_of_date from circles_touched inner join days_unseen
        on circles_touched.number > days_unseen.loads_seen and circles_touched.known_on <= days_unseen.as_of_date
)
select distinct coalesce(circles.customer_id, circle_days.circle) as customer_id, circle_days.as_of_date
from circle_days left join circles using (circle)
"""


def write_touched(connection: duckdb.DuckDBPyConnection, days: Mapping[date, int], entities: Iterable[str]) -> int:
    """Make features.touched: each day with the customers that loads touch which it has not seen; returns how many pairs.

    `days` says how far each day has seen (snapshots.look_at_loads), `entities` what its tables are made of.
    """
    if not days:
        connection.execute("create or replace table features.touched (customer_id varchar, as_of_date date)")
        return 0
    connection.execute("create or replace temp table days_unseen (as_of_date date, loads_seen bigint)")
    connection.executemany("insert into days_unseen values (?, ?)", list(days.items()))
    connection.execute("create or replace temp table news (customer_id varchar, number bigint, known_on date)")
    for entity in entities:
        connection.execute(_news_of(ENTITIES[entity]))
    _find_circles(connection)
    connection.execute(_TOUCHED)
    return count_rows(connection, "features.touched")


def _news_of(entity: Entity) -> str:
    """Insert whom the late rows of an entity touch, with the day from which on that was known."""
    keys = ", ".join(f"landed.{name}" for name in entity.key)
    named = [
        f"select owned.customer_id, arrived.number, arrived.known_on from arrived inner join ({owned}) as owned on {match}"
        for owned, match in _find_owners(entity)
    ]
    return f"""
        insert into news
        with arrived as (
            select {keys}, loads.number, min(landed.known_on) as known_on
            from raw.{entity.name} as landed inner join features.loads
                on landed.source_system = loads.source and landed.loaded_on = loads.as_of_date
            where loads.entity = '{entity.name}' and loads.gone_number is null
                and loads.number > (select min(loads_seen) from days_unseen)
                and landed.known_on <= (select max(as_of_date) from days_unseen)
            group by {keys}, loads.number
        )
        select customer_id, number, min(known_on) from ({" union all ".join(named)}) as named
        where customer_id is not null group by all
    """


def _find_owners(entity: Entity) -> Iterator[tuple[str, str]]:
    """Who owns rows of the entity, and rows that name one; each with the condition that joins it to a row's key."""
    match = " and ".join(f"owned.{name} = arrived.{name}" for name in entity.key)
    for owned in (*_owned(entity), *_siblings(entity)):
        yield owned, match
    if len(entity.key) == 1 and entity.name != "customers":
        for other in ENTITIES.values():
            for column in _columns_naming(other, entity):
                for owned in _owned(other):
                    yield owned, f"owned.{column} = arrived.{entity.key[0]}"


def _owned(entity: Entity) -> Iterator[str]:
    """The keys in all versions of an entity's rows with the customer they name, or who owns what they name."""
    keys = [name for name in entity.column_names if name in entity.key or name.endswith("_id")]
    others = ", ".join(f"landed.{name}" for name in keys if name != "customer_id")
    landed = f"raw.{entity.name} as landed"
    if "customer_id" in entity.column_names:
        yield f"select distinct {', '.join(f'landed.{name}' for name in keys)} from {landed}"
    for other in ENTITIES.values():
        if "customer_id" in other.column_names and other.name != "customers":
            for column in _columns_naming(entity, other):
                yield (
                    f"select distinct {others}, other.customer_id from {landed} "
                    f"inner join raw.{other.name} as other on landed.{column} = other.{other.key[0]}"
                )


def _siblings(entity: Entity) -> Iterator[str]:
    """The keys in all versions of an entity's rows with whoever has one that hangs on the same thing: one may pay what another failed to."""
    keys = ", ".join(f"landed.{name}" for name in entity.key)
    for other in ENTITIES.values():
        if "customer_id" in entity.column_names and "customer_id" in other.column_names and other.name != "customers":
            for column in _columns_naming(entity, other):
                yield (
                    f"select {keys}, sibling.customer_id from raw.{entity.name} as landed "
                    f"inner join raw.{entity.name} as sibling on landed.{column} = sibling.{column}"
                )


def _columns_naming(entity: Entity, other: Entity) -> list[str]:
    """The columns of an entity that hold keys of another, or of another row of its own."""
    if len(other.key) > 1:
        return []
    key = other.key[0]
    own = entity.key if entity.name == other.name else ()
    return [name for name in entity.column_names if (name == key or name.endswith(f"_{key}")) and name not in own]


def _find_circles(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the temp table circles: everybody who may be one person with somebody else, by the least of their keys."""
    connection.execute(_NODES)
    connection.execute(
        "create or replace temp table circles as select distinct customer_id, customer_id as circle from nodes"
    )
    while True:
        connection.execute(_CIRCLES_WIDENED)
        is_settled = not count_rows(connection, "(from circles_widened except from circles)")
        connection.execute("create or replace temp table circles as from circles_widened")
        if is_settled:
            return
