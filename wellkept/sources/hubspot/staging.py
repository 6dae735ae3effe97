"""From objects to rows: tables of text in DuckDB."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import duckdb
import pyarrow as pa

from wellkept.sources.hubspot.batches import lowest_id
from wellkept.sources.hubspot.expressions import (
    column_sql,
    first_of,
    is_carried,
    is_of_company,
    make_column,
    property_sql,
)
from wellkept.sources.hubspot.mapping import ObjectMapping
from wellkept.sources.hubspot.pages import Objects

_CHUNK = 5_000


def start(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what an object type begins with, all empty: its links to other objects, and their companies."""
    connection.execute("create or replace temp table links (id varchar, kind varchar, linked_id varchar)")
    connection.execute("create or replace temp table companies (id varchar)")
    connection.execute("create or replace temp table unreadable (line bigint, reason varchar, raw_text varchar)")


def keep_objects(
    connection: duckdb.DuckDBPyConnection, table: str, properties: Sequence[str], pages: Iterable[Objects]
) -> set[str]:
    """Make `table` of the objects, one row each, and their links; returns the properties that any of them carries.

    An object that comes again replaces what came before it.
    """
    columns = ["place bigint", "id varchar", "archived boolean", "archived_at varchar"]
    columns += [f"{column_sql(name)} varchar" for name in properties]
    connection.execute(f"create or replace temp table arrived ({', '.join(columns)})")
    carried: set[str] = set()
    chunk: Objects = []
    place = 0
    for page in chain(pages, [[]]):
        chunk += page
        if len(chunk) < _CHUNK and page:
            continue
        carried.update(*(one.get("properties") or {} for one in chunk))
        _append(connection, chunk, properties, place)
        place, chunk = place + len(chunk), []
    connection.execute(
        f"create or replace temp table {table} as "
        "select * from arrived qualify row_number() over (partition by id order by place desc) = 1"
    )
    connection.execute("drop table arrived")
    return carried & {*properties}


def keep_links(connection: duckdb.DuckDBPyConnection, kind: str, found: Iterable[tuple[str, str]]) -> None:
    """Note what objects are associated with."""
    pairs = list(found)
    given = pa.table({"id": [one for one, _ in pairs], "linked_id": [linked for _, linked in pairs]}, _LINK)
    _insert(connection, "links", "select id, ?, linked_id from given", given, [kind])


def drop_archived_before(connection: duckdb.DuckDBPyConnection, since: datetime | None) -> None:
    """Leave out of `objects` what was archived before `since` (UTC) and so was loaded then."""
    connection.execute(
        "delete from objects where archived and try_cast(archived_at as timestamptz) < (?::timestamp at time zone 'UTC')",
        [since],
    )


def stage(
    connection: duckdb.DuckDBPyConnection, object_type: str, mapping: ObjectMapping, carried: set[str]
) -> list[str]:
    """Make `staged` of the table `objects`; returns the columns that no object gives a value to any more.

    Without any objects every mapped column is there.
    """
    row = connection.execute("select count(*) from objects").fetchone()
    is_empty = not (row and row[0])
    made, missing = [], []
    for column, parts in mapping.columns.items():
        if not is_empty and not is_carried(parts, carried):
            missing.append(column)
            continue
        made.append(f"{make_column(column, parts, object_type, mapping)} as {column}")
    connection.execute(
        f"""
        create or replace temp table staged as
        select {", ".join(made)}, row_number() over (order by objects.place) as _line
        from objects
        left join links as contact on objects.id = contact.id and contact.kind = 'contacts'
        left join links as company on objects.id = company.id and company.kind = 'companies'
        left join companies on company.linked_id = companies.id
        """
    )
    return missing


def ids_to_fill(connection: duckdb.DuckDBPyConnection, object_type: str, mapping: ObjectMapping) -> list[str]:
    """The objects that lack a value which their company may have."""
    own = [
        first_of([one for one in parts if not is_of_company(one)], object_type)
        for parts in mapping.columns.values()
        if any(is_of_company(one) for one in parts)
    ]
    lacking = " or ".join(f"{one} is null" for one in own) or "false"
    return _ids(connection, f"select objects.id from objects where not archived and ({lacking})")


def companies_of(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> list[str]:
    """The companies that these objects are associated with."""
    query = "select distinct linked_id from links where kind = 'companies' and id in (select unnest(?::varchar[]))"
    return _ids(connection, query, [[*ids]])


def all_ids(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Every object."""
    return _ids(connection, "select id from objects")


def newest(connection: duckdb.DuckDBPyConnection, modified: str) -> datetime | None:
    """When the object that was written last was written (UTC), as its property `modified` says."""
    written = f"max(try_cast({property_sql(modified)} as timestamptz)) at time zone 'UTC'"
    row = connection.execute(f"select {written} from objects").fetchone()
    return row[0] if row else None


def _append(connection: duckdb.DuckDBPyConnection, objects: Objects, properties: Sequence[str], place: int) -> None:
    held = [one.get("properties") or {} for one in objects]
    given: dict[str, Any] = {
        "place": pa.array(range(place, place + len(objects)), pa.int64()),
        "id": _texts([one["id"] for one in objects]),
        "archived": pa.array([bool(one.get("archived")) for one in objects], pa.bool_()),
        "archived_at": _texts([one.get("archivedAt") for one in objects]),
    }
    given |= {f"p_{name}": _texts([one.get(name) for one in held]) for name in properties}
    _insert(connection, "arrived", "select * from given", pa.table(given))
    for kind in ("contacts", "companies"):
        linked = [(one, ((one.get("associations") or {}).get(kind) or {}).get("results") or []) for one in objects]
        found = ((str(one["id"]), lowest_id(to_them)) for one, to_them in linked if to_them)
        keep_links(connection, kind, ((one, to) for one, to in found if to))


_LINK = pa.schema([("id", pa.string()), ("linked_id", pa.string())])


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, query: str, given: pa.Table, values: Sequence[str] = ()
) -> None:
    connection.register("given", given)
    connection.execute(f"insert into {table} {query}", list(values))
    connection.unregister("given")


def _texts(values: Sequence[Any]) -> pa.Array:
    return pa.array([one if one is None or isinstance(one, str) else _shown(one) for one in values], pa.string())


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ids(connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any] = ()) -> list[str]:
    return [str(one) for (one,) in connection.execute(f"{query} order by 1", list(values)).fetchall()]
