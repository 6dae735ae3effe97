"""The table quality.score_drift, published as `score_drift`: one row per day and model."""

from dataclasses import dataclass, fields
from datetime import date

import duckdb

from ml.monitoring.drift_table import Status
from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.sql import comment_on, insert_records

TABLE = "quality.score_drift"


@dataclass(frozen=True)
class ScoreDrift:
    """The scores of a day against those the champion gives its reference: a row of the table."""

    as_of_date: date
    model_name: str
    model_version: str
    psi: float
    expected_psi: float
    mean_risk: float
    rows: int
    reference_rows: int
    reference_from: date
    reference_to: date
    is_season_matched: bool
    status: Status


_CREATE = f"""
create schema if not exists quality;
create table if not exists {TABLE} (
    as_of_date date not null,
    model_name varchar not null,
    model_version varchar not null,
    psi double not null,
    expected_psi double not null,
    mean_risk double not null,
    rows bigint not null,
    reference_rows bigint not null,
    reference_from date not null,
    reference_to date not null,
    is_season_matched boolean not null,
    status varchar not null,
    primary key (as_of_date, model_name)
);
"""
_DESCRIPTION = "One row per day and model: how far the day's scores lie from those the champion gives the customers it learned from."
_DESCRIPTIONS = {
    "as_of_date": "The day whose scores are measured.",
    "model_name": "The model spec.",
    "model_version": "The model's champion of the day.",
    "psi": "Population stability index of the raw score, over tenths of the reference.",
    "expected_psi": "What it would be on average without drift, so few rows being so much by chance.",
    "mean_risk": "Mean churn risk of the day's rows that were measured.",
    "rows": "The day's scores that were measured; large shops are sampled by customer.",
    "reference_rows": "Scores of the reference that were measured.",
    "reference_from": "First day of the reference.",
    "reference_to": "Last day of the reference.",
    "is_season_matched": "Whether the reference is the same season a year before; else it is the training window.",
    "status": "stable, warning or critical, by the limits of the spec's block drift.",
}
_NAMES = [field.name for field in fields(ScoreDrift)]


def ensure_table(connection: duckdb.DuckDBPyConnection) -> None:
    """The table is there afterwards, described; empty where it was not."""
    connection.execute(_CREATE)
    comment_on(connection, TABLE, _DESCRIPTION, _DESCRIPTIONS)


def read_newest(connection: duckdb.DuckDBPyConnection, model_name: str, day: date) -> ScoreDrift | None:
    """The model's last row up to the day."""
    row = connection.execute(
        f"select {', '.join(_NAMES)} from {TABLE} where model_name = ? and as_of_date <= ? "
        "order by as_of_date desc limit 1",
        [model_name, day],
    ).fetchone()
    return ScoreDrift(*row) if row else None


def replace_day(connection: duckdb.DuckDBPyConnection, day: date, model_name: str, drift: ScoreDrift | None) -> None:
    """Put the row in the place of what the day and model had; writing it again leaves the same row."""
    with transaction(connection):
        connection.execute(f"delete from {TABLE} where as_of_date = ? and model_name = ?", [day, model_name])
        insert_records(connection, TABLE, [drift] if drift else [])
