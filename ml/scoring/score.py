"""Write the day's churn risk of every customer back to the score table."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from features import registry
from features.registry import Feature
from ml.kinds.fitting import Fitted
from ml.kinds.tree_tables import hasten
from ml.promote import choose_champion
from ml.scoring.changes import compare
from ml.scoring.score_reasons import attribute_cheaply, attribute_exactly, explain
from ml.scoring.score_rows import predict, read_rows, scratch
from ml.scoring.scored_customers import list_customers, list_values, rank, replace_day
from ml.spec import ModelSpec, load_specs
from ml.tables import SCORES, ensure_tables
from ml.versions import Version, load_model
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.log import get_logger
from wellkept.runs.records import read_run
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect
from wellkept.warehouse.sql import count_rows

log = get_logger(__name__)


def score_all(run: Run) -> dict[str, Any]:
    """Score every customer known on the run's day with each model's champion, in the place of that day's rows.

    Without a champion the day's rows are gone and `scores_missing_reason` says why; where an older version speaks
    because the newest does not fit, `passed_over` does. What is told is of the first model; that of any other stands
    under its name.
    """
    known = registry.load_by_name()
    first, *others = [(spec.name, _score_spec(run, spec, known)) for spec in load_specs()]
    return {**first[1], **dict(others)}


def _score_spec(run: Run, spec: ModelSpec, known: Mapping[str, Feature]) -> dict[str, Any]:
    champion, passed_over = choose_champion(run, spec, known)
    if passed_over:
        log.warning("%s: %s", spec.name, passed_over)
    with connect(run, f"scoring {run.as_of_date} with {spec.name}") as connection:
        ensure_tables(connection)
        if champion is None:
            return {"scores_missing_reason": _clear_day(connection, run, spec, passed_over)}
        with scratch(connection):
            told = _score_model(connection, run, spec, champion, known)
        return {**told, "passed_over": passed_over} if passed_over else told


def _clear_day(connection: duckdb.DuckDBPyConnection, run: Run, spec: ModelSpec, passed_over: str | None) -> str:
    connection.execute(f"delete from {SCORES} where as_of_date = ? and model_name = ?", [run.as_of_date, spec.name])
    steps = (read_run(run.home, run.run_id) or {}).get("steps", [])
    counts = [step.get("rows", {}) for step in steps]
    told = [rows.get("refused", {}).get(spec.name) or rows.get("skipped") for rows in counts]
    reasons = [
        f"no {spec.name} model was champion on {run.as_of_date}",
        passed_over,
        *[said for said in told if said][-1:],
    ]
    return "; ".join(reason for reason in reasons if reason)


def _score_model(
    connection: duckdb.DuckDBPyConnection, run: Run, spec: ModelSpec, champion: Version, known: Mapping[str, Feature]
) -> dict[str, Any]:
    model = hasten(load_model(run, champion))
    features = [known[name] for name in model.features]
    list_customers(connection, spec, run.as_of_date)
    _predict(connection, run, features, model)
    rank(connection, spec)
    exact = attribute_exactly(model)
    for_the_rest = attribute_cheaply(model, run.settings.threads) if spec.explain_rest == "leaf_path" else None
    explain(connection, features, run.as_of_date, exact, for_the_rest)
    unsplit = compare(connection, champion, features, model, run.as_of_date, exact)
    list_values(connection, run.as_of_date)
    replace_day(connection, run, spec, champion)
    customers, scored = count_rows(connection, "scoring.listed"), count_rows(connection, "scoring.ranked")
    log.info("%s %s scored %d of %d customers", spec.name, champion.model_version, scored, customers)
    told = {"customers": customers, "scored": scored, "model_version": champion.model_version}
    return {**told, "changes_not_split_reason": unsplit} if unsplit else told


def _predict(connection: duckdb.DuckDBPyConnection, run: Run, features: Sequence[Feature], model: Fitted) -> None:
    eligible = "(select place, customer_id from scoring.listed where is_eligible)"
    predict(connection, "scoring.predicted", model, read_rows(connection, eligible, features, [run.as_of_date]))
    asked, found = count_rows(connection, eligible), count_rows(connection, "scoring.predicted")
    if asked != found:
        raise WellkeptError(
            f"{asked} customers are eligible on {run.as_of_date} and {found} have features: a feature table holds a "
            "customer twice on a day; build that day again: wellkept features backfill"
        )
