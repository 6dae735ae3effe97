"""Compare what two warehouse files say about one past day, column by column."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from wellkept.project.feature_columns import KEYS
from wellkept.warehouse.sql import literal


@dataclass(frozen=True)
class Moved:
    """How many rows of a column differ, and one customer whose row does."""

    table: str
    column: str
    rows_compared: int
    rows_moved: int
    example: str | None


def features(one: Path, other: Path, day: date) -> list[Moved]:
    """Every column of every feature table, on a day both files hold."""
    with _attached(one=one, other=other) as connection:
        return [
            moved
            for table in _feature_tables(connection)
            for moved in _compare(connection, "features", table, f"as_of_date = date '{day}'")
        ]


def label(table: str, one: Path, other: Path, day: date) -> list[Moved]:
    """Every column of a label table, on a day both files hold."""
    with _attached(one=one, other=other) as connection:
        return _compare(connection, "labels", table, f"as_of_date = date '{day}'")


def label_known_early(table: str, file: Path, day: date) -> list[Moved]:
    """Every column of a label table, on a day whose outcome the file is too early to know: what is not NULL has moved."""
    with _attached(one=file) as connection:
        return _count(
            connection,
            table,
            f"one.labels.{table} as one where as_of_date = date '{day}'",
            {name: f"one.{name} is not null" for name, _ in _columns(connection, table)},
        )


def lifecycle(one: Path, other: Path, day: date) -> list[Moved]:
    """The interval in force on the day, in both files: the state, since when, and the receipt.

    Persons joined by an e-mail, or by a claim in one file only, are left out: an edition tells all history by who is
    who on its own day, and who somebody turns out to be is part of the future.
    """
    in_force = f"valid_from <= date '{day}' and coalesce(valid_to > date '{day}', true)"
    pairs = [_joined("one"), _joined("other")]
    unsure = [f"{pair} and matched_by = 'email'" for pair in pairs]
    unsure += [f"({pair} except {of_other})" for pair, of_other in (pairs, reversed(pairs))]
    keys = f"select unnest([customer_id, source_customer_id]) from ({' union all '.join(unsure)})"
    alone = f"customer_id not in ({keys})"
    with _attached(one=one, other=other) as connection:
        moved = _compare(connection, "marts", "lifecycle_states", f"{in_force} and {alone}")
        return [column for column in moved if column.column != "valid_to"]


def _joined(database: str) -> str:
    links = f"{database}.intermediate.int_customer_links_found"
    return f"select customer_id, source_customer_id from {links} where customer_id <> source_customer_id"


@contextmanager
def _attached(**files: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    try:
        for name, file in files.items():
            connection.execute(f"attach {literal(file)} as {name} (read_only)")
        yield connection
    finally:
        connection.close()


def _feature_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The feature tables: `snapshots`, beside them, is none."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'one' and schema_name = 'features' "
        "and starts_with(table_name, 'feature_') order by all"
    ).fetchall()
    return [table for (table,) in rows]


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    """Names and types, less the keys."""
    return connection.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = 'one' and schema_name in ('features', 'labels', 'marts') and table_name = ? "
        "and not list_contains(?, column_name) order by column_index",
        [table, list(KEYS)],
    ).fetchall()


def _compare(connection: duckdb.DuckDBPyConnection, schema: str, table: str, where: str) -> list[Moved]:
    left, right = (f"(select * from {name}.{schema}.{table} where {where}) as {name}" for name in ("one", "other"))
    differs = {name: _differs(name, kind) for name, kind in _columns(connection, table)}
    return _count(connection, table, f"{left} full join {right} using (customer_id)", differs)


def _count(connection: duckdb.DuckDBPyConnection, table: str, rows: str, has_moved: dict[str, str]) -> list[Moved]:
    measures = ", ".join(
        f"count(*) filter (where {moved}), min(customer_id) filter (where {moved})" for moved in has_moved.values()
    )
    row = connection.execute(f"select count(*), {measures} from {rows}").fetchone()
    assert row is not None  # an aggregate always has its row
    return [Moved(table, name, row[0], row[1 + 2 * index], row[2 + 2 * index]) for index, name in enumerate(has_moved)]


def _differs(name: str, kind: str) -> str:
    """Sums of doubles may differ in their last digits with the order of rows; everything else must be the same."""
    if kind in ("DOUBLE", "FLOAT"):
        close = f"abs(one.{name} - other.{name}) <= 1e-9 * greatest(1, abs(one.{name}))"
        return f"not coalesce({close}, one.{name} is null and other.{name} is null)"
    return f"one.{name} is distinct from other.{name}"
