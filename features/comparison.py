"""Compare what two warehouse files say about one past day, column by column."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from wellkept.sql import literal


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
    with _both(one, other) as connection:
        tables = connection.execute(
            "select distinct table_name from duckdb_tables() where database_name = 'one' and schema_name = 'features' "
            "and starts_with(table_name, 'feature_') order by all"
        ).fetchall()
        return [
            moved
            for (table,) in tables
            for moved in _compare(connection, table, f"{{}}.features.{table}", f"as_of_date = date '{day}'")
        ]


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
    with _both(one, other) as connection:
        moved = _compare(connection, "lifecycle_states", "{}.marts.lifecycle_states", f"{in_force} and {alone}")
        return [column for column in moved if column.column != "valid_to"]


def _joined(database: str) -> str:
    links = f"{database}.intermediate.int_customer_links_found"
    return f"select customer_id, source_customer_id from {links} where customer_id <> source_customer_id"


@contextmanager
def _both(one: Path, other: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    try:
        for name, file in (("one", one), ("other", other)):
            connection.execute(f"attach {literal(file)} as {name} (read_only)")
        yield connection
    finally:
        connection.close()


def _compare(connection: duckdb.DuckDBPyConnection, table: str, relation: str, where: str) -> list[Moved]:
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = 'one' and schema_name in ('features', 'marts') and table_name = ? "
        "and column_name not in ('customer_id', 'as_of_date') order by column_index",
        [table],
    ).fetchall()
    left, right = (f"(select * from {relation.format(name)} where {where}) as {name}" for name in ("one", "other"))
    measures = ", ".join(
        f"count(*) filter (where {_differs(name, kind)}), min(customer_id) filter (where {_differs(name, kind)})"
        for name, kind in columns
    )
    row = connection.execute(
        f"select count(*), {measures} from {left} full join {right} using (customer_id)"
    ).fetchone()
    assert row is not None  # an aggregate always has its row
    return [
        Moved(table, name, row[0], row[1 + 2 * index], row[2 + 2 * index]) for index, (name, _) in enumerate(columns)
    ]


def _differs(name: str, kind: str) -> str:
    """Sums of doubles may differ in their last digits with the order of rows; everything else must be the same."""
    if kind in ("DOUBLE", "FLOAT"):
        close = f"abs(one.{name} - other.{name}) <= 1e-9 * greatest(1, abs(one.{name}))"
        return f"not coalesce({close}, one.{name} is null and other.{name} is null)"
    return f"one.{name} is distinct from other.{name}"
