"""The numbers of a real shop, Online Retail II, against the same in pandas straight from its landing files."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import plain_kpis
import pytest

from wellkept.deployment.settings import Settings
from wellkept.landing.load import load_day
from wellkept.operations.new_run import make_run
from wellkept.sources.extract import extract
from wellkept.warehouse.dbt import dbt

DAY = date(2011, 9, 10)
ONLINE_RETAIL = Path(__file__).resolve().parents[3] / "shared" / "data" / "online_retail_ii"
"""Beside the clone, as for the benchmarks; the data are not part of it."""
READ = ("orders", "customers", "refunds")
"""Lines and products, four fifths of the data, say nothing here."""
MARTS = ("lifecycle_states", "cohort_retention", "retention_kpis")

pytestmark = [
    pytest.mark.real_shop,
    pytest.mark.skipif(not ONLINE_RETAIL.exists(), reason=f"the shop's landing files are not at {ONLINE_RETAIL}"),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse of the shop's day with the three marts and what they need."""
    folder = tmp_path_factory.mktemp("online_retail")
    for name in READ:
        (folder / "delivery").mkdir(exist_ok=True)
        shutil.copy(ONLINE_RETAIL / f"{name}.parquet", folder / "delivery")
    settings = Settings(home=folder / "home", config=folder / "none.toml")
    run = make_run(DAY, source=folder / "delivery", settings=settings)
    extract(run, "files")
    load_day(run)
    selected = [f"+{mart}" for mart in MARTS]
    dbt(run, "build", "--select", *selected, "--exclude-resource-type", "unit_test", "test")
    with duckdb.connect(str(run.home.warehouse), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    return plain_kpis.read_completed(ONLINE_RETAIL, DAY)


def ask(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def test_the_state_of_every_customer_is_that_of_the_plain_rule(
    built: duckdb.DuckDBPyConnection, orders: pd.DataFrame
) -> None:
    told = ask(built, "select customer_id, state from marts.lifecycle_states where valid_to is null")
    expected = plain_kpis.states(orders, plain_kpis.read_seen(ONLINE_RETAIL, DAY), DAY)
    assert len(told) == len(expected) > 5_000
    assert dict(told) == expected
    assert set(expected.values()) >= {
        "prospect",
        "onboarding",
        "reactivated",
        "active",
        "cooling",
        "slipping",
        "dormant",
    }


def test_cohort_retention_is_that_of_the_orders(built: duckdb.DuckDBPyConnection, orders: pd.DataFrame) -> None:
    told = ask(
        built,
        "select cohort_month, months_since, size, active_customers, retained_share, (revenue * 100)::bigint, is_over "
        "from marts.cohort_retention order by all",
    )
    plain = plain_kpis.cohorts(orders, DAY)
    assert len(told) == len(plain) == 22 * 23 / 2
    for row, ((month, since), cell) in zip(told, plain.iterrows(), strict=True):
        whole = (_or_none(cell["active"]), _or_none(cell["share"]), _or_none(cell["pence"]))
        assert row == (month.start_time.date(), since, cell["size"], *whole, cell["is_over"])
    assert [row for row in told if row[1] == 0 and row[6] and row[4] != 1] == []


def test_repeat_purchase_rate_is_that_of_the_orders(built: duckdb.DuckDBPyConnection, orders: pd.DataFrame) -> None:
    told = ask(
        built,
        "select least(period_end_date, as_of_date), numerator::int, denominator::int from marts.retention_kpis "
        "where metric = 'repeat_purchase_rate' and dimension = 'all' and period = 'month' order by all",
    )
    ends = [end for end, _, _ in told]
    assert len(ends) == 22
    assert ends[-1] == DAY
    expected = [
        plain_kpis.share_with_two_orders(orders, end - timedelta(days=plain_kpis.ELIGIBLE), end) for end in ends
    ]
    assert [counts for _, *counts in told] == [list(counts) for counts in expected]


def test_second_orders_by_cohort_are_those_of_the_orders(
    built: duckdb.DuckDBPyConnection, orders: pd.DataFrame
) -> None:
    told = ask(
        built,
        "select period_start_date, numerator::int, denominator::int from marts.retention_kpis "
        "where metric = 'second_order_rate_90d' and dimension = 'all' and period = 'month'",
    )
    assert {month: tuple(counts) for month, *counts in told} == plain_kpis.second_orders(orders, DAY)


@pytest.mark.parametrize("metric", ["churn_rate_start_base", "retention_rate", "churn_rate_stripe"])
def test_both_churn_rates_are_those_of_the_orders(
    built: duckdb.DuckDBPyConnection, orders: pd.DataFrame, metric: str
) -> None:
    told = ask(
        built,
        "select period_start_date, least(period_end_date, as_of_date), numerator::int, denominator::int "
        f"from marts.retention_kpis where metric = '{metric}' and dimension = 'all' and period = 'month' order by all",
    )
    assert len(told) >= 21
    for start, end, *counts in told:
        assert tuple(counts) == plain_kpis.churn(orders, start, end)[metric], start


def _or_none(value: Any) -> Any:
    return None if pd.isna(value) else value
