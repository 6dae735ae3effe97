"""The door where data goes out."""

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import duckdb
import pytest

from expectations import gate
from expectations.gate import check_published
from expectations.suites import PublishedSuite, published_suites
from wellkept.deployment.errors import GateError
from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.definitions import group_names
from wellkept.project.yml import read_yml
from wellkept.runs.run import Run

pytestmark = pytest.mark.slow

RunSql = Callable[[str], None]

TABLES = """
create schema marts; create schema features; create schema scores;
create table marts.customers as
    select 'c' || id as customer_id, date '2026-03-01' as as_of_date, date '2026-01-01' as first_order_date,
        date '2026-02-28' as last_order_date, 2 as orders_count, id < 3 as is_eligible
    from range(4) as ids(id);
create table marts.customer_keys as
    select 'shop' as source_system, 'c' || id as source_customer_id, 'c' || id as customer_id,
        date '2026-03-01' as as_of_date, 'customer_id' as matched_by, null::varchar as collision
    from range(4) as ids(id);
create table marts.churn_risk as
    select 'c' || id as customer_id, date '2026-03-01' as as_of_date, '1' as model_version, id < 3 as is_eligible,
        case when id >= 3 then 'already_gone' end as ineligible_reason,
        case when id < 3 then 0.4 + id / 10 end::double as churn_risk, 0.5::double as base_rate
    from range(4) as ids(id);
create table features.feature_registry as
    select 'f' || id as feature_name, date '2026-03-01' as as_of_date, 'bigint' as data_type, 'none' as monotone,
        0::double as range_minimum, 1::double as range_maximum, 0.5::double as null_share
    from range(4) as ids(id);
create schema if not exists quality;
create table quality.feature_drift as
    select 'churn_risk' as model_name, 'f' || id as feature_name, date '2026-03-01' as as_of_date, 0.01::double as psi,
        date '2026-02-22' as reference_to, true as is_used, 'stable' as status
    from range(4) as ids(id);
create table quality.score_drift as
    select 'churn_risk' as model_name, date '2026-03-01' as as_of_date, 0.01::double as psi,
        date '2026-02-22' as reference_to, 'stable' as status;
create table quality.model_performance as
    select 'churn_risk' as model_name, '1' as model_version, day + 91 as as_of_date, day as scored_date,
        0.5::double as base_rate, 0.5::double as mean_risk, 'passed' as status, false as is_failing
    from (values (date '2025-11-17'), (date '2025-11-24'), (date '2025-12-01')) as days(day);
create table scores.feature_customer__churn_risk as
    select *, 'churn_risk' as model_name, true as is_champion, 1 as risk_decile, churn_risk - 0.1 as previous_risk,
        0.1::double as change_by_data, 0::double as change_by_model, 'tree_shap' as reasons_by, 'f1' as reason_1_feature
    from marts.churn_risk;
"""

EMPTY_INTERVAL = """
insert into marts.lifecycle_states by name
    select 'c0' as customer_id, date '2026-03-01' as as_of_date, date '2026-02-01' as valid_from,
        date '2026-02-01' as valid_to
"""
THIRTY_BAD_ORDERS = """
insert into marts.orders by name
    select format('x{:03d}', id) as order_id, 'c0' as customer_id, date '2026-03-01' as as_of_date,
        date '2026-02-01' as order_date, true as is_completed, -1 as total_amount
    from range(30) as ids(id)
"""
CUSTOMER = {"customer_id": "'c' || id"}
MARTS = {
    "attributions": {"attribution_id": "id"},
    "cohort_retention": {},
    "journey_steps": {},
    "journeys": {
        "customer_id": "'c' || id % 4",
        "journey_number": "id // 4",
        "ended_at": "case when id < 4 then timestamp '2026-02-28' end",
        "ended_by_order_id": "case when id < 4 then 'o' || id end",
        "amount": "case when id < 4 then 5 end",
        "outcome": "case when id < 4 then 'ordered' else 'open' end",
    },
    "lifecycle_flow": {},
    "lifecycle_states": {
        **CUSTOMER,
        "valid_from": "date '2026-01-02'",
        "since_date": "date '2026-01-02'",
        "gap_days": "30",
    },
    "orders": {
        **CUSTOMER,
        "order_id": "'o' || id",
        "order_date": "date '2026-02-28'",
        "is_completed": "true",
        "total_amount": "5",
    },
    "retention_kpis": {"metric": "'churn_rate_start_base'", "value": "0.1"},
    "segments": CUSTOMER,
    "subscription_churn_risk": {**CUSTOMER, "is_eligible": "true", "churn_risk": "0.1", "base_rate": "0.1"},
    "subscription_periods": {**CUSTOMER, "subscriptions_count": "1", "is_churned": "false"},
    "subscriptions": CUSTOMER,
    "touchpoints": {**CUSTOMER, "kind": "'order'", "entity": "'orders'", "source_id": "'o' || id"},
}
FEATURE_GROUPS = group_names()
GIVEN = {
    "customer_id": "'c' || id",
    "as_of_date": "day",
    "days_since_last_order": "1",
    "orders_count_90d": "1",
    "orders_count_365d": "2",
}


