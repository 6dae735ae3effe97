"""Monitoring: past scores against what happened, each week once, with nothing from after the run's day; who is trained again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from ml.evaluate import Metrics
from ml.measures import Measures
from ml.monitoring.monitor import monitor_all
from ml.monitoring.performance_table import Performance, mark_failing
from ml.monitoring.retraining import ask_for_training, needs_training
from ml.predictions import PREDICTIONS, SCORINGS, Scoring, clear_scoring, ensure_prediction_tables
from ml.promote import describe_parameters
from ml.spec import ModelSpec
from ml.versions import PROMOTIONS, VERSIONS, ensure_version_tables, hash_features
from tests.unit.ml.conftest import read
from wellkept.deployment.errors import NotDueError
from wellkept.runs.run import Run
from wellkept.warehouse.records import insert_rows

pytestmark = pytest.mark.slow

Floats = NDArray[np.float64]
MONDAY = date(2026, 1, 5)
MATURITY = timedelta(days=91)
METRICS = Measures(winner="lightgbm", means={"lightgbm": Metrics(400, 0.3, 0.3, 0.82, *[0.5] * 7)}).to_text()
ROWS = "select scored_date, model_version, status, is_failing from quality.model_performance order by all"


def draw(customers: int = 400, seed: int = 1) -> tuple[Floats, Floats]:
    """Who churned, and an honest risk."""
    generator = np.random.default_rng(seed)
    risk = 1 / (1 + np.exp(-generator.normal(0.0, 1.6, customers)))
    return (generator.random(customers) < risk).astype(float), risk


def shuffled(customers: int = 400, seed: int = 1) -> tuple[Floats, Floats]:
    churned, risk = draw(customers, seed)
    return churned, np.random.default_rng(seed).permutation(risk)


def say(run: Run, day: date, outcomes: tuple[Floats, Floats], version: str = "v1") -> None:
    """The scores of a day, and what became of its customers."""
    churned, risk = outcomes
    names = [f"c{number:05}" for number in range(len(churned))]
    rows = pa.table({"customer_id": names, "churn_risk": risk, "is_churned": churned > 0})
    with duckdb.connect(str(run.home.warehouse)) as connection:
        ensure_prediction_tables(connection)
        clear_scoring(connection, day, "churn_risk")
        connection.execute("delete from labels.label_customer__purchase_churn where as_of_date = ?", [day])
        connection.execute(
            f"insert into {PREDICTIONS} by name select customer_id, $day::date as as_of_date, 'churn_risk' as model_name, "
            "$version as model_version, churn_risk, ln(churn_risk / (1 - churn_risk)) as raw_score, 1 as risk_decile "
            "from rows",
            {"day": day, "version": version},
        )
        insert_rows(
            connection,
            SCORINGS,
            [
                Scoring(
                    day,
                    "churn_risk",
                    version,
                    True,
                    "int_few",
                    0.5,
                    90,
                    "x",
                    len(names),
                    datetime.fromisoformat("2026-01-01"),
                )
            ],
        )
        connection.execute(
            "insert into labels.label_customer__purchase_churn by name select customer_id, ?::date as as_of_date, is_churned "
            "from rows",
            [day],
        )
    assert rows.num_rows


def record(run: Run, spec: ModelSpec, version: str, trained_as_of: date = MONDAY, **changed: Any) -> None:
    """A version on record as of a day, as far as monitoring looks at one."""
    with duckdb.connect(str(run.home.warehouse)) as connection:
        ensure_version_tables(connection)
        described = connection.execute(f'select column_name, column_type, "null" from (describe {VERSIONS})').fetchall()
        fillers: dict[str, Any] = {"VARCHAR": "x", "DATE": "2025-06-01", "TIMESTAMP": "2025-06-01", "DOUBLE": 0.5}
        row = {name: fillers.get(kind, 0) for name, kind, nullable in described if nullable == "NO"}
        row |= {"model_name": spec.name, "model_version": version, "trained_as_of": trained_as_of, "metrics": METRICS}
        row |= {"parameters": describe_parameters(run, spec), "features": "[]"}
        row |= {"feature_set_hash": hash_features([], {}, run), **changed}
        places = ", ".join("?" for _ in row)
        connection.execute(f"insert into {VERSIONS} ({', '.join(row)}) values ({places})", list(row.values()))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[date]]:
    """The days whose labels were asked for, a list a time; dbt is left out."""
    asked: list[list[date]] = []
    monkeypatch.setattr("ml.monitoring.monitor.build_days", lambda run, days, tables: asked.append(list(days)))
    return asked


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the webhook got."""
    told: list[str] = []

    def send(webhook: str, *, model: str, as_of_date: str, run_id: str, reason: str) -> bool:
        told.append(f"{model} {as_of_date}: {reason}")
        return True

    monkeypatch.setattr("ml.monitoring.alarms.send_warning", send)
    return told


