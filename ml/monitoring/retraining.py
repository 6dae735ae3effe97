"""When a model is to be trained again: none may speak, its champion has failed twice, or a week is over."""

from collections.abc import Mapping
from datetime import timedelta

import duckdb

from features import registry
from features.registry import Feature
from features.snapshots import is_on_grid
from ml.misfit import find_misfit
from ml.monitoring.matured import read_comparable
from ml.monitoring.performance_table import MODEL_PERFORMANCE, Performance, read_performances
from ml.promote import find_champion, find_waiting, has_champion
from ml.spec import ModelSpec, load_specs
from ml.versions import Version
from wellkept.deployment.errors import NotDueError
from wellkept.deployment.log import get_logger
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect
from wellkept.warehouse.records import ensure_table

log = get_logger(__name__)

_WEEK = timedelta(days=7)


def needs_training(run: Run) -> bool:
    """Whether a model has no champion on the run's day, or one that failed two back-tests in a row.

    Where a person approves, a version of the last week that waits for them is training enough.
    """
    return not _has_one(run) or bool(_find_failing(run))


def ask_for_training(run: Run) -> dict[str, str]:
    """Why models are to be trained on the run's day, by model; a NotDueError where none is.

    Besides what `needs_training` says, every Monday those are that were not trained as of that day.
    """
    failing = _find_failing(run)
    champions = {} if _has_one(run) else {"champion": "a model has none that may speak"}
    due = {**champions, **_find_week_over(run), **failing}
    if not due:
        raise NotDueError(
            f"no training is due on {run.as_of_date}: every champion holds (the weekly training is on Mondays, once)"
        )
    log.info("to be trained on %s: %s", run.as_of_date, "; ".join(f"{name}: {why}" for name, why in due.items()))
    return due


def _has_one(run: Run) -> bool:
    """Whether every model has a champion, or one that a person has had no week yet to approve."""
    return has_champion(run) or (run.needs_approval and bool(find_waiting(run, within=_WEEK)))


def _find_failing(run: Run) -> dict[str, str]:
    """Models whose champion has failed twice by the run's day and that were not trained since, with the reason."""
    known = registry.load_by_name()
    reasons = {spec.name: _explain_failing(run, spec, known) for spec in load_specs()}
    return {name: reason for name, reason in reasons.items() if reason}


def _explain_failing(run: Run, spec: ModelSpec, known: Mapping[str, Feature]) -> str | None:
    champion = find_champion(run, spec, known)
    with connect(run, f"looking whether {spec.name} keeps what it promised") as connection:
        failing = _read_failing(connection, run, spec)
        versions = _read_trained(connection, run, spec)
    if champion is None or failing is None or failing.model_version != champion.model_version:
        return None
    since = [version for version in versions if version.trained_as_of >= failing.as_of_date]
    if any(find_misfit(run, spec, version, known) is None for version in since):
        return None  # what failed is among the labels that one learned from
    return f"{champion.model_version} failed two back-tests in a row, the last that of {failing.scored_date}"


def _find_week_over(run: Run) -> dict[str, str]:
    if not is_on_grid(run.as_of_date):
        return {}
    due = {}
    for spec in load_specs():
        with connect(run, f"looking when {spec.name} was trained") as connection:
            versions = _read_trained(connection, run, spec)
        if all(version.trained_as_of < run.as_of_date for version in versions):
            due[spec.name] = "a week is over"
    return due


def _read_failing(connection: duckdb.DuckDBPyConnection, run: Run, spec: ModelSpec) -> Performance | None:
    """The last judged back-test known by the run's day, if that and the one before failed."""
    ensure_table(connection, MODEL_PERFORMANCE)
    rows = read_performances(connection, spec.name, read_comparable(connection, run, spec))
    judged = [row for row in rows if row.as_of_date <= run.as_of_date and row.status != "not_judged"]
    return judged[-1] if judged and judged[-1].is_failing else None


def _read_trained(connection: duckdb.DuckDBPyConnection, run: Run, spec: ModelSpec) -> list[Version]:
    found = read_comparable(connection, run, spec).values()
    return [version for version in found if version.trained_as_of <= run.as_of_date]