def feature_table(name: str) -> str:
    """Four customers on the day and on one a week before it; what no rule here needs is NULL."""
    columns = ", ".join(
        f"cast({GIVEN.get(column['name'], 'null')} as {column['data_type']}) as {column['name']}"
        for column in described_columns(name)
    )
    days = "(values (date '2026-03-01'), (date '2026-02-22'))"
    return f"create table features.{name} as select {columns} from range(4) as ids(id), {days} as days(day);"


def described_columns(name: str) -> list[dict[str, str]]:
    """The columns of a model, from its yml."""
    return _described()[name]


@cache
def _described() -> dict[str, list[dict[str, str]]]:
    folders = ("features", "marts", "scores")
    files = [file for folder in folders for file in (DBT_PROJECT / "models" / folder).glob("*.yml")]
    return {model["name"]: model["columns"] for file in files for model in read_yml(file)["models"]}


def mart(name: str) -> str:
    """Four customers' rows of the day, with what the rules of the table need and everything else NULL."""
    given = {"as_of_date": "date '2026-03-01'", **MARTS[name]}
    columns = ", ".join(
        f"cast({given.get(column['name'], 'null')} as {column['data_type']}) as {column['name']}"
        for column in described_columns(name)
    )
    rows = 8 if name == "journeys" else 4
    return f"create table marts.{name} as select {columns} from range({rows}) as ids(id);"


@pytest.fixture(scope="module")
def sound_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of a sound day. Copy it; never write to it."""
    file = tmp_path_factory.mktemp("sound") / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(TABLES + "".join([*map(feature_table, FEATURE_GROUPS), *map(mart, MARTS)]))
    return file


@pytest.fixture
def warehouse(sound_day: Path, run: Run, run_sql: RunSql) -> RunSql:
    """Runs SQL in a home's warehouse that holds a sound day, and closes it."""
    shutil.copy(sound_day, run.home.warehouse)
    return run_sql


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`only("orders")` leaves one table's suite in the gate, because all of them take a second."""

    def leave(table: str) -> None:
        def one(run: Run) -> list[PublishedSuite]:
            return [suite for suite in published_suites(run) if suite.table.name == table]

        monkeypatch.setattr(gate, "published_suites", one)

    return leave


def test_a_sound_day_passes_and_no_rule_raises(run: Run, warehouse: RunSql) -> None:
    verdict = check_published(run)
    assert verdict.failures == ()
    assert len(verdict.results) > 20


def test_the_warehouse_can_be_written_right_after(run: Run, warehouse: RunSql, only: Callable[[str], None]) -> None:
    only("customers")
    check_published(run)
    warehouse("create table marts.written_after as select 1")
    warehouse("drop table marts.written_after")
    check_published(run)


@pytest.mark.parametrize(
    ("damage", "table", "rule", "keys"),
    [
        ("update marts.customers set as_of_date = '2026-02-28' where customer_id = 'c1'", "customers", "as_of_date is", ["c1"]),
        ("update marts.customer_keys set customer_id = 'c2' where customer_id = 'c1'", "customer_keys", "leads to every customer", []),
        ("delete from marts.customers where customer_id = 'c1'", "customers", "holds everybody", []),
        ("update marts.orders set order_date = '2026-03-01' where order_id = 'o2'", "orders", "order_date is before", ["o2"]),
        ("delete from marts.orders", "orders", "has at least 1 row", []),
        (
            EMPTY_INTERVAL,
            "lifecycle_states",
            "valid_to is after valid_from",
            [["c0", "2026-02-01"]],
        ),
        ("update marts.lifecycle_states set valid_to = '2026-02-01'", "lifecycle_states", "each customer is in one state", []),
        ("update marts.churn_risk set churn_risk = null where customer_id = 'c0'", "churn_risk", "who is eligible has", ["c0"]),
        ("update marts.churn_risk set churn_risk = 0.5 where customer_id = 'c3'", "churn_risk", "who is not eligible has no", ["c3"]),
        ("update scores.feature_customer__churn_risk set change_by_model = 0.1 where customer_id = 'c0'", "feature_customer__churn_risk", "the parts of a change", [["c0", "churn_risk", "1"]]),
        ("update scores.feature_customer__churn_risk set reasons_by = null where customer_id = 'c0'", "feature_customer__churn_risk", "a reason says how", [["c0", "churn_risk", "1"]]),
        ("update scores.feature_customer__churn_risk set churn_risk = 1.5, change_by_data = null where customer_id = 'c0'", "feature_customer__churn_risk", "churn_risk is between", [["c0", "churn_risk", "1"]]),
        ("delete from features.feature_customer__orders where as_of_date = '2026-03-01' and customer_id < 'c3'", "feature_customer__orders", "has not lost half", []),
        ("delete from features.feature_customer__calendar where customer_id = 'c3'", "feature_customer__calendar", "has the rows", []),
    ],
)  # fmt: skip
def test_a_critical_failure_stops_publishing_and_names_rows(
    run: Run, warehouse: RunSql, only: Callable[[str], None], damage: str, table: str, rule: str, keys: list[object]
) -> None:
    only(table)
    warehouse(damage)
    with pytest.raises(GateError) as stopped:
        check_published(run)
    message = str(stopped.value)
    assert message.startswith("the published gate stopped 2026-03-01")
    assert f"  {table}: {rule}" in message
    assert "the last edition stays" in message
    with duckdb.connect(str(run.home.warehouse)) as connection:
        found = connection.execute(
            "select failing_keys, severity, has_raised from quality.data_quality "
            "where door = 'published' and table_name = ? and starts_with(rule, ?) and not is_passed",
            [table, rule],
        ).fetchall()
    assert [(json.loads(text), severity, raised) for text, severity, raised in found] == [(keys, "critical", False)]


