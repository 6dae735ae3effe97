"""The table quality.model_performance, published as `model_performance`: one row per model version and scored day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

import duckdb

from ml.monitoring.performance import Status
from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.sql import comment_on, insert_records

TABLE = "quality.model_performance"


@dataclass(frozen=True, order=True)
class ScoredDay:
    """A day, and the version that spoke on it."""

    day: date
    model_version: str


@dataclass(frozen=True)
class Performance:
    """One back-test: a row of the table. What cannot be measured of its customers is None."""

    as_of_date: date
    model_name: str
    model_version: str
    scored_date: date
    horizon_days: int
    customers: int
    base_rate: float | None
    mean_risk: float | None
    calibration_gap: float | None
    gap_by_chance: float | None
    promised_auc: float | None
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    pr_auc: float | None
    lift_10: float | None
    log_loss: float | None
    base_log_loss: float | None
    brier: float | None
    ece: float | None
    ece_by_chance: float | None
    status: Status
    is_failing: bool
    reason: str | None

    @property
    def said(self) -> ScoredDay:
        return ScoredDay(self.scored_date, self.model_version)


_CREATE = f"""
create schema if not exists quality;
create table if not exists {TABLE} (
    as_of_date date not null,
    model_name varchar not null,
    model_version varchar not null,
    scored_date date not null,
    horizon_days integer not null,
    customers bigint not null,
    base_rate double,
    mean_risk double,
    calibration_gap double,
    gap_by_chance double,
    promised_auc double,
    auc double,
    auc_low double,
    auc_high double,
    pr_auc double,
    lift_10 double,
    log_loss double,
    base_log_loss double,
    brier double,
    ece double,
    ece_by_chance double,
    status varchar not null,
    is_failing boolean not null,
    reason varchar,
    primary key (model_name, model_version, scored_date)
);
"""
_DESCRIPTION = (
    "One row per model version and scored day whose outcomes are known: what the model said of the day's customers, held "
    "against what they did. The first scored day of each week is held so."
)
_DESCRIPTIONS = {
    "as_of_date": "The day from which the outcomes were known: horizon and lateness after scored_date.",
    "model_name": "The model spec.",
    "model_version": "The version that spoke on scored_date.",
    "scored_date": "The day whose scores are held against what happened.",
    "horizon_days": "Days the scores looked ahead.",
    "customers": "Customers with a score and a known outcome; large shops are sampled by customer.",
    "base_rate": "Share of them that churned.",
    "mean_risk": "Mean churn risk that was said.",
    "calibration_gap": "mean_risk less base_rate: calibration in the large.",
    "gap_by_chance": "What a perfect model's gap, either way, stays within in 19 of 20 cases.",
    "promised_auc": "Mean AUC of the back-tests when the version was trained; NULL where it was not judged.",
    "auc": "Area under the ROC curve; this and the measures after it are NULL where nobody churned, or everybody.",
    "auc_low": "Lower end of its 95 % interval.",
    "auc_high": "Upper end of its 95 % interval.",
    "pr_auc": "Area under the precision-recall curve.",
    "lift_10": "Share churned in the riskiest tenth divided by base_rate.",
    "log_loss": "Mean log-loss.",
    "base_log_loss": "Log-loss of saying the base rate of training to everyone.",
    "brier": "Mean squared error of the risk.",
    "ece": "Expected calibration error in ten bins of equal count.",
    "ece_by_chance": "What a perfect model's stays below in 19 of 20 cases.",
    "status": "passed, warning, failed, or not_judged where too few customers churned or stayed.",
    "is_failing": "Whether this back-test failed and the judged one before it too: the model is to be trained again.",
    "reason": "What did not hold, or why nothing is judged; NULL where it passed.",
}
_NAMES = [field.name for field in fields(Performance)]


def ensure_table(connection: duckdb.DuckDBPyConnection) -> None:
    """The table is there afterwards, described; empty where it was not."""
    connection.execute(_CREATE)
    comment_on(connection, TABLE, _DESCRIPTION, _DESCRIPTIONS)


def read_performances(
    connection: duckdb.DuckDBPyConnection, model_name: str, versions: Iterable[str]
) -> list[Performance]:
    """The rows of these versions of a model, by scored day."""
    rows = connection.execute(
        f"select {', '.join(_NAMES)} from {TABLE} where model_name = ? and list_contains(?, model_version) "
        "order by scored_date, model_version",
        [model_name, list(versions)],
    ).fetchall()
    return [Performance(*row) for row in rows]


def replace_performances(
    connection: duckdb.DuckDBPyConnection, model_name: str, versions: Iterable[str], rows: Sequence[Performance]
) -> None:
    """Put the rows in the place of what these versions had."""
    with transaction(connection):
        connection.execute(
            f"delete from {TABLE} where model_name = ? and list_contains(?, model_version)",
            [model_name, list(versions)],
        )
        insert_records(connection, TABLE, rows)


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
