"""A week of late and corrected rows, and a CRM that comes late and seldom: the store is what a rebuild from raw gives."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import landings
import pytest

from features.build import build_days
from features.snapshots import schema_of
from wellkept.demo.company import write_landing
from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run
from wellkept.project.definitions import group_names, label_names
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

pytestmark = pytest.mark.soak

FIRST = date(2026, 11, 2)
WEEK = [FIRST + timedelta(days=passed) for passed in range(7)]
CRM_DAYS = {WEEK[2], WEEK[6]}
OLDER_DAYS = [date(2026, 8, 31), date(2026, 9, 28), date(2026, 10, 12), date(2026, 10, 26)]
CUSTOMERS = 250

# Every second customer of the shop is in the CRM too, by e-mail; some there share one, so that persons join and part.
_CRM = {
    "customers": "select 'p' || customer_id as customer_id, case when hash(customer_id) % 20 = 0 then 'desk@crm.example' "
    "else upper(email) end as email, created_at from shop_customers where hash(customer_id) % 2 = 0",
    "orders": "select 'x' || order_id as order_id, 'p' || customer_id as customer_id, ordered_at + interval 1 day as ordered_at, "
    "currency, total_amount from shop_orders where hash(order_id) % 11 = 0 and ordered_at + interval 1 day < $day",
    "tickets": "select 't' || order_id as ticket_id, 'p' || customer_id as customer_id, ordered_at + interval 3 days as "
    "opened_at, case when ordered_at + interval 6 days < $day then ordered_at + interval 6 days end as resolved_at, "
    "case when ordered_at + interval 6 days < $day then 1 + hash(order_id) % 5 end as csat_score "
    "from shop_orders where hash(order_id) % 7 = 0 and ordered_at + interval 3 days < $day",
    "surveys": "select 's' || order_id as response_id, customer_id, ordered_at + interval 2 days as responded_at, "
    "'nps' as survey, hash(order_id) % 11 as score from shop_orders "
    "where hash(order_id) % 9 = 0 and ordered_at + interval 2 days < $day",
    "leads": "select 'l' || customer_id as lead_id, created_at - interval 9 days as created_at, customer_id "
    "from shop_customers where hash(customer_id) % 5 = 0",
}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run, int]:
    """The home that lived the week, one that was rebuilt from its raw, and how many rows were repaired on the way."""
    folder, repaired = tmp_path_factory.mktemp("week"), 0
    for day in WEEK:
        write_landing(folder / "shop" / str(day), customers=CUSTOMERS, last_day=day)
        sources = {"shop": folder / "shop" / str(day)}
        if day in CRM_DAYS:
            sources["crm"] = write_crm(folder / "crm" / str(day), sources["shop"], day)
        run = run_in(folder / "home", day, sources)
        landings.load(run)
        repaired += build_days(run, [day] if day > FIRST else [*OLDER_DAYS, day]).repaired.rows
    build_days(run, [*OLDER_DAYS, *WEEK])
    shutil.copytree(run.home.root, folder / "rebuilt")
    rebuilt = run_in(folder / "rebuilt", WEEK[-1], sources)
    with connect(rebuilt, "forgetting the store") as connection:
        connection.execute("drop schema features cascade; drop schema labels cascade")
    build_days(rebuilt, [*OLDER_DAYS, *WEEK])
    return run, rebuilt, repaired


def write_crm(folder: Path, shop: Path, day: date) -> Path:
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"create view shop_customers as from '{shop}/customers.csv'")
        connection.execute(f"create view shop_orders as from '{shop}/orders.parquet'")
        for name, query in _CRM.items():
            rows = query.replace("$day", f"timestamp '{day}'")
            connection.execute(f"copy ({rows}) to '{folder}/{name}.parquet'")
    return folder


def run_in(home: Path, day: date, sources: dict[str, Path]) -> Run:
    home.mkdir(exist_ok=True)
    tables = [f'[sources.{name}]\ntype = "files"\npath = "{path}"\n' for name, path in sources.items()]
    (home / "wellkept.toml").write_text("\n".join(tables))
    overrides = {"horizon_days": 30, "max_quarantined_share": 1.0}
    return make_run(day, overrides=overrides, settings=Settings(home=home, lock_timeout_seconds=60))


@pytest.mark.parametrize("table", [*group_names(), *label_names()])
def test_the_store_is_what_a_rebuild_from_raw_gives(homes: tuple[Run, Run, int], table: str) -> None:
    lived, rebuilt, _ = homes
    name = f"{schema_of(table)}.{table}"
    with duckdb.connect() as connection:
        for side, run in (("lived", lived), ("rebuilt", rebuilt)):
            connection.execute(f"attach '{run.home.warehouse}' as {side} (read_only)")
        left, right = (f"select * from {side}.{name}" for side in ("lived", "rebuilt"))
        (rows,) = connection.execute(f"select count(*), count(distinct as_of_date) from ({left})").fetchall()
        differing = f"({left} except all {right}) union all ({right} except all {left})"
        (others,) = connection.execute(f"select count(*), min(customer_id) from ({differing})").fetchall()
    if table == "label_customer__subscription_churn":  # nobody subscribes here
        assert rows == (0, 0)
    else:
        assert rows[0] > 1000
        assert rows[1] == len(OLDER_DAYS) + len(WEEK)
    assert others == (0, None)


def test_the_week_had_something_to_repair(homes: tuple[Run, Run, int]) -> None:
    assert homes[2] > 1000
