"""Drift: what changed is named, what chance does is not, and a season is held against the same season."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from features import registry
from features.registry import Feature
from features.snapshots import weekly_days
from ml.monitoring.drift import choose_reference, measure, measure_all
from ml.monitoring.drift_table import FeatureDrift
from ml.psi import cut_points, measure_stability
from ml.spec import ModelSpec, load_spec
from ml.training.train import train
from ml.versions import Version
from tests.unit.ml.conftest import CALENDAR, FEATURES, read
from wellkept.deployment.paths import MODEL_SPECS
from wellkept.runs.run import Run

TABLE = "feature_customer__shop"
TYPES = {"amount_365d": "double", "orders_count_30d": "bigint", "own_gap_days": "double", "is_subscriber": "boolean"}
REFERENCE_DAYS = weekly_days(date(2025, 11, 1), date(2026, 1, 31))
A_DAY = date(2026, 3, 2)


def champion(first: date, last: date, days: int) -> Version:
    """A version as far as drift looks at one."""
    of_text: dict[str, Any] = {field.name: "" for field in fields(Version)}
    window = {"first_training_date": first, "last_training_date": last, "training_days": days}
    return Version(**{**of_text, **window, "model_name": "churn_risk", "features": '["amount_365d"]'})


CHAMPION = champion(REFERENCE_DAYS[0], REFERENCE_DAYS[-1], len(REFERENCE_DAYS))
KNOWN = [Feature(name, TABLE, kind, "It.", "ml", "-", None, None, "none") for name, kind in TYPES.items()]


def draw(day: date, customers: int, seed: int) -> pa.Table:
    """A day of a shop: amounts, counts that are mostly 0, gaps that a third does not have, a flag."""
    generator = np.random.default_rng(seed)
    gaps = generator.gamma(2, 20, customers)
    has_no_gap = generator.random(customers) < 0.3
    return pa.table(
        {
            "customer_id": [f"c{number}" for number in range(customers)],
            "as_of_date": [day] * customers,
            "amount_365d": generator.lognormal(4, 1, customers),
            "orders_count_30d": generator.poisson(0.2, customers),
            "own_gap_days": pa.array(gaps, mask=has_no_gap),
            "is_subscriber": generator.random(customers) < 0.2,
        }
    )


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A reference of 400 customers on each of 13 days."""
    with duckdb.connect() as connection:
        for schema in ("features", "labels"):
            connection.execute(f"create schema {schema}")
        reference = pa.concat_tables([draw(day, 400, number) for number, day in enumerate(REFERENCE_DAYS)])
        connection.execute(f"create table features.{TABLE} as select * from reference")
        connection.execute(f"create table labels.{_SPEC.label} as select customer_id, as_of_date from reference")
        connection.execute(
            f"create table features.snapshots as select distinct '{TABLE}' as table_name, as_of_date from reference"
        )
        assert reference.num_rows
        yield connection


_SPEC = load_spec(MODEL_SPECS / "churn_risk" / "spec.yml")


def drift_of(connection: duckdb.DuckDBPyConnection, rows: pa.Table, changed: str = "*") -> dict[str, FeatureDrift]:
    """The drift of a day with these rows, by feature; `changed` is what is selected from them."""
    connection.execute(f"delete from features.{TABLE} where as_of_date = ?", [A_DAY])
    connection.execute(f"delete from labels.{_SPEC.label} where as_of_date = ?", [A_DAY])
    connection.execute(f"insert into features.{TABLE} by name select {changed} from rows")
    connection.execute(f"insert into labels.{_SPEC.label} select customer_id, as_of_date from rows")
    assert rows.num_rows
    return {drift.feature_name: drift for drift in measure(connection, A_DAY, _SPEC, CHAMPION, KNOWN)}


def statuses(drifts: dict[str, FeatureDrift]) -> dict[str, str]:
    return {name: drift.status for name, drift in drifts.items()}


def test_an_amount_in_another_unit_is_critical_and_nothing_else_is(connection: duckdb.DuckDBPyConnection) -> None:
    drifts = drift_of(connection, draw(A_DAY, 400, 99), "* replace (amount_365d * 100 as amount_365d)")
    assert statuses(drifts) == {**dict.fromkeys(TYPES, "stable"), "amount_365d": "critical"}
    assert drifts["amount_365d"].psi > 3
    assert [drift.is_used for drift in drifts.values()] == [True, False, False, False]


