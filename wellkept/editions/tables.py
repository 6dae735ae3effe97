"""Copying tables of the warehouse into an edition, with their types, NOT NULLs and descriptions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from wellkept.deployment.errors import StaleBuildError, WellkeptError
from wellkept.warehouse.sql import literal, quoted


@dataclass(frozen=True)
class PublishedTable:
    """One table of an edition: where it comes from, and what must hold of it."""

    name: str
    schema: str = "marts"
    is_of_one_day: bool = True
    """Whether an as_of_date in it must be the edition's."""
    where: str = ""
    """Which rows; the one `?` is the edition's day."""
    only_if: str = ""
    """A parameter that must be true for the table to be published."""


def check_days(connection: duckdb.DuckDBPyConnection, tables: Sequence[PublishedTable], as_of_date: date) -> None:
    """Every table is there and holds the edition's day; else nothing may be published."""
    for table in tables:
        columns = _read_columns(connection, table)
        if not columns:
            raise WellkeptError(
                f"table {table.schema}.{table.name} is not in the warehouse, so the edition of {as_of_date} cannot be "
                f"published: run `wellkept run --as-of {as_of_date}`"
            )
        if not table.is_of_one_day or "as_of_date" not in {column.name for column in columns}:
            continue
        days = connection.execute(
            f"select distinct as_of_date from {table.schema}.{table.name} "
            "where as_of_date is distinct from ? order by as_of_date limit 3",
            [as_of_date],
        ).fetchall()
        if days:
            found = ", ".join(str(day) for (day,) in days)
            raise StaleBuildError(
                f"table {table.schema}.{table.name} holds {found} and not only {as_of_date}; the edition was not "
                f"published and the last one stays: run `wellkept run --as-of {as_of_date}` again"
            )


def copy_table(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, database: str, values: list[object]
) -> None:
    """The table's rows in the attached edition, under the same name, described as in the warehouse."""
    columns = _read_columns(connection, table)
    target = f"{database}.main.{quoted(table.name)}"
    definitions = ", ".join(column.definition for column in columns)
    names = ", ".join(quoted(column.name) for column in columns)
    connection.execute(f"create table {target} ({definitions})")
    where = f"where {table.where}" if table.where else ""
    connection.execute(
        f"insert into {target} ({names}) select {names} from {table.schema}.{table.name} {where}",
        values if table.where else [],
    )
    comment = connection.execute(_TABLE_COMMENT, [table.schema, table.name]).fetchone()
    if comment and comment[0]:
        connection.execute(f"comment on table {target} is {literal(comment[0])}")
    for column in columns:
        if column.comment:
            connection.execute(f"comment on column {target}.{quoted(column.name)} is {literal(column.comment)}")


@dataclass(frozen=True)
class _Column:
    name: str
    data_type: str
    is_nullable: bool
    comment: str | None

    @property
    def definition(self) -> str:
        return f"{quoted(self.name)} {self.data_type}{'' if self.is_nullable else ' not null'}"


def _read_columns(connection: duckdb.DuckDBPyConnection, table: PublishedTable) -> list[_Column]:
    rows = connection.execute(_COLUMNS, [table.schema, table.name]).fetchall()
    return [_Column(*row) for row in rows]


_COLUMNS = """
select column_name, data_type, is_nullable, comment
from duckdb_columns()
where database_name = current_database() and schema_name = ? and table_name = ?
order by column_index
"""

_TABLE_COMMENT = """
select comment
from duckdb_tables()
where database_name = current_database() and schema_name = ? and table_name = ?
"""
