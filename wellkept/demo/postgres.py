"""The demo company's shop: its books in a real PostgreSQL, where only what differs is written."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from wellkept.demo.books import DUPLICATED, KEYS, Books
from wellkept.demo.postgres_server import reader_of, running
from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.extensions import load_extension
from wellkept.warehouse.sql import count_rows, literal

__all__ = ["reader_of", "running", "shop_entities", "write_shop"]

_READ_IN_FULL = ("products", "campaigns")


def shop_entities() -> dict[str, dict[str, Any]]:
    """How wellkept.toml maps the shop's tables: the small ones in full, the others by what was written lately."""
    in_full: dict[str, Any] = {"ignore": ["updated_at"]}
    lately: dict[str, Any] = {"incremental": "updated_at"}
    return {name: {"table": f"public.{name}", **(in_full if name in _READ_IN_FULL else lately)} for name in KEYS}


def write_shop(uri: str, books: Books) -> dict[str, tuple[int, int]]:
    """The shop holds what the books hold, all of it or nothing; rows inserted and updated, by table.

    Written again, only rows that are new or differ are touched; what the books no longer hold stays.
    """
    connection = duckdb.connect(config={"threads": 2})
    try:
        load_extension(connection, "postgres_scanner")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {literal(uri)} as shop (type postgres)")
        with transaction(connection):
            return {name: _write_table(connection, name, table) for name, table in books.shop.items()}
    finally:
        connection.close()


def _write_table(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> tuple[int, int]:
    key = () if name in DUPLICATED else KEYS[name]
    columns = _use_books(connection, rows)
    is_new = not connection.execute(
        "select 1 from duckdb_tables() where database_name = 'shop' and schema_name = 'public' and table_name = ?",
        [name],
    ).fetchall()
    if is_new:
        primary_key = f", primary key ({', '.join(key)})" if key else ""
        connection.execute(f"create table shop.public.{name} ({', '.join(columns)}{primary_key})")
        connection.execute(f"insert into shop.public.{name} from books")
        _execute(connection, f"create index on public.{name} (updated_at)")
        _execute(connection, f"analyze public.{name}")
        return len(rows), 0
    # As often as the books have it more than the shop does: for a table without a key that is what is to be added.
    connection.execute(
        f"create or replace temp table differing as from books except all from shop.public.{name}",
    )
    differing = count_rows(connection, "differing")
    updated = count_rows(connection, f"differing semi join shop.public.{name} using ({', '.join(key)})") if key else 0
    if differing:
        _merge(connection, name, key, rows.column_names)
    return differing - updated, updated


def _use_books(connection: duckdb.DuckDBPyConnection, rows: pa.Table) -> list[str]:
    """Make the view `books` of a table, in the types of the shop; returns its columns with their types."""
    connection.register("arrow_rows", rows)
    given = connection.execute("select column_name, column_type from (describe arrow_rows)").fetchall()
    values = [
        f"{name}::timestamp at time zone 'UTC' as {name}" if kind.startswith("TIMESTAMP") else name
        for name, kind in given
    ]
    connection.execute(f"create or replace temp view books as select {', '.join(values)} from arrow_rows")
    return [f"{name} {'timestamptz' if kind.startswith('TIMESTAMP') else kind}" for name, kind in given]


def _merge(connection: duckdb.DuckDBPyConnection, name: str, key: Sequence[str], columns: Sequence[str]) -> None:
    """Hand the differing rows over in a table of their own and let PostgreSQL take them from there."""
    connection.execute("create or replace table shop.public.incoming as from differing")
    values = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    on_conflict = f" on conflict ({', '.join(key)}) do update set {values}" if key else ""
    listed = ", ".join(columns)
    _execute(connection, f"insert into public.{name} ({listed}) select {listed} from public.incoming{on_conflict}")
    connection.execute("drop table shop.public.incoming")


def _execute(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    connection.execute(f"call postgres_execute('shop', {literal(sql)})")
