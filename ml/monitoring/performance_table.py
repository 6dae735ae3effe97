"""The table quality.model_performance, published as `model_performance`: one row per model version and scored day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

import duckdb

from ml.monitoring.performance import Status
from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.records import KEY, SqlType, Table, insert_rows, read_rows


@dataclass(frozen=True, order=True)
class ScoredDay:
    """A day, and the version that was champion on it."""

    day: date
    model_version: str


@dataclass(frozen=True)
class Performance:
    """One back-test: a row of the table. What cannot be measured of its customers is None."""

    as_of_date: Annotated[date, "The day from which the outcomes were known: horizon and lateness after scored_date."]
    model_name: Annotated[str, "The model spec.", KEY]
    model_version: Annotated[str, "The version that was champion on scored_date.", KEY]
    scored_date: Annotated[date, "The day whose scores are held against what happened.", KEY]
    horizon_days: Annotated[int, "Days the scores looked ahead.", SqlType("integer")]
    customers: Annotated[int, "Customers with a score and a known outcome; large shops are sampled by customer."]
    base_rate: Annotated[float | None, "Share of them that churned."]
    mean_risk: Annotated[float | None, "Mean churn risk that was said."]
    calibration_gap: Annotated[float | None, "mean_risk less base_rate: calibration in the large."]
    gap_by_chance: Annotated[float | None, "What a perfect model's gap, either way, stays within in 19 of 20 cases."]
    promised_auc: Annotated[
        float | None, "Mean AUC of the back-tests when the version was trained; NULL where it was not judged."
    ]
    auc: Annotated[
        float | None,
        "Area under the ROC curve; this and the measures after it are NULL where nobody churned, or everybody.",
    ]
    auc_low: Annotated[float | None, "Lower end of its 95 % interval."]
    auc_high: Annotated[float | None, "Upper end of its 95 % interval."]
    pr_auc: Annotated[float | None, "Area under the precision-recall curve."]
    lift_10: Annotated[float | None, "Share churned in the riskiest tenth divided by base_rate."]
    log_loss: Annotated[float | None, "Mean log-loss."]
    base_log_loss: Annotated[float | None, "Log-loss of saying the base rate of training to everyone."]
    brier: Annotated[float | None, "Mean squared error of the risk."]
    ece: Annotated[float | None, "Expected calibration error in ten bins of equal count."]
    ece_by_chance: Annotated[float | None, "What a perfect model's stays below in 19 of 20 cases."]
    status: Annotated[Status, "passed, warning, failed, or not_judged where too few customers churned or stayed."]
    is_failing: Annotated[
        bool, "Whether this back-test failed and the judged one before it too: the model is to be trained again."
    ]
    reason: Annotated[str | None, "What did not hold, or why nothing is judged; NULL where it passed."]

    @property
    def said(self) -> ScoredDay:
        return ScoredDay(self.scored_date, self.model_version)


MODEL_PERFORMANCE = Table(
    "quality.model_performance",
    Performance,
    "One row per model version and scored day whose outcomes are known: what the model said of the day's customers, "
    "held against what they did. The first scored day of each week is held so.",
)


def read_performances(
    connection: duckdb.DuckDBPyConnection, model_name: str, versions: Iterable[str]
) -> list[Performance]:
    """The rows of these versions of a model, by scored day."""
    rows = "where model_name = ? and list_contains(?, model_version) order by scored_date, model_version"
    return read_rows(connection, MODEL_PERFORMANCE, rows, [model_name, list(versions)])


def replace_performances(
    connection: duckdb.DuckDBPyConnection, model_name: str, versions: Iterable[str], rows: Sequence[Performance]
) -> None:
    """Put the rows in the place of what these versions had."""
    with transaction(connection):
        connection.execute(
            f"delete from {MODEL_PERFORMANCE} where model_name = ? and list_contains(?, model_version)",
            [model_name, list(versions)],
        )
        insert_rows(connection, MODEL_PERFORMANCE, rows)


def mark_failing(rows: Iterable[Performance]) -> list[Performance]:
    """The rows by scored day, with is_failing where a back-test and the judged one before it, of whichever version, failed."""
    marked: list[Performance] = []
    has_failed_before = False
    for row in sorted(rows, key=lambda row: (row.scored_date, row.model_version)):
        has_failed = row.status == "failed"
        marked.append(replace(row, is_failing=has_failed and has_failed_before))
        if row.status != "not_judged":
            has_failed_before = has_failed
    return marked
