"""Tables that Python writes: one frozen dataclass is the table's columns, its descriptions, its rows and its Arrow schema.

A field says what it is once:

    customer_id: Annotated[str, "Key of the customer.", KEY]
    horizon_days: Annotated[int, "Days the scores looked ahead.", SqlType("integer")]
    reason: Annotated[str | None, "Why nothing is judged; NULL where it is."] = None
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import duckdb

from wellkept.warehouse.stored_tables import Column, ensure_columns

if TYPE_CHECKING:
    import pyarrow as pa
    from _typeshed import DataclassInstance

    R = TypeVar("R", bound=DataclassInstance)
else:
    R = TypeVar("R")

_SQL_TYPES = {str: "varchar", int: "bigint", float: "double", bool: "boolean", date: "date", datetime: "timestamp"}


@dataclass(frozen=True)
class _Key:
    """Marks the fields that together tell rows apart."""


KEY: Final = _Key()


@dataclass(frozen=True)
class SqlType:
    """The SQL type of a field where its Python type does not say it, such as integer for int."""

    name: str


@dataclass(frozen=True)
class Table(Generic[R]):
    """A table whose rows are records of one kind; in SQL it stands as its name, which is with its schema."""

    name: str
    record: type[R]
    description: str

    def __str__(self) -> str:
        return self.name

    @property
    def columns(self) -> tuple[Column, ...]:
        return columns_of(self.record)

    @property
    def column_names(self) -> list[str]:
        return [field.name for field in fields(self.record)]


def columns_of(record: type["DataclassInstance"]) -> tuple[Column, ...]:
    """The columns that a record's fields are, in order."""
    hints = get_type_hints(record, include_extras=True)
    return tuple(
        _column(field.name, hints[field.name], None if field.default is MISSING else field.default)
        for field in fields(record)
    )


def ensure_table(connection: duckdb.DuckDBPyConnection, table: Table[Any]) -> None:
    """The table is there afterwards with the record's columns, described; empty where it was not."""
    ensure_columns(connection, table.name, table.columns, table.description)


def insert_rows(connection: duckdb.DuckDBPyConnection, table: Table[R], rows: Sequence[R]) -> None:
    """Add a row for each record."""
    if not rows:
        return
    names = table.column_names
    connection.executemany(
        f"insert into {table} ({', '.join(names)}) values ({', '.join('?' * len(names))})",
        [[getattr(row, name) for name in names] for row in rows],
    )


def read_rows(
    connection: duckdb.DuckDBPyConnection,
    table: Table[R],
    clauses: str = "",
    bound: Sequence[object] | Mapping[str, object] = (),
) -> list[R]:
    """The rows as records; `clauses` is what may stand after `from`."""
    found = connection.execute(f"select {', '.join(table.column_names)} from {table} {clauses}", bound).fetchall()
    return [table.record(*row) for row in found]


def arrow_schema(table: Table[Any]) -> "pa.Schema":
    """The columns as Arrow has them, for rows that come by the thousand."""
    import pyarrow as pa

    kinds = {
        "varchar": pa.string(),
        "bigint": pa.int64(),
        "integer": pa.int32(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
    }
    return pa.schema([pa.field(one.name, kinds[one.sql_type], one.is_nullable) for one in table.columns])


def _column(name: str, hint: Any, default: object) -> Column:
    extras: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *found = get_args(hint)
        extras = tuple(found)
    kinds, is_nullable = _without_none(hint)
    sql_type = next((extra.name for extra in extras if isinstance(extra, SqlType)), None)
    description = next((extra for extra in extras if isinstance(extra, str)), None)
    return Column(name, sql_type or _sql_type(name, kinds), is_nullable, KEY in extras, description, default)


def _without_none(hint: Any) -> tuple[list[Any], bool]:
    if get_origin(hint) not in (Union, types.UnionType):
        return [hint], False
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    return kinds, len(kinds) < len(get_args(hint))


def _sql_type(name: str, kinds: Sequence[Any]) -> str:
    if len(kinds) == 1:
        kind = type(get_args(kinds[0])[0]) if get_origin(kinds[0]) is Literal else kinds[0]
        if kind in _SQL_TYPES:
            return _SQL_TYPES[kind]
    raise TypeError(f"{name}: {kinds} is no SQL type; say which with Annotated[..., SqlType(...)]")
