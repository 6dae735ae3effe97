"""The leak prover clears every real feature and state, and catches leaks planted beside them."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from features.prover import Finding, prove
from wellkept.demo.company import write_landing
from wellkept.errors import BadInputError
from wellkept.landing.extract import extract
from wellkept.landing.load import load_day
from wellkept.paths import DBT_PROJECT
from wellkept.run import Run, make_run
from wellkept.settings import Settings

# On each of these days somebody has an order that is cancelled on that day or after it.
DAYS = [date(2025, 9, 29), date(2026, 4, 21)]

LEAKY_SQL = """
with customers as (select * from {{ ref('int_customers_qualified') }} where is_recent),
versions as (select * from {{ ref('stg_orders') }} where known_to = cast('9999-12-31' as date)),
joined as (
    select customers.customer_id, customers.as_of_date,
        count(*) filter (where versions.order_date < customers.as_of_date
            and versions.known_from <= customers.as_of_date) as orders_count_honest,
        count(*) filter (where versions.order_date <= customers.as_of_date) as orders_count_one_day_too_long,
        count(*) filter (where versions.order_date < customers.as_of_date
            and versions.status = 'cancelled') as cancelled_count_as_read_today,
        count(*) as orders_count_without_cutoff
    from customers left join versions on customers.customer_id = versions.customer_id
    group by customers.customer_id, customers.as_of_date
)
select * from joined
"""

LEAKY_YML = """
version: 2
models:
  - name: feature_customer__planted
    columns:
      - {name: customer_id, data_type: varchar}
      - {name: as_of_date, data_type: date}
      - {name: orders_count_honest, data_type: bigint}
      - {name: orders_count_one_day_too_long, data_type: bigint}
      - {name: cancelled_count_as_read_today, data_type: bigint}
      - {name: orders_count_without_cutoff, data_type: bigint}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our dbt project with one more feature table, three of whose four features leak."""
    copy = tmp_path_factory.mktemp("project") / "dbt_project"
    shutil.copytree(DBT_PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs"))
    (copy / "models" / "features" / "feature_customer__planted.sql").write_text(LEAKY_SQL)
    (copy / "models" / "features" / "feature_customer__planted.yml").write_text(LEAKY_YML)
    return copy


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The demo company loaded twice, so that it has corrections and late rows."""
    folder = tmp_path_factory.mktemp("prover")
    for day in (date(2026, 4, 1), date(2026, 11, 20)):
        write_landing(folder / "landing", customers=300, last_day=day)
        settings = Settings(home=folder / "home", config=folder / "none.toml")
        run = make_run(day, source=folder / "landing", settings=settings, overrides={"max_quarantined_share": 0.05})
        extract(run, "files")
        load_day(run)
    return run


@pytest.fixture(scope="module")
def findings(run: Run, project: Path) -> Iterator[list[Finding]]:
    return prove(run, DAYS, project)


def test_every_planted_leak_is_named_and_nothing_else(findings: list[Finding]) -> None:
    assert {f"{finding.table}.{finding.column}" for finding in findings if finding.is_leak} == {
        "feature_customer__planted.orders_count_one_day_too_long",
        "feature_customer__planted.cancelled_count_as_read_today",
        "feature_customer__planted.orders_count_without_cutoff",
    }


def test_a_late_read_status_is_caught_by_taking_knowledge_away(findings: list[Finding]) -> None:
    caught = [
        finding
        for finding in findings
        if finding.column == "cancelled_count_as_read_today" and finding.removed == "later knowledge"
    ]
    assert caught
    assert all(finding.is_leak and finding.example_customer_id for finding in caught)


def test_features_and_states_are_all_compared_on_both_clocks(findings: list[Finding]) -> None:
    for table in ("feature_customer__orders", "feature_customer__calendar", "lifecycle_states"):
        compared = {(finding.as_of_date, finding.removed) for finding in findings if finding.table == table}
        assert compared == {(day, removed) for day in DAYS for removed in ("later events", "later knowledge")}
    assert all(finding.rows_compared > 50 for finding in findings)


def test_a_day_without_a_future_is_refused(run: Run) -> None:
    with pytest.raises(BadInputError, match="no future to take away"):
        prove(run, [run.as_of_date])


def test_nothing_of_the_proof_is_left_behind(run: Run, findings: list[Finding]) -> None:
    assert findings
    assert not list(run.home.scratch.glob("prove-*"))
