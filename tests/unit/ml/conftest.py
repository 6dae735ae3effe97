"""A small shop as training and scoring see it: feature and label tables of weekly days, without dbt."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from features.registry import Feature
from features.snapshots import weekly_days
from ml.spec import ModelSpec, load_spec
from wellkept.deployment.paths import MODEL_SPECS
from wellkept.runs.run import Run

DAY = date(2026, 3, 2)
LOADED_AHEAD = 14
"""Days after the run's own that are loaded too, so that a test may train as of a later one."""
FEATURES = {
    "days_since_last_order": "increasing",
    "orders_count_365d": "decreasing",
    "amount_365d": "decreasing",
    "own_gap_days": "none",
    "silence_in_own_gaps": "increasing",
}
CALENDAR = ("season_sin", "season_cos")
_SPEC = load_spec(MODEL_SPECS / "churn_risk" / "spec.yml")


@pytest.fixture
def drawn() -> None:
    """For a test that judges the pictures of cards and pages; the others need none, and each takes as long as a model."""


@pytest.fixture(autouse=True)
def _undrawn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr("ml.plots.svg", lambda figure: "<svg></svg>")


@pytest.fixture
def spec() -> ModelSpec:
    """The real spec with a handful of features and few trees."""
    return _SPEC.model_copy(
        update={
            "features": list(FEATURES),
            "explained_customers": 0,
            "lightgbm": _SPEC.lightgbm.model_copy(update={"rounds": 40, "min_data_in_leaf": 50}),
            "test_days": _SPEC.test_days.model_copy(update={"max_days": 3, "resamples": 60, "chance_samples": 20}),
            "choices": _SPEC.choices.model_copy(update={"max_days": 3, "min_span_days": 50}),
            "tuning": _SPEC.tuning.model_copy(update={"trials": 0}),
            "floor": _SPEC.floor.model_copy(update={"bg_nbd": []}),
            "segments": ["amount_365d"],
        }
    )


def make_rows(days: list[date], customers: int, seed: int = 1) -> pa.Table:
    """Customers whose risk hangs on silence measured in their own gaps, which an RFM regression cannot see."""
    generator = np.random.default_rng(seed)
    size = len(days) * customers
    gap = generator.choice([5.0, 90.0], size)
    since = generator.integers(1, 200, size).astype(float)
    risk = np.where(since / gap > 3, 0.85, 0.15)
    orders = generator.integers(1, 20, size)
    angle = np.repeat([2 * np.pi * (day.timetuple().tm_yday - 1) / 365.25 for day in days], customers)
    return pa.table(
        {
            "customer_id": [f"c{index % customers:04}" for index in range(size)],
            "as_of_date": pa.array(np.repeat(np.array(days, dtype="datetime64[D]"), customers)),
            "is_churned": generator.random(size) < risk,
            "is_treated": np.zeros(size, dtype=bool),
            "days_since_last_order": since,
            "orders_count_365d": orders,
            "amount_365d": orders * generator.uniform(5, 50, size),
            "own_gap_days": gap,
            "silence_in_own_gaps": since / gap,
            "season_sin": np.sin(angle),
            "season_cos": np.cos(angle),
        }
    )


def fill_warehouse(run: Run, rows: pa.Table, last_label: date) -> None:
    """The tables a training and a scoring read, with labels of days up to last_label."""
    run.home.root.mkdir(parents=True, exist_ok=True)
    names = ", ".join(FEATURES)
    with duckdb.connect(str(run.home.warehouse)) as connection:
        for schema in ("raw", "staging", "features", "labels", "intermediate", "quality"):
            connection.execute(f"create schema if not exists {schema}")
        connection.register("rows", rows)
        connection.execute(
            f"create or replace table features.feature_customer__orders as select customer_id, as_of_date, {names} from rows"
        )
        connection.execute(
            "create or replace table features.feature_customer__calendar as select customer_id, as_of_date, season_sin, season_cos from rows"
        )
        connection.execute(
            "create or replace table labels.label_customer__purchase_churn as select customer_id, as_of_date, "
            "case when as_of_date <= ? then is_churned end as is_churned, false as is_treated from rows",
            [last_label],
        )
        connection.execute(
            "create or replace table features.snapshots as select distinct as_of_date, unnest(["
            "'feature_customer__orders', 'feature_customer__calendar']) as table_name from rows"
        )
        connection.execute(
            "create or replace table staging.stg_customers as select distinct customer_id, "
            "if(customer_id < 'c0100', 'NL', 'DE') as country, date '2024-12-02' as known_from, date '9999-12-31' as known_to from rows"
        )
        connection.execute(
            "create or replace table raw.orders as select date '2024-12-01' as ordered_at, date '2024-12-02' as known_on"
        )
        connection.execute(
            "create or replace table raw.loads as select ?::date as as_of_date, 'files' as source, 'orders' as entity",
            [run.as_of_date + timedelta(days=LOADED_AHEAD)],
        )
        connection.execute(
            """
            create or replace table intermediate.int_customers_qualified as
            select customer_id, as_of_date, true as is_eligible, null::varchar as ineligible_reason from rows
            union all
            select 'gone', ?::date, false, 'already_gone'
            """,
            [run.as_of_date],
        )


@pytest.fixture
def shop(run_of: Callable[..., Run], spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run on DAY with a year of training days; dbt and MLflow are left out."""
    run = run_of(DAY.isoformat())
    fill_warehouse(run, make_rows([*training_days(), DAY], 300), training_days()[-1])
    known = [
        Feature(
            name,
            "feature_customer__calendar" if name in CALENDAR else "feature_customer__orders",
            "bigint" if name == "orders_count_365d" else "double",
            "It.",
            "ml",
            "-",
            None,
            None,
            monotone,
        )
        for name, monotone in [*FEATURES.items(), *((name, "none") for name in CALENDAR)]
    ]
    monkeypatch.setattr("ml.dataset.build_days", lambda run, days: [])
    monkeypatch.setattr("features.registry.load", lambda: known)
    monkeypatch.setattr("ml.mlflow_registry.register", lambda *arguments: None)
    for module in ("training.train", "promote", "scoring.score"):
        monkeypatch.setattr(f"ml.{module}.load_specs", lambda: [spec])
    return run


def training_days() -> list[date]:
    return weekly_days(date(2024, 12, 1) + timedelta(days=90), DAY - timedelta(days=91), 2)


def read(run: Run, query: str) -> list[tuple[object, ...]]:
    """Rows of the warehouse."""
    with duckdb.connect(str(run.home.warehouse)) as connection:
        return connection.execute(query).fetchall()


def write(run: Run, statement: str) -> None:
    """One statement on the warehouse."""
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.execute(statement)


def copy_home(run: Run, target: Path) -> Run:
    """The same run in a home of its own, with the same warehouse."""
    from dataclasses import replace
    from shutil import copytree

    from wellkept.deployment.paths import Home

    copytree(run.home.root, target)
    return replace(run, home=Home(target))
