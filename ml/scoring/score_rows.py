"""Rows to score: read from DuckDB as a stream of Arrow batches, judged, and put back for SQL to go on with."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.reads import check_held
from features.registry import Feature, check_types
from ml.kinds.fitting import Fitted

Floats = NDArray[np.float64]

_ROWS_AT_ONCE = 32_768
"""Sixty features of so many rows are 16 MB."""


@dataclass(frozen=True)
class Rows:
    """Some rows: their places in scoring.listed, and their features on each day that was asked for."""

    places: NDArray[np.int64]
    matrices: list[Floats]


@contextmanager
def scratch(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """A database `scoring` in memory: all cursors of the connection see it, as they do not see its temp tables."""
    connection.execute("attach ':memory:' as scoring")
    try:
        yield
    finally:
        connection.execute("detach scoring")


def read_rows(
    connection: duckdb.DuckDBPyConnection,
    keys: str,
    features: Sequence[Feature],
    days: Sequence[date],
    are_few: bool = False,
) -> Iterator[Rows]:
    """The features of the customers of `keys` (place, customer_id) on the days, NaN where a day does not know them.

    One pass, in no order, so many rows in memory at a time; where the customers `are_few`, only they are joined. A day
    that no snapshot holds is a WellkeptError.
    """
    tables = sorted({feature.group for feature in features})
    connection.execute("create or replace table scoring.days as select unnest(?::date[]) as as_of_date", [list(days)])
    check_held(connection, "scoring.days", tables)
    check_types(_read_types(connection, tables, features), features)
    bound = [day for day in days for _ in tables]
    with connection.cursor() as cursor:  # a second statement on the same connection would end the stream
        cursor.execute("set streaming_buffer_size = '64MB'")  # DuckDB reads on while a batch is judged
        query = _join(keys, tables, features, len(days), are_few)
        for batch in cursor.execute(query, bound).to_arrow_reader(_ROWS_AT_ONCE):
            yield Rows(batch["place"].to_numpy(), [_to_matrix(batch, features, number) for number in range(len(days))])


def _to_matrix(batch: pa.RecordBatch, features: Sequence[Feature], number: int) -> Floats:
    """The features of one of the days; each column's numbers lie together."""
    columns = np.empty((len(features), batch.num_rows))
    for place, feature in enumerate(features):
        columns[place] = batch[_column(feature, number)].to_numpy()
    return columns.T


def predict(connection: duckdb.DuckDBPyConnection, target: str, model: Fitted, rows: Iterable[Rows]) -> None:
    """Fill the table `target` (place, raw_score, churn_risk) with what the model says of rows."""
    schema = pa.schema([("place", pa.int64()), ("raw_score", pa.float64()), ("churn_risk", pa.float64())])
    create(connection, target, schema)
    for some in rows:
        [matrix] = some.matrices
        raw, risk = judge(model, matrix)
        append(connection, target, pa.table([some.places, raw, risk], schema))


def judge(model: Fitted, matrix: Floats) -> tuple[Floats, Floats]:
    """The raw score and the calibrated probability of each row."""
    raw = model.predict_raw(matrix)
    return raw, model.calibration.to_risk(raw)


def create(connection: duckdb.DuckDBPyConnection, target: str, schema: pa.Schema) -> None:
    """The table is there, empty, with the schema's columns."""
    append(connection, target, schema.empty_table(), "create or replace table {} as from batch")


def append(
    connection: duckdb.DuckDBPyConnection, target: str, batch: pa.Table, statement: str = "insert into {} from batch"
) -> None:
    """Add rows to a table."""
    connection.register("batch", batch)
    try:
        connection.execute(statement.format(target))
    finally:
        connection.unregister("batch")


def _read_types(connection: duckdb.DuckDBPyConnection, tables: Sequence[str], features: Sequence[Feature]) -> pa.Table:
    """No rows, with the features' columns as their tables have them."""
    fields: list[pa.Field] = []
    for table in tables:
        names = ", ".join(feature.name for feature in features if feature.group == table)
        fields += connection.execute(f"select {names} from features.{table} limit 0").to_arrow_table().schema
    return pa.schema(fields).empty_table()


def _join(keys: str, tables: Sequence[str], features: Sequence[Feature], days: int, are_few: bool) -> str:
    columns, joins = ["keys.place"], []
    only_they = f"and customer_id in (select customer_id from {keys})" if are_few else ""
    for number in range(days):
        for table in tables:
            names = {feature.name: _column(feature, number) for feature in features if feature.group == table}
            columns += [
                f"coalesce({table}_{number}.{name}::double, 'nan'::double) as {column}"
                for name, column in names.items()
            ]
            joins.append(
                f"left join (select customer_id, {', '.join(names)} from features.{table} where as_of_date = ? {only_they}) "
                f"as {table}_{number} on keys.customer_id = {table}_{number}.customer_id"
            )
    return f"select {', '.join(columns)} from {keys} as keys {' '.join(joins)}"


def _column(feature: Feature, number: int) -> str:
    return f"{feature.name}__{number}"
