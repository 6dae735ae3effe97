"""Tables as they are stored, and the one function that brings them to the columns they are to have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from wellkept.deployment.errors import WellkeptError
from wellkept.warehouse.sql import literal


@dataclass(frozen=True)
class Column:
    """One column of a stored table."""

    name: str
    sql_type: str
    is_nullable: bool = True
    is_key: bool = False
    description: str | None = None
    default: object = None
    """What rows have that were written without it: before there was the column, or by the version before."""

    @property
    def definition(self) -> str:
        """As `create table` takes it."""
        return f"{self.addition}{'' if self.is_nullable else ' not null'}"

    @property
    def addition(self) -> str:
        """As `alter table` takes it: DuckDB adds no column that is NOT NULL."""
        value = "" if self.default is None else f" default cast({literal(self.default)} as {self.sql_type})"
        return f"{self.name} {self.sql_type}{value}"


def ensure_columns(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Column], description: str | None = None
) -> None:
    """The table, named with its schema, is there afterwards with these columns; those that a stored one lacks are added, with their default.

    A column that may be NULL, or has a default, is all that can be added so; a stored column that is not among them is left
    as it is, so that the version before can go on. A type that differs, or a new column that older rows cannot have, is
    an error here: it takes a numbered migration.
    """
    connection.execute(f"create schema if not exists {table.rpartition('.')[0]}")
    stored = _read_stored(connection, table)
    if not stored:
        connection.execute(_create(table, columns))
    else:
        _check_alterable(table, columns, stored)
        for column in columns:
            if column.name not in stored:
                connection.execute(f"alter table {table} add column {column.addition}")
    _describe(connection, table, columns, stored, description)


def _create(table: str, columns: Sequence[Column]) -> str:
    lines = [column.definition for column in columns]
    keys = [column.name for column in columns if column.is_key]
    if keys:
        lines.append(f"primary key ({', '.join(keys)})")
    return f"create table {table} ({', '.join(lines)})"


_Stored = Mapping[str, tuple[str, str | None]]


def _read_stored(connection: duckdb.DuckDBPyConnection, table: str) -> _Stored:
    """Type and comment of each column that is stored; empty where there is no such table."""
    rows = connection.execute(
        f"select column_name, lower(data_type), comment from duckdb_columns() where {_IS_TABLE}", _parts(table)
    ).fetchall()
    return {name: (data_type, comment) for name, data_type, comment in rows}


def _check_alterable(table: str, columns: Sequence[Column], stored: _Stored) -> None:
    wrong = []
    for column in columns:
        data_type = stored[column.name][0] if column.name in stored else None
        if data_type is None and not column.is_nullable and column.default is None:
            wrong.append(f"it lacks {column.name}, which rows of before cannot have")
        if data_type is not None and not _is_same_type(data_type, column.sql_type):
            wrong.append(f"{column.name} is {data_type} and not {column.sql_type}")
    if wrong:
        raise WellkeptError(
            f"{table} is not stored as this version of Wellkept writes it ({'; '.join(wrong)}): run `wellkept upgrade`, "
            "and if that changes nothing, use the version that made this home"
        )


def _is_same_type(stored: str, declared: str) -> bool:
    known = {"timestamptz": "timestamp with time zone"}.get(declared, declared)
    return stored.replace(" ", "") == known.lower().replace(" ", "")


def _describe(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[Column],
    stored: _Stored,
    description: str | None,
) -> None:
    """Only what is not said yet: a comment changes the catalog, and a table is ensured many times a run."""
    changed = [one for one in columns if one.description and stored.get(one.name, ("", None))[1] != one.description]
    for column in changed:
        connection.execute(f"comment on column {table}.{column.name} is {literal(column.description)}")
    if description and _read_comment(connection, table) != description:
        connection.execute(f"comment on table {table} is {literal(description)}")


def _read_comment(connection: duckdb.DuckDBPyConnection, table: str) -> str | None:
    row = connection.execute(f"select comment from duckdb_tables() where {_IS_TABLE}", _parts(table)).fetchone()
    return row[0] if row else None


_IS_TABLE = "database_name = coalesce(?, current_database()) and schema_name = ? and table_name = ?"


def _parts(table: str) -> list[str | None]:
    """Database (None for the current one), schema and name."""
    *database, schema, name = table.split(".")
    return [database[0] if database else None, schema, name]
