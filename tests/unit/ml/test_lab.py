"""`wellkept lab churn-definition` on a made-up shop: what it reads of a home, says, writes and refuses."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from click.testing import Result
from typer.testing import CliRunner

from ml.lab.page import as_json
from ml.lab.study import study_definitions
from wellkept.cli import _app
from wellkept.deployment.errors import BadInputError, NotEnoughDataError
from wellkept.deployment.settings import Settings
from wellkept.operations.home import open_home
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run

FIRST, DAY = date(2024, 1, 1), date(2026, 1, 1)
MakeRun = Callable[..., Run]
# As dbt has them, for the day of the build only.
_ORDER_DAYS = """
create or replace table intermediate.int_order_days_identified as
select distinct
    date '2026-01-01' as as_of_date, coalesce(links.customer_id, orders.customer_id) as customer_id, order_date,
    known_from as counts_from, known_to as counts_to
from orders
left join intermediate.int_customer_links_found as links on orders.customer_id = links.source_customer_id
where order_date < date '2026-01-01' and known_from <= date '2026-01-01'
"""
_AS_KNOWN = """
create or replace table intermediate.int_orders_as_known as
select
    date '2026-01-01' as as_of_date,
    coalesce(links.customer_id, orders.customer_id) as customer_id,
    orders.order_date,
    coalesce(orders.cancelled_date >= date '2026-01-01', true) as is_completed,
    cast(10 as decimal(18, 4)) as total_amount
