"""Score drift: the day's scores, held against those the champion gives the customers that it learned from."""

from collections.abc import Sequence
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.reads import find_tables, read
from ml.kinds.model import Model
from ml.matrix import to_codes, to_floats, to_matrix
from ml.monitoring.drift import Reference, choose_reference, judge_drift
from ml.monitoring.drift_values import held_days
from ml.monitoring.score_drift_table import ScoreDrift
from ml.predictions import PREDICTIONS
from ml.psi import cut_points, measure_day
from ml.spec import ModelSpec
from ml.versions import Version
from wellkept.warehouse.sql import spread

Floats = NDArray[np.float64]
_ROWS_AT_ONCE = 50_000
_DIGITS = 6


def measure(
    connection: duckdb.DuckDBPyConnection, day: date, spec: ModelSpec, champion: Version, model: Model
) -> ScoreDrift | None:
    """The day's scores of the champion against its reference; None where the day or the reference has none.

    Raw scores are compared: what a calibration makes of them moves no customer from one bin to another.
    """
    said = _read_scores(connection, day, champion, spec.drift.max_rows)
    reference = choose_reference(day, _held_days(connection, model.features), champion, spec)
    learned_on, learned = _score(connection, spec, model, reference)
    if not len(said) or not len(learned):
        return None
    shares = np.arange(1, spec.drift.bins) / spec.drift.bins
    cuts = cut_points(np.quantile(learned, shares, method="inverted_cdf").tolist())
    by_day = [_count(learned[learned_on == known], cuts) for known in np.unique(learned_on)]
    stability = measure_day(by_day, _count(to_floats(said["raw_score"]), cuts))
    return ScoreDrift(
        as_of_date=day,
        model_name=champion.model_name,
        model_version=champion.model_version,
        psi=round(stability.psi, _DIGITS),
        expected_psi=round(stability.expected_psi, _DIGITS),
        mean_risk=round(float(to_floats(said["churn_risk"]).mean()), _DIGITS),
        rows=len(said),
        reference_rows=len(learned),
        reference_from=reference.days[0],
        reference_to=reference.days[-1],
        is_season_matched=reference.is_season_matched,
        status=judge_drift(stability, 0.0, spec.drift),
    )


def _read_scores(connection: duckdb.DuckDBPyConnection, day: date, champion: Version, max_rows: int) -> pa.Table:
    return _fetch(
        connection,
        f"""
        with listed as (
            select customer_id, raw_score, churn_risk, count(*) over () as rows_listed
            from {PREDICTIONS}
            where as_of_date = $day and model_name = $name and model_version = $version
        )
        select raw_score, churn_risk
        from listed
        where {spread("customer_id")} * rows_listed < 4294967296 * $max_rows
        order by customer_id
        """,
        {"day": day, "name": champion.model_name, "version": champion.model_version, "max_rows": max_rows},
    )


def _held_days(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> set[date]:
    """The days that every table which has one of the features holds."""
    tables = sorted(set(find_tables(connection, names).values()))
    return set.intersection(*(held_days(connection, table) for table in tables))


def _score(
    connection: duckdb.DuckDBPyConnection, spec: ModelSpec, model: Model, reference: Reference
) -> tuple[NDArray[np.int64], Floats]:
    """Raw scores of who was eligible on the reference's days, each with its day: label tables list them."""
    spine = _fetch(
        connection,
        f"""
        with listed as (
            select customer_id, as_of_date, count(*) over () as rows_listed
            from labels.{spec.label}
            where list_contains($days, as_of_date)
        )
        select customer_id, as_of_date
        from listed
        where {spread("customer_id")} * rows_listed < 4294967296 * $max_rows
        order by as_of_date, customer_id
        """,
        {"days": list(reference.days), "max_rows": spec.drift.max_rows},
    )
    scores = [
        model.predict_raw(
            to_matrix(read(connection, spine.slice(start, _ROWS_AT_ONCE), model.features), model.features)
        )
        for start in range(0, len(spine), _ROWS_AT_ONCE)
    ]
    return to_codes(spine["as_of_date"]), np.concatenate([*scores, np.empty(0)])


def _count(scores: NDArray[np.float64], cuts: Sequence[float]) -> list[int]:
    """Rows by bin, each up to and with its cut."""
    counts: list[int] = np.bincount(np.searchsorted(cuts, scores, side="left"), minlength=len(cuts) + 1).tolist()
    return counts


def _fetch(connection: duckdb.DuckDBPyConnection, query: str, bound: dict[str, object]) -> pa.Table:
    return connection.execute(query, bound).to_arrow_table()
