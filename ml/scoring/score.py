"""Write what each model says of the day's customers: scores.predictions, and scores.scorings with what holds for all of them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features import registry
from features.registry import Feature
from ml.kinds.tree_tables import hasten
from ml.predictions import Scoring, clear_scoring, ensure_prediction_tables, replace_scoring
from ml.promote import choose_champion
from ml.scoring.changes import compare
from ml.scoring.ranking import rank
from ml.scoring.score_reasons import REASONS, attribute_cheaply, attribute_exactly, explain
from ml.scoring.score_rows import Customers, Scored, list_customers, score_rows
from ml.spec import ModelSpec, load_specs
from ml.value.tables import ensure_tables as ensure_value_tables
from ml.versions import Version, load_model
from wellkept.deployment.clock import utc_now
from wellkept.deployment.log import get_logger
from wellkept.runs.records import read_run
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

log = get_logger(__name__)

_ROWS_WRITTEN_AT_ONCE = 245_760
"""Two of DuckDB's row groups: what is said in words of so many fits in little memory."""


def score_all(run: Run) -> dict[str, Any]:
    """Score every customer due a risk on the run's day by each model's champion, in the place of that day's predictions.

    Without a champion the day's predictions are gone and `scores_missing_reason` says why; where an older version is
    champion because the newest does not fit, `passed_over` does. What is returned is of the first model; that of any
    other stands under its name.
    """
    known = registry.load_by_name()
    first, *others = [(spec.name, _score_spec(run, spec, known)) for spec in load_specs()]
    return {**first[1], **dict(others)}


def _score_spec(run: Run, spec: ModelSpec, known: Mapping[str, Feature]) -> dict[str, Any]:
    champion, passed_over = choose_champion(run, spec, known)
    if passed_over:
        log.warning("%s: %s", spec.name, passed_over)
    with connect(run, f"scoring {run.as_of_date} with {spec.name}") as connection:
        ensure_prediction_tables(connection)
        ensure_value_tables(connection)  # dbt reads them beside the predictions
        if champion is None:
            clear_scoring(connection, run.as_of_date, spec.name)
            return {"scores_missing_reason": _explain_missing(run, spec, passed_over)}
        said = _score_model(connection, run, spec, champion, known)
        return {**said, "passed_over": passed_over} if passed_over else said


def _explain_missing(run: Run, spec: ModelSpec, passed_over: str | None) -> str:
    steps = (read_run(run.home, run.run_id) or {}).get("steps", [])
    counts = [step.get("rows", {}) for step in steps]
    refusals = [rows.get("refused", {}).get(spec.name) or rows.get("skipped") for rows in counts]
    reasons = [
        f"no {spec.name} model was champion on {run.as_of_date}",
        passed_over,
        *[refusal for refusal in refusals if refusal][-1:],
    ]
    return "; ".join(reason for reason in reasons if reason)


def _score_model(
    connection: duckdb.DuckDBPyConnection, run: Run, spec: ModelSpec, champion: Version, known: Mapping[str, Feature]
) -> dict[str, Any]:
    day, model = run.as_of_date, hasten(load_model(run, champion))
    features = [known[name] for name in model.features]
    customers = list_customers(connection, spec, day)
    scores = score_rows(connection, customers.eligible, features, model, day)
    ranked = rank(scores.raw_scores, scores.risks, spec.risk_bands, spec.explained_customers)
    exact = attribute_exactly(model)
    for_the_rest = attribute_cheaply(model, run.settings.threads) if spec.explain_rest == "leaf_path" else None
    scored = Scored(day, customers.eligible, features, model, scores.risks, ranked["is_riskiest"].to_numpy())
    changes = compare(connection, champion, scored, exact)
    columns = {
        "customer_id": customers.eligible["customer_id"],
        "raw_score": pa.chunked_array([scores.raw_scores]),
        "churn_risk": pa.chunked_array([scores.risks]),
        **_columns_of(ranked),
        **_columns_of(changes.columns),
    }
    scoring = _describe(run, spec, champion, customers)
    explained = explain(connection, scored, exact, for_the_rest)
    replace_scoring(connection, scoring, _assemble(scoring, columns, explained))
    log.info("%s %s scored %d of %d customers", spec.name, champion.model_version, customers.scored, customers.known)
    said = {"customers": customers.known, "scored": customers.scored, "model_version": champion.model_version}
    return {**said, "changes_not_split_reason": changes.not_split_reason} if changes.not_split_reason else said


def _describe(run: Run, spec: ModelSpec, champion: Version, customers: Customers) -> Scoring:
    return Scoring(
        as_of_date=run.as_of_date,
        model_name=spec.name,
        model_version=champion.model_version,
        is_champion=True,
        population=spec.population,
        base_rate=champion.base_rate,
        horizon_days=run.parameters.integer(spec.horizon),
        feature_set_hash=champion.feature_set_hash,
        customers_scored=customers.scored,
        scored_at=utc_now().replace(tzinfo=None),
    )


def _assemble(
    scoring: Scoring, columns: Mapping[str, pa.ChunkedArray], explained: Iterable[pa.Table]
) -> Iterator[pa.Table]:
    """The predictions, a portion at a time: with reasons as these come by row number, then of the rest without."""
    is_left = np.full(scoring.customers_scored, True)
    for reasons in explained:
        numbers = reasons["row_number"].to_numpy()
        is_left[numbers] = False
        yield _portion(scoring, columns, numbers, _columns_of(reasons))
    left = np.flatnonzero(is_left)
    for start in range(0, len(left), _ROWS_WRITTEN_AT_ONCE):
        numbers = left[start : start + _ROWS_WRITTEN_AT_ONCE]
        yield _portion(scoring, columns, numbers, {one.name: pa.nulls(len(numbers), one.type) for one in REASONS})


def _portion(
    scoring: Scoring,
    columns: Mapping[str, pa.ChunkedArray],
    numbers: NDArray[np.int64],
    reasons: Mapping[str, pa.ChunkedArray],
) -> pa.Table:
    """Those of the customers with some row numbers."""
    of_all = {
        name: pa.repeat(getattr(scoring, name), len(numbers)) for name in ("as_of_date", "model_name", "model_version")
    }
    return pa.table({**of_all, **{name: column.take(numbers) for name, column in columns.items()}, **reasons})


def _columns_of(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))
