"""Score drift: the day's scores against those the champion gives the customers it learned from."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from features.snapshots import weekly_days
from ml.monitoring import drift_table
from ml.monitoring.alarms import find_critical_drift, report_drift
from ml.monitoring.score_drift import measure
from ml.monitoring.score_drift_table import SCORE_DRIFT, ScoreDrift, replace_day
from ml.predictions import PREDICTIONS, ensure_prediction_tables
from ml.spec import load_specs
from ml.versions import Version
from wellkept.warehouse.records import ensure_table

Floats = NDArray[np.float64]
SPEC = load_specs()[0]
REFERENCE_DAYS = weekly_days(date(2025, 11, 1), date(2026, 1, 31))
A_DAY = date(2026, 3, 2)
TABLE = "feature_customer__shop"
_WINDOW = {"first_training_date": REFERENCE_DAYS[0], "last_training_date": REFERENCE_DAYS[-1]}
_BLANK: dict[str, Any] = {field.name: "" for field in fields(Version)}
CHAMPION = Version(
    **{**_BLANK, **_WINDOW, "training_days": len(REFERENCE_DAYS), "model_name": SPEC.name, "model_version": "v1"}
)


class Silence:
    """A model whose raw score is its one feature."""

    features = property(lambda self: ["silence"])

    def predict_raw(self, matrix: Floats) -> Floats:
        return matrix[:, 0]

    def contributions(self, matrix: Floats) -> Floats:
        return np.column_stack([matrix, np.zeros(len(matrix))])

    def to_text(self) -> str:
        return "silence"


def draw(customers: int, seed: int) -> Floats:
    return np.random.default_rng(seed).normal(0.0, 1.5, customers)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A reference of 300 customers on each of 13 days."""
    with duckdb.connect() as connection:
        for schema in ("features", "labels"):
            connection.execute(f"create schema {schema}")
        rows = pa.table(
            {
                "customer_id": [f"c{number}" for number in range(300)] * len(REFERENCE_DAYS),
                "as_of_date": [day for day in REFERENCE_DAYS for _ in range(300)],
                "silence": draw(300 * len(REFERENCE_DAYS), 1),
            }
        )
        connection.execute(f"create table features.{TABLE} as select * from rows")
        connection.execute(f"create table labels.{SPEC.label} as select customer_id, as_of_date from rows")
        connection.execute(
            f"create table features.snapshots as select distinct '{TABLE}' as table_name, as_of_date from rows"
        )
        assert rows.num_rows
        ensure_prediction_tables(connection)
        yield connection


def drift_of(connection: duckdb.DuckDBPyConnection, raw: Floats) -> ScoreDrift | None:
    """The drift of a day on which the champion gave these raw scores."""
    rows = pa.table({"customer_id": [f"c{number}" for number in range(len(raw))], "raw_score": raw})
    connection.execute(f"delete from {PREDICTIONS}")
    connection.execute(
        f"insert into {PREDICTIONS} by name select customer_id, $day::date as as_of_date, $name as model_name, "
        "'v1' as model_version, raw_score, 1 / (1 + exp(-raw_score)) as churn_risk, 1 as risk_decile from rows",
        {"day": A_DAY, "name": SPEC.name},
    )
    assert rows.num_rows == len(raw)
    return measure(connection, A_DAY, SPEC, CHAMPION, Silence())


def test_scores_as_in_training_are_stable_in_nearly_every_draw(connection: duckdb.DuckDBPyConnection) -> None:
    found = [drift_of(connection, draw(300, seed)) for seed in range(100, 140)]
    assert [one.status for one in found if one].count("stable") == 40
    assert found[0] is not None
    assert (found[0].rows, found[0].reference_rows, found[0].is_season_matched) == (300, 3900, False)
    assert (found[0].reference_from, found[0].reference_to) == (REFERENCE_DAYS[0], REFERENCE_DAYS[-1])


def test_scores_that_all_moved_up_are_critical(connection: duckdb.DuckDBPyConnection) -> None:
    found = drift_of(connection, draw(300, 99) + 1.5)
    assert found is not None
    assert found.status == "critical"
    assert found.psi > 0.5


def test_a_day_without_scores_has_no_row(connection: duckdb.DuckDBPyConnection) -> None:
    assert drift_of(connection, np.empty(0)) is None


def test_what_drifts_critically_is_told_on_the_first_day_only(connection: duckdb.DuckDBPyConnection) -> None:
    ensure_table(connection, SCORE_DRIFT)
    drift_table.replace_day(connection, A_DAY, SPEC.name, [])
    moved = drift_of(connection, draw(300, 99) + 1.5)
    assert moved is not None
    days = [A_DAY - timedelta(days=1), A_DAY, A_DAY + timedelta(days=1)]
    for day, status in zip(days, ("stable", "critical", "critical"), strict=True):
        row = replace(moved, as_of_date=day, status=status)  # type: ignore[arg-type]
        for _ in range(2):
            replace_day(connection, day, SPEC.name, row)
    critical = [find_critical_drift(connection, day, SPEC.name) for day in days]
    assert [len(found) for found in critical] == [0, 1, 1]
    [alarm] = report_drift(SPEC.name, A_DAY, critical[0], critical[1])
    assert alarm.reason == f"on {A_DAY} the model sees what it has not learned from: its own scores"
    assert report_drift(SPEC.name, days[2], critical[1], critical[2]) == []