def test_at_most_twenty_keys_are_kept_in_order(run: Run, warehouse: RunSql, only: Callable[[str], None]) -> None:
    only("orders")
    warehouse(THIRTY_BAD_ORDERS)
    with pytest.raises(GateError, match=r'30 rows fail, among them \["x000"'):
        check_published(run)
    with duckdb.connect(str(run.home.warehouse)) as connection:
        [(keys, failed)] = connection.execute(
            "select failing_keys, failed_rows from quality.data_quality where failed_rows > 0"
        ).fetchall()
    assert (json.loads(keys), failed) == ([f"x{number:03d}" for number in range(20)], 30)


def test_without_scores_the_rest_is_published(run: Run, warehouse: RunSql) -> None:
    warehouse("drop schema scores cascade; delete from marts.churn_risk")
    assert check_published(run).failures == ()


def test_a_missing_table_is_a_critical_failure(run: Run, warehouse: RunSql, only: Callable[[str], None]) -> None:
    only("orders")
    warehouse("drop table marts.orders")
    with pytest.raises(GateError, match="orders: is there"):
        check_published(run)


def test_a_warning_is_kept_and_lets_the_day_pass(run: Run, warehouse: RunSql, only: Callable[[str], None]) -> None:
    only("churn_risk")
    warehouse("update marts.churn_risk set base_rate = 0.9")
    [failure] = check_published(run).failures
    assert (failure.table_name, failure.severity) == ("churn_risk", "warning")


def test_collisions_are_told_by_their_keys(run: Run, warehouse: RunSql, only: Callable[[str], None]) -> None:
    only("customer_keys")
    warehouse("update marts.customer_keys set collision = 'several customers share an e-mail' where customer_id < 'c2'")
    warehouse("update marts.customer_keys set collision = 'e-mails differ' where customer_id = 'c3'")
    failures = check_published(run).failures
    assert [(failure.rule, failure.severity, failure.failing_keys) for failure in failures] == [
        ("no two customers of one source share an e-mail", "warning", (["shop", "c0"], ["shop", "c1"])),
        ("one customer has one e-mail in all sources", "warning", (["shop", "c3"],)),
    ]


def test_a_feature_out_of_its_stated_range_is_a_warning_that_names_customers(
    run: Run, warehouse: RunSql, only: Callable[[str], None]
) -> None:
    only("feature_customer__orders")
    warehouse("update features.feature_customer__orders set days_since_last_order = 0 where customer_id = 'c1'")
    [failure] = check_published(run).failures
    assert (failure.rule, failure.failing_keys) == ("days_since_last_order is at least 1", ("c1",))


def test_critical_drift_is_told_by_feature_and_stops_nothing(
    run: Run, warehouse: RunSql, only: Callable[[str], None]
) -> None:
    only("feature_drift")
    warehouse("update quality.feature_drift set status = 'critical' where feature_name = 'f1'")
    [failure] = check_published(run).failures
    assert (failure.severity, failure.failing_keys) == ("warning", (["churn_risk", "f1"],))


def test_only_the_newest_back_test_that_was_known_on_the_day_is_told(
    run: Run, warehouse: RunSql, only: Callable[[str], None]
) -> None:
    only("model_performance")
    failed = "update quality.model_performance set status = 'failed', is_failing = true where scored_date = date "
    for unheard_of in ("'2025-11-17'", "'2025-12-01'"):  # an older one, and one that is known from the day after on
        warehouse(failed + unheard_of)
    assert check_published(run).failures == ()
    warehouse(failed + "'2025-11-24'")
    failures = {failure.rule: failure for failure in check_published(run).failures}
    assert [*failures] == ["the newest back-test of a model passed", "no model failed its last two back-tests"]
    assert {failure.severity for failure in failures.values()} == {"warning"}
    assert {str(key) for failure in failures.values() for [_, key] in failure.failing_keys} == {"2025-11-24"}


def test_nothing_is_written_beside_the_home(
    run: Run,
    warehouse: RunSql,
    only: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    only("customers")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("HOME", str(elsewhere))
    monkeypatch.chdir(elsewhere)
    check_published(run)
    assert list(elsewhere.iterdir()) == []
    assert capfd.readouterr() == ("", "")
