"""Monitoring: what was said of past days against what happened, whether today's scores look as in training, alarms."""

from datetime import timedelta
from typing import Any

from features import registry
from features.build import build_days
from ml.monitoring import drift, score_drift
from ml.monitoring.alarms import Alarm, find_critical_drift, report_drift, report_failures, send_alarms
from ml.monitoring.matured import back_test, choose_scored_days, read_comparable
from ml.monitoring.performance_table import (
    MODEL_PERFORMANCE,
    Performance,
    mark_failing,
    read_performances,
    replace_performances,
)
from ml.monitoring.score_drift_table import SCORE_DRIFT, replace_day
from ml.predictions import ensure_prediction_tables
from ml.promote import find_champion
from ml.spec import ModelSpec, load_specs
from ml.versions import load_model
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect
from wellkept.warehouse.records import ensure_table


def monitor_all(run: Run, is_again: bool = False) -> dict[str, Any]:
    """Measure the drift of the day's features and scores, back-test every scored day that has matured, raise alarms.

    A back-test is made once and kept; `is_again` makes all anew. Nothing that became known after the run's day is
    read, and the same day again gives the same rows.
    """
    drifts = drift.measure_all(run)
    made: list[Performance] = []
    alarms: list[Alarm] = []
    for spec in load_specs():
        fresh = _back_test_matured(run, spec, is_again)
        made += fresh
        alarms += [*report_failures(fresh), *_measure_drift(run, spec)]
    send_alarms(run, alarms)
    failed = [row for row in made if row.status == "failed"]
    return {**drifts, "back_tests": len(made), "failed_back_tests": len(failed), "alarms": len(alarms)}


def _back_test_matured(run: Run, spec: ModelSpec, is_again: bool) -> list[Performance]:
    """Those that this run made; rows of days that are no longer the first scored of their week go."""
    with connect(run, f"looking which scores of {spec.name} have matured by {run.as_of_date}") as connection:
        ensure_prediction_tables(connection)
        ensure_table(connection, MODEL_PERFORMANCE)
        versions = read_comparable(connection, run, spec)
        rows = read_performances(connection, spec.name, versions)
        scored = set(choose_scored_days(connection, run, spec, versions))
    kept = [row for row in rows if row.as_of_date > run.as_of_date or (row.said in scored and not is_again)]
    missing = sorted(scored - {row.said for row in kept})
    if missing:
        build_days(run, [one.day for one in missing], [spec.label])
    with connect(run, f"back-testing {spec.name} on {run.as_of_date}") as connection:
        made = [back_test(connection, run, spec, versions[one.model_version], one) for one in missing]
        marked = mark_failing([*kept, *made])
        replace_performances(connection, spec.name, versions, marked)
    return [row for row in marked if row.said in missing]


def _measure_drift(run: Run, spec: ModelSpec) -> list[Alarm]:
    """Put the drift of the day's scores on record; alarms for what drifts critically now and did not before."""
    champion = find_champion(run, spec, registry.load_by_name())
    day = run.as_of_date
    with connect(run, f"measuring the drift of the scores of {day} for {spec.name}") as connection:
        ensure_table(connection, SCORE_DRIFT)
        model = load_model(run, champion) if champion else None
        measured = score_drift.measure(connection, day, spec, champion, model) if champion and model else None
        replace_day(connection, day, spec.name, measured)
        before, now = (find_critical_drift(connection, upto, spec.name) for upto in (day - timedelta(days=1), day))
    return report_drift(spec.name, day, before, now)
