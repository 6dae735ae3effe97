"""The CRM's objects in memory, read again whenever their files change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from wellkept.demo.crm_server.refusals import unknown_type
from wellkept.warehouse.sql import literal

_OWN = ("id", "created_at", "updated_at", "archived", "archived_at", "contact_id", "company_id")
_STAMPS = {
    "createdate": "created_at",
    "hs_createdate": "created_at",
    "lastmodifieddate": "updated_at",
    "hs_lastmodifieddate": "updated_at",
}
"""Properties that the CRM itself keeps, and the time that they show."""


@dataclass(frozen=True)
class Table:
    """The objects of one type: their table and the properties that the portal has for them."""

    name: str
    properties: frozenset[str]
    always: tuple[str, ...]
    """Properties that come whether asked for or not."""
    links: frozenset[str]
    """Object types that its objects may be associated with."""

    def column(self, name: str) -> str:
        """The property's column; the portal must have it."""
        return '"p_' + name.replace('"', '""') + '"'

    def ordinal(self, name: str) -> str:
        """The property as a number that can be compared: times are milliseconds, as in HubSpot's filters."""
        if name == "hs_object_id":
            return "number"
        if name in _STAMPS:
            return f"epoch_ms({_STAMPS[name]})"
        column = self.column(name)
        return f"coalesce(try_cast({column} as double), epoch_ms(try_cast({column} as timestamptz)))"


class Store:
    """Answers questions about the objects in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connection = duckdb.connect(config={"threads": 1})
        self._connection.execute("set TimeZone = 'UTC'")
        self._tables: dict[str, tuple[tuple[int, int, int], Table]] = {}

    def table(self, object_type: str, hours_behind: int = 0) -> Table:
        """The type's table, as its file now says; an unknown type is a refusal."""
        path = self._folder / f"{object_type}.parquet"
        if not re.fullmatch(r"[a-z0-9_]+", object_type) or not path.exists():
            raise unknown_type(object_type)
        stat = path.stat()
        seen = (stat.st_mtime_ns, stat.st_ino, hours_behind)
        if object_type not in self._tables or self._tables[object_type][0] != seen:
            self._tables[object_type] = (seen, self._load(object_type, path, hours_behind))
        return self._tables[object_type][1]

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, list(values)).fetchall()

    def _load(self, object_type: str, path: Path, hours_behind: int) -> Table:
        source = f"read_parquet({literal(path)})"
        held = [name for name, *_ in self.rows(f"describe select * from {source}")]
        stamps = [name for name in _STAMPS if name.startswith("hs_") or _has_plain_stamp(object_type, name)]
        given = [name for name in held if name not in (*_OWN, "hs_object_id", *stamps) or name == "createdate"]
        table = Table(
            object_type,
            frozenset([*given, *stamps, "hs_object_id"]),
            (*stamps, "hs_object_id"),
            frozenset(kind for kind, column in LINKS.items() if column in held),
        )
        off = f"to_hours({hours_behind})"
        times = [f"date_trunc('milliseconds', {name}) - {off} as {name}" for name in _OWN[1:3]]
        times.append(f"date_trunc('milliseconds', archived_at) - {off} as archived_at")
        kept = [name for name in ("archived", "contact_id", "company_id") if name in held]
        values = [f'"{name}"::varchar as {table.column(name)}' for name in given]
        values += [
            f"{iso(f'{source_time} - {off}')} as {table.column(name)}"
            for name, source_time in _STAMPS.items()
            if name in stamps and name not in given
        ]
        self._connection.execute(
            f"""
            create or replace table "{object_type}" as
            select id::bigint as number, id, {", ".join([*times, *kept, *values])}, id as "p_hs_object_id"
            from {source} order by number
            """
        )
        return table


LINKS = {"contacts": "contact_id", "companies": "company_id"}
"""The object types that others are associated with, and the column that holds their id."""


def iso(time: str) -> str:
    """SQL that shows a time as HubSpot does."""
    return f"strftime({time}, '%Y-%m-%dT%H:%M:%S.%gZ')"


def milliseconds(value: str) -> float:
    """A filter's value as a number: a number as it is, a time in milliseconds; anything else is a ValueError."""
    try:
        return float(value)
    except ValueError:
        return datetime.fromisoformat(value).timestamp() * 1000


def _has_plain_stamp(object_type: str, name: str) -> bool:
    """Contacts alone have `lastmodifieddate`; the older types have `createdate`."""
    return object_type == "contacts" or (name == "createdate" and object_type in {"companies", "deals", "tickets"})
