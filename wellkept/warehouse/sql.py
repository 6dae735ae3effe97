"""What SQL cannot bind, written safely: names, literals and comments; how many rows there are, and records as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever characters it has."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def literal(text: object) -> str:
    """A text as SQL takes it, where no value can be bound: paths in a view, in attach and in copy."""
    escaped = str(text).replace("'", "''")
    return f"'{escaped}'"


def count_rows(connection: duckdb.DuckDBPyConnection, rows: str, bound: Mapping[str, object] | None = None) -> int:
    """How many rows a table has, or what may stand after `from`."""
    found = connection.execute(f"select count(*) from {rows}", bound or {}).fetchone()
    return int(found[0]) if found else 0


def insert_records(connection: duckdb.DuckDBPyConnection, table: str, records: Sequence["DataclassInstance"]) -> None:
    """Add a row for each of some dataclasses of one kind, whose fields are the table's columns by name."""
    if not records:
        return
    names = [field.name for field in fields(records[0])]
    connection.executemany(
        f"insert into {table} ({', '.join(names)}) values ({', '.join('?' * len(names))})",
        [[getattr(record, name) for name in names] for record in records],
    )


def comment_on(connection: duckdb.DuckDBPyConnection, table: str, sentence: str, columns: Mapping[str, str]) -> None:
    """The table and its columns say what they are."""
    connection.execute(f"comment on table {table} is {literal(sentence)}")
    for column, text in columns.items():
        connection.execute(f"comment on column {table}.{column} is {literal(text)}")


def spread(key: str) -> str:
    """A whole number below 2^32 for a key, evenly spread and always the same: what a sample of keys is drawn by."""
    return f"cast('0x' || substr(md5({key}), 1, 8) as bigint)"
