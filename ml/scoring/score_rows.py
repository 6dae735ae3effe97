"""The customers of a day, and their features as the numbers a model takes: read as a stream, some rows at a time."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.day_reads import read_days
from features.registry import Feature, check_types
from ml.kinds.fitting import Fitted
from ml.matrix import to_floats
from ml.spec import ModelSpec
from wellkept.deployment.errors import BadInputError, WellkeptError

Floats = NDArray[np.float64]

_POPULATION = re.compile(r"int_[a-z0-9_]+")


@dataclass(frozen=True)
class Customers:
    """Who is known on a day: how many, and in the order of their keys those due a risk (row_number, customer_id)."""

    known: int
    eligible: pa.Table

    @property
    def scored(self) -> int:
        return int(self.eligible.num_rows)


@dataclass(frozen=True)
class Rows:
    """Some rows: their row numbers among the eligible, and their features on each day that was asked for."""

    row_numbers: NDArray[np.int64]
    matrices: list[Floats]


@dataclass(frozen=True)
class Scores:
    """What a model says of each eligible customer, in their order."""

    raw_scores: Floats
    risks: Floats


@dataclass(frozen=True)
class Scored:
    """The customers of a day (row_number, customer_id; numbered from 0 on), what they are scored by, and their risks."""

    day: date
    customers: pa.Table
    features: Sequence[Feature]
    model: Fitted
    risks: Floats
    is_riskiest: NDArray[np.bool_]


def list_customers(connection: duckdb.DuckDBPyConnection, spec: ModelSpec, day: date) -> Customers:
    """Everyone the model's population knows on the day, asked once: what is behind it may be expensive."""
    if not _POPULATION.fullmatch(spec.population):
        raise BadInputError(
            f"models/{spec.name}/spec.yml: population {spec.population!r} is no intermediate model (int_...)"
        )
    known = connection.execute(
        f"select customer_id, is_eligible from intermediate.{spec.population} where as_of_date = ? order by customer_id",
        [day],
    ).to_arrow_table()
    if not known.num_rows:
        raise WellkeptError(
            f"{spec.population} holds nobody on {day}; build that day first: wellkept run --as-of {day}"
        )
    eligible = known.filter(known["is_eligible"]).select(["customer_id"]).combine_chunks()
    numbered = eligible.add_column(0, "row_number", [np.arange(eligible.num_rows)])
    return Customers(known.num_rows, numbered)


def read_matrices(
    connection: duckdb.DuckDBPyConnection,
    customers: pa.Table,
    features: Sequence[Feature],
    days: Sequence[date],
    are_few: bool = False,
) -> Iterator[Rows]:
    """The features of customers (row_number, customer_id) on the days, NaN where a day does not know them; in no order.

    A day that no snapshot holds, or a column of another type than its registered one, is a WellkeptError.
    """
    names = [feature.name for feature in features]
    for some in read_days(connection, customers, names, days, are_few):
        check_types(some.features[0], features)
        yield Rows(some.row_numbers, [_to_matrix(batch) for batch in some.features])


def score_rows(
    connection: duckdb.DuckDBPyConnection,
    customers: pa.Table,
    features: Sequence[Feature],
    model: Fitted,
    day: date,
) -> Scores:
    """What the model says of customers numbered from 0 on; one whom the day does not know has what it says of nothing known.

    A customer whom a feature table holds twice is a WellkeptError.
    """
    raw, risk, found = np.full(len(customers), np.nan), np.full(len(customers), np.nan), 0
    for rows in read_matrices(connection, customers, features, [day]):
        [matrix] = rows.matrices
        raw[rows.row_numbers] = model.predict_raw(matrix)
        risk[rows.row_numbers] = model.calibration.to_risk(raw[rows.row_numbers])
        found += len(matrix)
    if len(customers) != found:
        raise WellkeptError(
            f"{len(customers)} customers are eligible on {day} and {found} have features: a feature table holds a "
            "customer twice on a day; build that day again: wellkept features backfill"
        )
    return Scores(raw, risk)


def _to_matrix(batch: pa.RecordBatch) -> Floats:
    """A row per customer, NULL as NaN; each column's numbers lie together."""
    columns = np.empty((batch.num_columns, batch.num_rows))
    for number, column in enumerate(batch.columns):
        columns[number] = to_floats(column)
    return columns.T