from orders
left join intermediate.int_customer_links_found as links on orders.customer_id = links.source_customer_id
where orders.order_date < date '2026-01-01' and orders.known_from <= date '2026-01-01' and orders.known_to > date '2026-01-01'
"""


def order(
    customer: str,
    day: date,
    known_from: date | None = None,
    known_to: date | None = None,
    cancelled: date | None = None,
) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "order_date": day,
        "known_from": known_from or day + timedelta(days=1),
        "known_to": known_to or date(9999, 12, 31),
        "cancelled_date": cancelled,
    }


def shop(customers: int = 250) -> list[dict[str, Any]]:
    """Customers of 20 or 60 days between orders; after each order one in ten leaves."""
    generator = np.random.default_rng(1)
    rows = []
    for number in range(customers):
        day = FIRST + timedelta(days=int(generator.integers(0, 500)))
        while day < DAY:
            rows.append(order(f"c{number:04}", day))
            if generator.random() < 0.1:
                break
            day += timedelta(days=max(1, round(generator.exponential(20 if number % 2 else 60))))
    return rows


def fill(run: Run, rows: list[dict[str, Any]], links: dict[str, str] | None = None) -> None:
    """The tables that the lab reads, as a build of DAY leaves them."""
    open_home(run.home)
    kinds = {name: pa.date32() for name in ("order_date", "known_from", "known_to", "cancelled_date")}
    orders = pa.Table.from_pylist(rows, pa.schema([("customer_id", pa.string()), *kinds.items()]))
    assert orders.num_rows == len(rows)
    with duckdb.connect(str(run.home.warehouse)) as connection:
        for schema in ("raw", "intermediate", "quality"):
            connection.execute(f"create schema if not exists {schema}")
        connection.execute(
            "create or replace table intermediate.int_customer_links_found "
            "(as_of_date date, source_customer_id text, customer_id text)"
        )
        for known_as, person in (links or {}).items():
            connection.execute(
                "insert into intermediate.int_customer_links_found values (?, ?, ?)", [DAY, known_as, person]
            )
        connection.execute(
            "create or replace table intermediate.int_customer_deletions_as_known (as_of_date date, customer_id text, deleted_date date)"
        )
        connection.execute(_ORDER_DAYS)
        connection.execute(_AS_KNOWN)
        connection.execute(
            "create or replace table raw.loads as select ?::date as as_of_date, 'files' as source, 'orders' as entity",
            [DAY],
        )
        connection.execute(
            "create or replace table quality.build as select ?::date as as_of_date, 'r' as run_id", [DAY]
        )


def call(run: Run, *more: str) -> Result:
    command = ["lab", "churn-definition", "--home", str(run.home.root), "--as-of", str(DAY), *more]
    result: Result = CliRunner().invoke(_app, command)
    return result


@dataclass(frozen=True)
class Tried:
    """A home on which the command was run."""

    run: Run
    found: dict[str, Any]
    page: Path
    warehouse_before: bytes
    warehouse_after: bytes


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Tried:
    folder = tmp_path_factory.mktemp("lab")
    run = make_run(DAY, settings=Settings(home=folder / "home", config=folder / "wellkept.toml"))
    fill(run, shop())
    before = run.home.warehouse.read_bytes()
    told = call(run, "--eligible", "180", "--horizon", "60", "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    return Tried(run, found, Path(found.pop("page")), before, run.home.warehouse.read_bytes())


def test_nothing_that_became_known_after_the_day_changes_a_digit(run_of: MakeRun, tried: Tried) -> None:
    run = run_of(str(DAY))
    later = DAY + timedelta(days=1)
    news = [order(f"c{number:04}", date(2025, 5, 1), known_from=later) for number in range(100)]
    news += [order(f"c{number:04}", DAY + timedelta(days=number % 9)) for number in range(100)]
    news += [order(f"new {number}", date(2025, 5, 1), known_from=later) for number in range(100)]
    fill(run, shop() + news)
    assert as_json(study_definitions(run, [180], [60])) == tried.found


def test_the_command_recommends_and_changes_nothing(tried: Tried) -> None:
    found = tried.found
    assert tried.warehouse_after == tried.warehouse_before
    assert not list(tried.run.home.scratch.glob("lab-*"))
    assert [(one["eligible_days"], one["horizon_days"]) for one in found["definitions"]] == [
        (180, 60),
        (180, 90),
        (365, 60),
        (365, 90),
    ]
    assert found["in_force"] == {"eligible_days": 365, "horizon_days": 90}
    assert found["recommended"]["horizon_days"] == min(
        horizon for horizon in (60, 90) if horizon >= found["gaps"]["horizon"]["days"]
    )
    short, long = found["definitions"][:2]
    assert short["churn_rate"] > long["churn_rate"]
    assert short["false_churn"] > long["false_churn"] > 0
    assert 0.6 < long["foresight"]["auc"] < 0.95  # silence in own gaps tells leavers, and no label leaks
    assert any(f"--set horizon_days={found['recommended']['horizon_days']}" in line for line in found["sentences"])


def test_the_page_stands_alone_names_nobody_and_is_the_same_twice(tried: Tried) -> None:
    assert tried.page == tried.run.home.lab / f"churn-definition-{DAY}.html"
    text = tried.page.read_text()
    assert text.count("<svg") == 6
    assert not re.search(r"<script|(src|href)=\"https?:|c0\d\d\d", text)
    assert tried.page.parent.stat().st_mode & 0o777 == 0o700
    shown = call(tried.run, "--eligible", "180", "--horizon", "60")
    assert shown.exit_code == 0, shown.output
    assert str(tried.page) in shown.stdout
    assert tried.page.read_text() == text


def test_the_definition_in_force_is_tried_with_the_others(run_of: MakeRun) -> None:
    run = run_of(str(DAY), eligible_days=400, horizon_days=200)
    fill(run, shop(100))
    study = study_definitions(run, [360], [190])
    assert (study.grid.eligible, study.grid.horizons) == ((360, 400), (190, 200))
    assert study.trial(study.in_force).days_tried > 10


def test_a_home_that_is_not_loaded_says_what_to_run(run_of: MakeRun) -> None:
    run = run_of(str(DAY))
    fresh = call(run)
    assert isinstance(fresh.exception, BadInputError)
    assert f"nothing is loaded in {run.home.root} yet: run `wellkept run --as-of {DAY}`" in str(fresh.exception)
    fill(run, shop(20))
    tomorrow = run_of(str(DAY + timedelta(days=1)))
    with pytest.raises(BadInputError, match=f"2026-01-02 is not loaded, the last day that is is {DAY}"):
        study_definitions(tomorrow, [90], [30])


def test_too_little_history_says_from_when_on_there_is_enough(run_of: MakeRun) -> None:
    run = run_of(str(DAY))
    fill(run, [order(f"c{number}", date(2025, 10, 1) + timedelta(days=number)) for number in range(60)])
    with pytest.raises(
        NotEnoughDataError, match=r"known on 2026-01-01: orders begin on 2025-10-01.*from 2026-02-06 on"
    ):
        study_definitions(run, [90, 180], [30, 60])
    fill(run, [order("c", DAY)])
    with pytest.raises(NotEnoughDataError, match="no completed order before 2026-01-01"):
        study_definitions(run, [90], [30])


@pytest.mark.parametrize("given", ["0", "ninety", "90,-1", "4000", "1,2,3,4,5,6,7,8,9,10,11"])
def test_days_that_are_none_are_refused(run_of: MakeRun, given: str) -> None:
    refused = call(run_of(str(DAY)), "--eligible", given)
    assert isinstance(refused.exception, BadInputError)
    assert "--eligible" in str(refused.exception)
