"""Alarms: what a person learns of a model at once, by the webhook; data_quality has it too, with the edition."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import duckdb

from ml.monitoring.drift_table import FEATURE_DRIFT
from ml.monitoring.performance_table import Performance
from ml.monitoring.score_drift_table import SCORE_DRIFT
from wellkept.deployment.alerts import send_warning
from wellkept.deployment.log import get_logger
from wellkept.runs.run import Run

log = get_logger(__name__)

_NAMED = 5
_SCORES = "its own scores"


@dataclass(frozen=True)
class Alarm:
    """What is wrong with a model, in a sentence that names no customer."""

    model_name: str
    reason: str


def report_failures(made: Iterable[Performance]) -> list[Alarm]:
    """One for each back-test that failed."""
    return [Alarm(row.model_name, _describe_failure(row)) for row in made if row.status == "failed"]


def find_critical_drift(connection: duckdb.DuckDBPyConnection, day: date, model_name: str) -> set[str]:
    """What drifts critically by the last measure up to the day: features that the model reads, and its own scores."""
    rows = connection.execute(
        f"""
        select feature_name
        from {FEATURE_DRIFT}
        where as_of_date = (select max(as_of_date) from {FEATURE_DRIFT} where model_name = $name and as_of_date <= $day)
            and model_name = $name and is_used and status = 'critical'
        union all
        select $scores
        from (
            select status from {SCORE_DRIFT}
            where model_name = $name and as_of_date <= $day
            order by as_of_date desc limit 1
        )
        where status = 'critical'
        """,
        {"name": model_name, "day": day, "scores": _SCORES},
    ).fetchall()
    return {name for (name,) in rows}


def report_drift(model_name: str, day: date, before: set[str], now: set[str]) -> list[Alarm]:
    """One for all that drifts critically and did not before."""
    found = sorted(now - before)
    if not found:
        return []
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    named = f"{', '.join(found[:_NAMED])}{more}"
    return [Alarm(model_name, f"on {day} the model sees what it has not learned from: {named}")]


def send_alarms(run: Run, alarms: Iterable[Alarm]) -> None:
    """Log each alarm and post it to the webhook, if one is set."""
    for alarm in alarms:
        log.warning("%s: %s", alarm.model_name, alarm.reason)
        send_warning(
            run.settings.alert_webhook,
            model=alarm.model_name,
            as_of_date=run.as_of_date.isoformat(),
            run_id=run.run_id,
            reason=alarm.reason,
        )


def _describe_failure(row: Performance) -> str:
    again = "; the back-test before failed too" if row.is_failing else ""
    return f"what {row.model_version} said on {row.scored_date} did not come true: {row.reason}{again}"