@pytest.fixture
def monitored(
    run_of: Callable[..., Run], spec: ModelSpec, asked: list[list[date]], monkeypatch: pytest.MonkeyPatch
) -> Callable[[date], Run]:
    """A run on any day of a shop with one version on record; no version may speak, so no drift is measured."""
    first = run_of(MONDAY.isoformat())
    first.home.root.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(first.home.warehouse)) as connection:
        connection.execute("create schema labels")
        connection.execute(
            "create table labels.label_customer__purchase_churn (customer_id varchar, as_of_date date, is_churned boolean)"
        )
    record(first, spec, "v1")
    monkeypatch.setattr("features.registry.load", lambda: [])
    for module in ("monitoring.monitor", "monitoring.drift", "monitoring.retraining", "promote"):
        monkeypatch.setattr(f"ml.{module}.load_specs", lambda: [spec])
    return lambda day: replace(first, as_of_date=day)


def test_honest_scores_pass_and_every_measure_is_there(monitored: Callable[[date], Run], told: list[str]) -> None:
    run = monitored(MONDAY + MATURITY)
    say(run, MONDAY, draw(1000))
    found = monitor_all(run)
    assert (found["back_tests"], found["failed_back_tests"], found["alarms"], told) == (1, 0, 0, [])
    [row] = read(run, "from quality.model_performance")
    columns = [str(name) for (name,) in read(run, "select column_name from (describe quality.model_performance)")]
    got = dict(zip(columns, row, strict=True))
    assert (got["status"], got["is_failing"], got["reason"]) == ("passed", False, None)
    assert (got["as_of_date"], got["scored_date"], got["customers"]) == (run.as_of_date, MONDAY, 1000)
    assert all(got[name] is not None for name in columns if name != "reason")
    assert read(
        run, "select count(*) from duckdb_columns() where table_name = 'model_performance' and comment is null"
    ) == [(0,)]


def test_two_failures_in_a_row_mark_the_second_and_each_is_told(
    monitored: Callable[[date], Run], told: list[str]
) -> None:
    for week, outcomes in enumerate([draw(), shuffled(), shuffled(seed=2)]):
        say(monitored(MONDAY), MONDAY + timedelta(weeks=week), outcomes)
    for week in range(3):
        monitor_all(monitored(MONDAY + MATURITY + timedelta(weeks=week)))
    assert [row[2:] for row in read(monitored(MONDAY), ROWS)] == [
        ("passed", False),
        ("failed", False),
        ("failed", True),
    ]
    assert len(told) == 2
    assert told[0].startswith("churn_risk 2026-04-13: what v1 said on 2026-01-12 did not come true: ")
    assert told[1].endswith("the back-test before failed too")


def test_nothing_that_was_known_later_is_read_and_each_day_is_judged_once(
    monitored: Callable[[date], Run], asked: list[list[date]]
) -> None:
    for week in range(3):
        say(monitored(MONDAY), MONDAY + timedelta(weeks=week), draw(seed=week))
    day_before = monitored(MONDAY + MATURITY - timedelta(days=1))
    assert monitor_all(day_before)["back_tests"] == 0
    assert monitor_all(monitored(MONDAY + MATURITY))["back_tests"] == 1
    later = monitored(MONDAY + MATURITY + timedelta(weeks=2))
    assert monitor_all(later)["back_tests"] == 2
    rows = read(later, "from quality.model_performance order by scored_date")
    assert monitor_all(later)["back_tests"] == monitor_all(day_before)["back_tests"] == 0
    assert asked == [[MONDAY], [MONDAY + timedelta(weeks=1), MONDAY + timedelta(weeks=2)]]
    assert monitor_all(later, is_again=True)["back_tests"] == 3
    assert read(later, "from quality.model_performance order by scored_date") == rows


def test_of_each_week_the_first_scored_day_is_taken(monitored: Callable[[date], Run]) -> None:
    run = monitored(MONDAY + MATURITY + timedelta(weeks=3))
    for day in (1, 3, 7, 8, 20):
        say(run, MONDAY + timedelta(days=day), draw(seed=day))
    monitor_all(run)
    assert [row[0] for row in read(run, ROWS)] == [MONDAY + timedelta(days=day) for day in (1, 7, 20)]
    say(run, MONDAY, draw(seed=99))  # scored after all
    monitor_all(run)
    assert [row[0] for row in read(run, ROWS)] == [MONDAY + timedelta(days=day) for day in (0, 7, 20)]


