"""The table quality.score_drift, published as `score_drift`: one row per day and model."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import duckdb

from ml.monitoring.drift_table import Status
from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.records import KEY, Table, insert_rows, read_rows


@dataclass(frozen=True)
class ScoreDrift:
    """The scores of a day against those the champion gives its reference: a row of the table."""

    as_of_date: Annotated[date, "The day whose scores are measured.", KEY]
    model_name: Annotated[str, "The model spec.", KEY]
    model_version: Annotated[str, "The model's champion of the day."]
    psi: Annotated[float, "Population stability index of the raw score, over tenths of the reference."]
    expected_psi: Annotated[float, "What it would be on average without drift, so few rows being so much by chance."]
    mean_risk: Annotated[float, "Mean churn risk of the day's rows that were measured."]
    rows: Annotated[int, "The day's scores that were measured; large shops are sampled by customer."]
    reference_rows: Annotated[int, "Scores of the reference that were measured."]
    reference_from: Annotated[date, "First day of the reference."]
    reference_to: Annotated[date, "Last day of the reference."]
    is_season_matched: Annotated[
        bool, "Whether the reference is the same season a year before; else it is the training window."
    ]
    status: Annotated[Status, "stable, warning or critical, by the limits of the spec's block drift."]


SCORE_DRIFT = Table(
    "quality.score_drift",
    ScoreDrift,
    "One row per day and model: how far the day's scores lie from those the champion gives the customers it learned from.",
)


def read_newest(connection: duckdb.DuckDBPyConnection, model_name: str, day: date) -> ScoreDrift | None:
    """The model's last row up to the day."""
    newest = "where model_name = ? and as_of_date <= ? order by as_of_date desc limit 1"
    rows = read_rows(connection, SCORE_DRIFT, newest, [model_name, day])
    return rows[0] if rows else None


def replace_day(connection: duckdb.DuckDBPyConnection, day: date, model_name: str, drift: ScoreDrift | None) -> None:
    """Put the row in the place of what the day and model had; writing it again leaves the same row."""
    with transaction(connection):
        connection.execute(f"delete from {SCORE_DRIFT} where as_of_date = ? and model_name = ?", [day, model_name])
        insert_rows(connection, SCORE_DRIFT, [drift] if drift else [])