def test_the_same_distribution_is_stable_in_95_of_100_resamples_however_few_rows(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    drawn = [drift_of(connection, draw(A_DAY, 60, 1000 + seed)) for seed in range(100)]
    assert sum(set(statuses(drifts).values()) == {"stable"} for drifts in drawn) >= 95
    mean = np.mean([drifts["amount_365d"].psi for drifts in drawn])
    assert mean == pytest.approx(drawn[0]["amount_365d"].expected_psi, rel=0.25)
    assert mean > _SPEC.drift.warning_psi  # the reason for judging what is above chance


def test_a_source_that_stops_raises_the_share_without_a_value(connection: duckdb.DuckDBPyConnection) -> None:
    drift = drift_of(connection, draw(A_DAY, 400, 99), "* replace (null::double as own_gap_days)")["own_gap_days"]
    assert (drift.null_share, drift.status) == (1, "critical")
    assert drift.reference_null_share == pytest.approx(0.3, abs=0.02)


def test_a_few_more_without_a_value_is_a_warning(connection: duckdb.DuckDBPyConnection) -> None:
    tenth = "case when substr(customer_id, 2)::int % 10 > 0 then amount_365d end"
    drifts = drift_of(connection, draw(A_DAY, 400, 99), f"* replace ({tenth} as amount_365d)")
    assert drifts["amount_365d"].null_share == pytest.approx(0.1)
    assert statuses(drifts)["amount_365d"] in ("warning", "critical")


def test_a_source_that_was_not_there_when_the_model_learned_is_no_drift(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"update features.{TABLE} set own_gap_days = null")
    drift = drift_of(connection, draw(A_DAY, 400, 99))["own_gap_days"]
    assert (drift.reference_null_share, drift.status) == (1, "stable")
    assert drift.psi > 1


def test_a_flag_that_turns_and_a_count_that_comes_alive_are_seen(connection: duckdb.DuckDBPyConnection) -> None:
    changed = "* replace (not is_subscriber as is_subscriber, orders_count_30d + 1 as orders_count_30d)"
    found = statuses(drift_of(connection, draw(A_DAY, 400, 99), changed))
    assert (found["is_subscriber"], found["orders_count_30d"]) == ("critical", "critical")


def answer_a_monthly_letter(connection: duckdb.DuckDBPyConnection) -> None:
    """On each day of the reference three of four customers answered last when a letter was sent, on some fifth of a month."""
    months = "cast(hash(customer_id, as_of_date) % 3 as integer) + case when day(as_of_date) < 6 then 1 else 0 end"
    sent = f"cast(date_trunc('month', as_of_date) + interval 4 day - to_months({months}) as date)"
    connection.execute(
        f"update features.{TABLE} set own_gap_days = date_diff('day', {sent}, as_of_date) where hash(customer_id) % 4 > 0"
    )


@pytest.mark.parametrize(
    ("letters", "expected"), [(["2026-02-05", "2026-01-05", "2025-12-05"], "stable"), (["2025-07-05"], "critical")]
)
def test_a_day_is_no_drift_that_lies_no_further_than_the_days_of_the_reference_do(
    connection: duckdb.DuckDBPyConnection, letters: list[str], expected: str
) -> None:
    answer_a_monthly_letter(connection)
    sent = f"({letters}::date[])[1 + cast(hash(customer_id, 'now') % {len(letters)} as integer)]"
    gaps = f"case when hash(customer_id) % 4 > 0 then date_diff('day', {sent}, as_of_date) else own_gap_days end as own_gap_days"
    drift = drift_of(connection, draw(A_DAY, 400, 99), f"* replace ({gaps})")["own_gap_days"]
    assert drift.psi > _SPEC.drift.critical_psi, "a day has few values, and its reference many"
    assert drift.status == expected


def test_large_shops_are_sampled_by_customer(connection: duckdb.DuckDBPyConnection) -> None:
    few = _SPEC.model_copy(update={"drift": _SPEC.drift.model_copy(update={"max_rows": 200})})
    drift_of(connection, draw(A_DAY, 400, 99))
    for drift in measure(connection, A_DAY, few, CHAMPION, KNOWN):
        assert 120 < drift.rows < 280
        assert 50 < drift.reference_rows < 500


def test_ties_are_one_bin_and_what_lies_below_them_another() -> None:
    assert cut_points([0, 0, 0, 0, 0, 0, 1, 1, 3]) == [
        np.nextafter(0, -1),
        0,
        np.nextafter(1, 0),
        1,
        3,
    ]


def test_the_index_is_the_one_of_the_formula_and_finite_for_an_empty_bin() -> None:
    found = measure_stability([5000, 5000, 0], [6000, 4000, 0])
    assert found.psi == pytest.approx(0.1 * np.log(1.2) - 0.1 * np.log(0.8), rel=1e-3)
    assert found.expected_psi == pytest.approx(1 / 10000 + 1 / 10000)
    assert found.chance_limit == pytest.approx(10.83 * 2 / 10000, rel=0.05)  # chi-square, one degree of freedom
    assert measure_stability([100, 0], [0, 100]).psi < 20
    assert measure_stability([100], [50]).psi == 0


def reference_of(day: date, held: list[date], first: date, last: date) -> tuple[bool, date, date, int]:
    days = len(weekly_days(first, last, _SPEC.training_days.every_weeks))
    reference = choose_reference(day, held, champion(first, last, days), _SPEC)
    return reference.is_season_matched, reference.days[0], reference.days[-1], len(reference.days)


def test_a_day_is_held_against_the_same_season_a_year_before_where_the_history_reaches_across_it() -> None:
    first, last = date(2024, 9, 2), date(2026, 8, 3)
    held = weekly_days(first, date(2026, 11, 16))
    trained = [day for day in weekly_days(first, last, 2) if abs(day - date(2025, 11, 20)) <= timedelta(days=45)]
    assert reference_of(date(2026, 11, 20), held, first, last) == (True, trained[0], trained[-1], len(trained))


def test_a_history_that_begins_after_the_day_a_year_before_is_taken_whole() -> None:
    first, last = date(2025, 12, 1), date(2026, 8, 3)
    held = weekly_days(first, date(2026, 11, 16))
    assert reference_of(date(2026, 11, 20), held, first, last)[:3] == (False, first, weekly_days(first, last, 2)[-1])


def test_a_champion_of_long_ago_is_held_against_the_weekly_snapshots_since() -> None:
    first, last = date(2024, 1, 1), date(2025, 6, 2)
    held = weekly_days(first, date(2026, 11, 16))
    matched, earliest, latest, count = reference_of(date(2026, 11, 20), held, first, last)
    assert (matched, earliest, latest, count) == (True, date(2025, 10, 6), date(2025, 12, 29), 13)


def test_features_that_move_by_themselves_exist_and_are_left_out(connection: duckdb.DuckDBPyConnection) -> None:
    assert {*_SPEC.drift.moving_features, *_SPEC.calendar_features} <= {feature.name for feature in registry.load()}
    aside = _SPEC.model_copy(update={"calendar_features": ["amount_365d"]})
    drift_of(connection, draw(A_DAY, 400, 99))
    names = [drift.feature_name for drift in measure(connection, A_DAY, aside, CHAMPION, KNOWN)]
    assert names == ["orders_count_30d", "own_gap_days", "is_subscriber"]


@pytest.fixture
def measured_shop(shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A shop whose one model is the one of these tests."""
    monkeypatch.setattr("ml.monitoring.drift.load_specs", lambda: [spec])
    return shop


def test_without_a_champion_there_are_no_rows(measured_shop: Run) -> None:
    assert measure_all(measured_shop)["features_measured"] == 0
    assert read(measured_shop, "select count(*) from quality.feature_drift") == [(0,)]


def test_measuring_twice_leaves_the_same_rows_and_other_days_alone(measured_shop: Run) -> None:
    train(measured_shop)
    first = measure_all(measured_shop)
    rows = read(measured_shop, "from quality.feature_drift order by all")
    assert first == measure_all(measured_shop) == {"features_measured": 5, "warning_drifts": 0, "critical_drifts": 0}
    assert read(measured_shop, "from quality.feature_drift order by all") == rows
    assert {row[2] for row in rows} == {*FEATURES} - {*CALENDAR}
