"""What changed since the last score, split into what the data and what the model did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.registry import Feature
from ml.predictions import PREDICTIONS, SCORINGS
from ml.scoring.change_sentences import Moves, find_causes, say_moves
from ml.scoring.score_reasons import Attribution
from ml.scoring.score_rows import Scored, read_matrices
from ml.versions import VERSIONS, Version

Floats = NDArray[np.float64]

_LEAST = 0.005
"""Half a point: less is said as no change."""


@dataclass(frozen=True)
class Earlier:
    """The last day before that was scored, and the version that was champion on it."""

    day: date
    model_version: str


@dataclass(frozen=True)
class Changes:
    """What changed for each customer, by row number; why data and model cannot be told apart, None where they can."""

    columns: pa.Table
    not_split_reason: str | None = None


def find_earlier(connection: duckdb.DuckDBPyConnection, champion: Version, day: date) -> Earlier | None:
    """The last day before `day` with risks that answer the same question: by any champion with the same parameters."""
    found = connection.execute(
        f"""
        select as_of_date, model_version
        from {SCORINGS}
        where model_name = $name and is_champion and customers_scored > 0 and as_of_date < $day and model_version in (
            select model_version from {VERSIONS} where model_name = $name and parameters = $parameters
        )
        order by as_of_date desc
        limit 1
        """,
        {"name": champion.model_name, "parameters": champion.parameters, "day": day},
    ).fetchone()
    return Earlier(found[0], found[1]) if found else None


def compare(connection: duckdb.DuckDBPyConnection, champion: Version, scored: Scored, exact: Attribution) -> Changes:
    """What changed for each scored customer since they were last scored, with a sentence for the riskiest.

    What the data did is the present model on the day's rows less the same model on the earlier day's; the rest of the
    change is what the model did, 0 where the version is the same.
    """
    earlier = find_earlier(connection, champion, scored.day)
    if earlier is None:
        nothing = np.full(len(scored.risks), np.nan)
        return Changes(_to_columns(None, nothing, nothing, nothing, {}))
    previous = _read_previous(connection, champion, scored, earlier)
    is_same_version = earlier.model_version == champion.model_version
    are_rows_held = _are_held(connection, scored.features, earlier.day)
    then = previous if is_same_version else np.full(len(previous), np.nan)
    if not is_same_version and are_rows_held:
        then = _judge_again(connection, scored, earlier.day, ~np.isnan(previous))
    moves = Moves(earlier.day, scored.risks - previous, scored.risks - then, then - previous)
    sentences = _say_changes(connection, scored, moves, [scored.day, earlier.day] if are_rows_held else [], exact)
    columns = _to_columns(earlier.day, previous, moves.by_data, moves.by_model, sentences)
    if is_same_version or are_rows_held:
        return Changes(columns)
    return Changes(columns, f"features of {earlier.day}, scored by {earlier.model_version}, are no longer held")


def _read_previous(
    connection: duckdb.DuckDBPyConnection, champion: Version, scored: Scored, earlier: Earlier
) -> Floats:
    """The risk of then; NaN for who was not scored."""
    previous = np.full(len(scored.risks), np.nan)
    connection.register("asked_customers", scored.customers)
    try:
        found = connection.execute(
            f"""
            select asked.row_number, predictions.churn_risk
            from asked_customers as asked
            inner join {PREDICTIONS} as predictions on asked.customer_id = predictions.customer_id
            where predictions.as_of_date = ? and predictions.model_name = ? and predictions.model_version = ?
            """,
            [earlier.day, champion.model_name, earlier.model_version],
        ).fetchnumpy()
    finally:
        connection.unregister("asked_customers")
    previous[found["row_number"]] = found["churn_risk"]
    return previous


def _are_held(connection: duckdb.DuckDBPyConnection, features: Sequence[Feature], day: date) -> bool:
    tables = {feature.group for feature in features}
    rows = connection.execute("select table_name from features.snapshots where as_of_date = ?", [day]).fetchall()
    return tables <= {table for (table,) in rows}


def _judge_again(
    connection: duckdb.DuckDBPyConnection, scored: Scored, earlier_day: date, was_scored: NDArray[np.bool_]
) -> Floats:
    """What the present model would have said; NaN for customers of whom that day knows nothing any more."""
    risks = np.full(len(scored.risks), np.nan)
    customers = scored.customers.filter(pa.array(was_scored))
    for rows in read_matrices(connection, customers, scored.features, [earlier_day]):
        [matrix] = rows.matrices
        risk = scored.model.calibration.to_risk(scored.model.predict_raw(matrix))
        risks[rows.row_numbers] = np.where(np.isnan(matrix).all(axis=1), np.nan, risk)
    return risks


def _say_changes(
    connection: duckdb.DuckDBPyConnection, scored: Scored, moves: Moves, days: Sequence[date], exact: Attribution
) -> dict[int, str]:
    """A sentence for each of the riskiest who was scored then; its cause is named where the rows of both `days` are held."""
    was_scored = scored.is_riskiest & ~np.isnan(moves.change)
    has_moved = np.abs(moves.change) >= _LEAST
    sentences = dict.fromkeys(np.flatnonzero(was_scored & ~has_moved).tolist(), f"risk is as it was on {moves.since}")
    moved = np.flatnonzero(was_scored & has_moved)
    if not days:
        return sentences | dict(zip(moved.tolist(), say_moves(moves.take(moved), [None] * len(moved)), strict=True))
    names = [feature.name for feature in scored.features]
    customers = scored.customers.take(pa.array(moved))
    for rows in read_matrices(connection, customers, scored.features, days, are_few=True):
        now, then = rows.matrices
        some = moves.take(rows.row_numbers)
        gained = exact.contributions(now) - exact.contributions(then)
        causes = find_causes(names, now, then, gained, some.by_data)
        sentences |= dict(zip(rows.row_numbers.tolist(), say_moves(some, causes), strict=True))
    return sentences


def _to_columns(
    since: date | None, previous: Floats, by_data: Floats, by_model: Floats, sentences: dict[int, str]
) -> pa.Table:
    """A row for each customer, in their order; NaN is NULL."""
    was_not = np.isnan(previous)
    texts = [sentences.get(number) for number in range(len(previous))]
    return pa.table(
        {
            "previous_as_of_date": pa.array(np.full(len(previous), since, "datetime64[D]"), pa.date32(), mask=was_not),
            "previous_risk": pa.array(previous, from_pandas=True),
            "change_by_data": pa.array(by_data, from_pandas=True),
            "change_by_model": pa.array(by_model, from_pandas=True),
            "change_sentence": pa.array(texts, pa.string()),
        }
    )
