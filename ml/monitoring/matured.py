"""Scored days whose outcomes are known, and the back-test of one: what was said of its customers beside what they did."""

from collections.abc import Collection
from datetime import timedelta

import duckdb
import numpy as np
from numpy.typing import NDArray

from features.snapshots import GRID_EPOCH
from ml.monitoring.limits import Monitoring
from ml.monitoring.performance import (
    Comparison,
    Judgement,
    compare,
    explain_too_few,
    gap_by_chance,
    judge_back_test,
)
from ml.monitoring.performance_table import Performance, ScoredDay
from ml.predictions import PREDICTIONS, SCORINGS
from ml.promote import describe_parameters
from ml.spec import ModelSpec
from ml.versions import Version, read_versions
from wellkept.runs.run import Run
from wellkept.warehouse.sql import spread

Floats = NDArray[np.float64]
_DIGITS = 6


def read_comparable(connection: duckdb.DuckDBPyConnection, run: Run, spec: ModelSpec) -> dict[str, Version]:
    """The versions that answer the question of the run's parameters: what a run with others said is another story."""
    asked = describe_parameters(run, spec)
    found = read_versions(connection, spec.name)
    return {version.model_version: version for version in found if version.parameters == asked}


def choose_scored_days(
    connection: duckdb.DuckDBPyConnection, run: Run, spec: ModelSpec, versions: Collection[str]
) -> list[ScoredDay]:
    """The first scored day of each week of the grid (its Monday, where a shop runs daily) whose labels are known."""
    rows = connection.execute(
        f"""
        select as_of_date, model_version
        from {SCORINGS}
        where model_name = ? and is_champion and list_contains(?, model_version) and as_of_date <= ?
            and customers_scored > 0
        order by as_of_date desc
        """,
        [spec.name, list(versions), run.as_of_date - timedelta(days=spec.days_to_maturity(run.parameters))],
    ).fetchall()
    first_of_week = {(day - GRID_EPOCH).days // 7: ScoredDay(day, version) for day, version in rows}
    return sorted(first_of_week.values())


def back_test(
    connection: duckdb.DuckDBPyConnection, run: Run, spec: ModelSpec, version: Version, scored: ScoredDay
) -> Performance:
    """What the version said on the day, held against what happened; the labels of the day must have been built since."""
    churned, risk = _read_outcomes(connection, spec, scored)
    promised = version.measures.promised_auc
    found = _compare(churned, risk, version, spec) if 0 < churned.sum() < len(churned) else None
    judgement = _judge(churned, risk, found, promised, spec.monitoring)
    base_rate, mean_risk = (float(values.mean()) if len(values) else None for values in (churned, risk))
    metrics = found.metrics if found else None
    return Performance(
        as_of_date=scored.day + timedelta(days=spec.days_to_maturity(run.parameters)),
        model_name=spec.name,
        model_version=version.model_version,
        scored_date=scored.day,
        horizon_days=run.parameters.integer(spec.horizon),
        customers=len(churned),
        base_rate=_round(base_rate),
        mean_risk=_round(mean_risk),
        calibration_gap=_round(mean_risk - base_rate if base_rate is not None and mean_risk is not None else None),
        gap_by_chance=_round(gap_by_chance(risk) if len(risk) else None),
        promised_auc=promised,
        auc=_round(found.auc.value if found else None),
        auc_low=_round(found.auc.low if found else None),
        auc_high=_round(found.auc.high if found else None),
        pr_auc=_round(metrics.pr_auc if metrics else None),
        lift_10=_round(metrics.lift_10 if metrics else None),
        log_loss=_round(metrics.log_loss if metrics else None),
        base_log_loss=_round(found.base_log_loss if found else None),
        brier=_round(metrics.brier if metrics else None),
        ece=_round(metrics.ece if metrics else None),
        ece_by_chance=_round(metrics.ece_by_chance if metrics else None),
        status=judgement.status,
        is_failing=False,
        reason=judgement.reason,
    )


def _compare(churned: Floats, risk: Floats, version: Version, spec: ModelSpec) -> Comparison:
    return compare(churned, risk, version.base_rate, spec.test_days.chance_samples, spec.lightgbm.seed)


def _judge(
    churned: Floats, risk: Floats, found: Comparison | None, promised: float | None, limits: Monitoring
) -> Judgement:
    too_few = explain_too_few(churned, limits)
    if found is None or too_few:
        return Judgement("not_judged", too_few)
    return judge_back_test(found, gap_by_chance(risk), promised, limits)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _read_outcomes(connection: duckdb.DuckDBPyConnection, spec: ModelSpec, scored: ScoredDay) -> tuple[Floats, Floats]:
    """Whether each customer churned, and the risk that was said, by customer; large shops sampled by customer.

    Those whose outcome never becomes known, deleted within the horizon, are left out; so are those under treatment, where
    the model does not learn from them either.
    """
    who = "and not coalesce(labels.is_treated, false)" if spec.training_days.treated == "leave_out" else ""
    rows = connection.execute(
        f"""
        with joined as (
            select predictions.customer_id, predictions.churn_risk, labels.is_churned, count(*) over () as rows_joined
            from {PREDICTIONS} as predictions
            inner join labels.{spec.label} as labels
                on predictions.customer_id = labels.customer_id and predictions.as_of_date = labels.as_of_date
            where predictions.as_of_date = $day and predictions.model_name = $name
                and predictions.model_version = $version and labels.is_churned is not null
                {who}
        )
        select cast(is_churned as double) as churned, churn_risk
        from joined
        where {spread("customer_id")} * rows_joined < 4294967296 * $max_rows
        order by customer_id
        """,
        {"day": scored.day, "name": spec.name, "version": scored.model_version, "max_rows": spec.monitoring.max_rows},
    ).fetchnumpy()
    return rows["churned"].astype(np.float64), rows["churn_risk"].astype(np.float64)
