"""Features of many customers on a day or two, as a stream: what scoring gets them by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.reads import check_held, find_tables, join

ROWS_AT_ONCE = 32_768
"""Sixty features of so many rows are 16 MB."""


@dataclass(frozen=True)
class DayRows:
    """Some of the customers asked for: their row numbers, and their features on each day that was asked for."""

    row_numbers: NDArray[np.int64]
    features: list[pa.RecordBatch]


def read_days(
    connection: duckdb.DuckDBPyConnection,
    customers: pa.Table,
    names: Sequence[str],
    days: Sequence[date],
    are_few: bool = False,
) -> Iterator[DayRows]:
    """The features `names` of customers (row_number, customer_id) on the days, NULL where a day does not know them.

    One pass, in no order, so many rows in memory at a time; where the customers `are_few`, only they are joined. A day
    that no snapshot holds is a WellkeptError.
    """
    tables = find_tables(connection, names)
    asked = ", ".join(_literal(day) for day in days)
    check_held(connection, f"(select unnest([{asked}]) as as_of_date)", sorted(set(tables.values())))
    query = _join_days({f"day_{number}": day for number, day in enumerate(days)}, tables, names, are_few)
    with connection.cursor() as cursor:  # a second statement on the same connection would end the stream
        cursor.execute("set streaming_buffer_size = '64MB'")  # DuckDB reads on while a batch is judged
        cursor.register("asked_customers", customers)
        for batch in cursor.execute(query).to_arrow_reader(ROWS_AT_ONCE):
            yield DayRows(batch.column(0).to_numpy(), [_part(batch, names, number) for number in range(len(days))])


def _join_days(days: Mapping[str, date], tables: Mapping[str, str], names: Sequence[str], are_few: bool) -> str:
    named = ", ".join(f"{_literal(day)} as {column}" for column, day in days.items())
    only_they = "and customer_id in (select customer_id from asked_customers)" if are_few else ""

    def relation(table: str, day_column: str) -> str:
        columns = ", ".join(["customer_id", "as_of_date", *(name for name in names if tables[name] == table)])
        return f"(select {columns} from features.{table} where as_of_date = {_literal(days[day_column])} {only_they})"

    keys = f"(select row_number, customer_id, {named} from asked_customers)"
    return join(keys, tables, names, relation, list(days))


def _part(batch: pa.RecordBatch, names: Sequence[str], number: int) -> pa.RecordBatch:
    """The features of one of the days: they follow row_number, a day after another."""
    first = number * len(names) + 1
    return pa.RecordBatch.from_arrays(batch.columns[first : first + len(names)], list(names))


def _literal(day: date) -> str:
    return f"date '{day}'"