def test_one_class_or_too_few_are_not_judged_and_end_no_row_of_failures(monitored: Callable[[date], Run]) -> None:
    everybody = np.ones(400), draw()[1]
    days: Sequence[tuple[Floats, Floats]] = [shuffled(), everybody, draw(50), shuffled(seed=2)]
    for week, outcomes in enumerate(days):
        say(monitored(MONDAY), MONDAY + timedelta(weeks=week), outcomes)
    run = monitored(MONDAY + MATURITY + timedelta(weeks=3))
    monitor_all(run)
    rows = read(
        run, "select status, reason, auc is null, is_failing from quality.model_performance order by scored_date"
    )
    assert rows[1] == ("not_judged", "400 churned and 0 stayed, and 30 of each are needed", True, False)
    assert rows[2] == ("not_judged", "50 customers, and 200 are needed", False, False)
    assert (rows[3][0], rows[3][3]) == ("failed", True)


def test_what_was_said_with_other_parameters_is_not_held_against_these_labels(
    monitored: Callable[[date], Run], run_of: Callable[..., Run], spec: ModelSpec
) -> None:
    run = monitored(MONDAY + MATURITY)
    other = describe_parameters(run_of(MONDAY.isoformat(), horizon_days=60), spec)
    record(run, spec, "what_if", parameters=other)
    say(run, MONDAY, draw(), version="what_if")
    assert monitor_all(run)["back_tests"] == 0


def test_a_deleted_customer_counts_neither_way(monitored: Callable[[date], Run]) -> None:
    run = monitored(MONDAY + MATURITY)
    say(run, MONDAY, draw())
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.execute(
            "update labels.label_customer__purchase_churn set is_churned = null where customer_id < 'c00010'"
        )
    monitor_all(run)
    assert read(run, "select customers from quality.model_performance") == [(390,)]


def test_a_pass_between_two_failures_clears_the_row() -> None:
    blank = dict.fromkeys(Performance.__dataclass_fields__)
    row = Performance(**{**blank, "model_version": "v1", "is_failing": False})  # type: ignore[arg-type]
    statuses = ["failed", "warning", "failed", "not_judged", "failed", "failed"]
    rows = [
        replace(row, scored_date=MONDAY + timedelta(weeks=week), status=status)  # type: ignore[arg-type]
        for week, status in enumerate(statuses)
    ]
    assert [one.is_failing for one in mark_failing(rows[::-1])] == [False, False, False, False, True, True]


@pytest.fixture
def champion(monitored: Callable[[date], Run], spec: ModelSpec) -> Callable[[date], Run]:
    """The same shop, whose model v2 may speak from the first Monday on."""
    run = monitored(MONDAY)
    record(run, spec, "v2")
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.execute(f"insert into {PROMOTIONS} values (1, ?, 'v2', ?, 'r')", [spec.name, MONDAY])
    return monitored


def test_a_champion_that_failed_twice_is_to_be_trained_again_until_it_was(
    champion: Callable[[date], Run], spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.monitoring.monitor._measure_drift", lambda run, spec: [])  # v2 has no file
    for week in range(2):
        say(champion(MONDAY), MONDAY + timedelta(weeks=week), shuffled(seed=week), "v2")
    run = champion(MONDAY + MATURITY + timedelta(days=8))
    assert not needs_training(run), "nobody has looked yet"
    monitor_all(run)
    assert needs_training(run)
    assert ask_for_training(run) == {
        "churn_risk": "v2 failed two back-tests in a row, the last that of 2026-01-12",
    }
    assert not needs_training(champion(MONDAY + MATURITY + timedelta(days=6))), "the second was not known yet"
    record(run, spec, "unfit", trained_as_of=run.as_of_date, feature_set_hash="of features that are gone")
    assert needs_training(run)
    record(run, spec, "v3", trained_as_of=run.as_of_date)
    assert not needs_training(run)
    with pytest.raises(NotDueError, match=f"no training is due on {run.as_of_date}"):
        ask_for_training(run)


def test_a_champion_that_did_not_speak_on_the_days_that_failed_is_left_alone(
    champion: Callable[[date], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.monitoring.monitor._measure_drift", lambda run, spec: [])
    for week in range(2):
        say(champion(MONDAY), MONDAY + timedelta(weeks=week), shuffled(seed=week), "v1")
    run = champion(MONDAY + MATURITY + timedelta(days=8))
    assert monitor_all(run)["failed_back_tests"] == 2
    assert not needs_training(run)


def test_on_a_monday_a_training_is_due_unless_it_was_made(
    monitored: Callable[[date], Run], champion: Callable[[date], Run], spec: ModelSpec
) -> None:
    a_week_later = champion(MONDAY + timedelta(weeks=1))
    assert ask_for_training(a_week_later) == {"churn_risk": "a week is over"}
    with pytest.raises(NotDueError):
        ask_for_training(champion(MONDAY + timedelta(days=3)))
    record(a_week_later, spec, "v3", trained_as_of=a_week_later.as_of_date)
    with pytest.raises(NotDueError):
        ask_for_training(a_week_later)


def test_without_a_champion_a_training_is_due_every_day(monitored: Callable[[date], Run]) -> None:
    run = monitored(MONDAY + timedelta(days=3))
    assert needs_training(run)
    assert ask_for_training(run) == {"champion": "a model has none that may speak"}
