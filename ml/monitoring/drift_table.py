"""The table quality.feature_drift, published as `feature_drift`: one row per day, model and feature."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import duckdb

from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.records import KEY, Table, ensure_table, insert_rows

Status = Literal["stable", "warning", "critical"]


@dataclass(frozen=True)
class FeatureDrift:
    """One feature of a day against its reference: a row of the table."""

    as_of_date: Annotated[date, "The day whose features are measured.", KEY]
    model_name: Annotated[str, "The model spec.", KEY]
    feature_name: Annotated[str, "The feature; `wellkept features describe` says what it is.", KEY]
    model_version: Annotated[str, "The model's champion of the day."]
    is_used: Annotated[bool, "Whether that version reads the feature."]
    psi: Annotated[float, "Population stability index over deciles of the reference, NULL a bin of its own."]
    expected_psi: Annotated[
        float, "What it would be on average without drift: by chance, and as the reference's own days differ."
    ]
    null_share: Annotated[float, "Share of the day's rows without a value."]
    reference_null_share: Annotated[float, "The same of the reference."]
    rows: Annotated[int, "The day's rows that were measured; large shops are sampled by customer."]
    reference_rows: Annotated[int, "Rows of the reference that were measured."]
    reference_from: Annotated[date, "First day of the reference."]
    reference_to: Annotated[date, "Last day of the reference."]
    is_season_matched: Annotated[
        bool, "Whether the reference is the same season a year before; else it is the training window."
    ]
    status: Annotated[Status, "stable, warning or critical, by the thresholds of the model's spec."]


FEATURE_DRIFT = Table(
    "quality.feature_drift",
    FeatureDrift,
    "One row per day, model and feature: how far the day's eligible customers lie from those the model's champion "
    "learned from. Features that move by themselves, of the calendar and of tenure, are left out.",
)


def replace_day(
    connection: duckdb.DuckDBPyConnection, day: date, model_name: str, drifts: Sequence[FeatureDrift]
) -> None:
    """Put the rows in the place of what the day and model had; writing them again leaves the same rows."""
    with transaction(connection):
        ensure_table(connection, FEATURE_DRIFT)
        connection.execute(f"delete from {FEATURE_DRIFT} where as_of_date = ? and model_name = ?", [day, model_name])
        insert_rows(connection, FEATURE_DRIFT, drifts)
