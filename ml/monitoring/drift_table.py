"""The table quality.feature_drift, published as `feature_drift`: one row per day, model and feature."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import duckdb

from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.sql import comment_on, insert_records

TABLE = "quality.feature_drift"

Status = Literal["stable", "warning", "critical"]


@dataclass(frozen=True)
class FeatureDrift:
    """One feature of a day against its reference: a row of the table."""

    as_of_date: date
    model_name: str
    feature_name: str
    model_version: str
    is_used: bool
    psi: float
    expected_psi: float
    null_share: float
    reference_null_share: float
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
    feature_name varchar not null,
    model_version varchar not null,
    is_used boolean not null,
    psi double not null,
    expected_psi double not null,
    null_share double not null,
    reference_null_share double not null,
    rows bigint not null,
    reference_rows bigint not null,
    reference_from date not null,
    reference_to date not null,
    is_season_matched boolean not null,
    status varchar not null,
    primary key (as_of_date, model_name, feature_name)
);
"""
_DESCRIPTION = (
    "One row per day, model and feature: how far the day's eligible customers lie from those the model's champion "
    "learned from. Features that move by themselves, of the calendar and of tenure, are left out."
)
_DESCRIPTIONS = {
    "as_of_date": "The day whose features are measured.",
    "model_name": "The model spec.",
    "feature_name": "The feature; `wellkept features describe` tells of it.",
    "model_version": "The model's champion of the day.",
    "is_used": "Whether that version reads the feature.",
    "psi": "Population stability index over deciles of the reference, NULL a bin of its own.",
    "expected_psi": "What it would be on average without drift: by chance, and as the reference's own days differ.",
    "null_share": "Share of the day's rows without a value.",
    "reference_null_share": "The same of the reference.",
    "rows": "The day's rows that were measured; large shops are sampled by customer.",
    "reference_rows": "Rows of the reference that were measured.",
    "reference_from": "First day of the reference.",
    "reference_to": "Last day of the reference.",
    "is_season_matched": "Whether the reference is the same season a year before; else it is the training window.",
    "status": "stable, warning or critical, by the thresholds of the model's spec.",
}


def replace_day(
    connection: duckdb.DuckDBPyConnection, day: date, model_name: str, drifts: Sequence[FeatureDrift]
) -> None:
    """Put the rows in the place of what the day and model had; writing them again leaves the same rows."""
    with transaction(connection):
        _ensure_table(connection)
        connection.execute(f"delete from {TABLE} where as_of_date = ? and model_name = ?", [day, model_name])
        insert_records(connection, TABLE, drifts)


def _ensure_table(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(_CREATE)
    comment_on(connection, TABLE, _DESCRIPTION, _DESCRIPTIONS)
