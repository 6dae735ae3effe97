"""What the lab reads of a home: order days as they were known, day by day, and customers; copied aside, by number."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from features.hindsight import Hindsight, copy_raw
from wellkept.deployment.errors import BadInputError, NotEnoughDataError
from wellkept.deployment.log import get_logger
from wellkept.editions.verdict import read_build
from wellkept.landing.loads import last_loaded_day
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect, open_database
from wellkept.warehouse.dbt import dbt
from wellkept.warehouse.sql import count_rows, literal, spread

log = get_logger(__name__)

RESAMPLED_GROUPS = 100
"""Customers are resampled in so many random groups."""
_REVENUE_DAYS = 365
_READ = ["int_orders_as_known", "int_order_days_identified", "int_customer_deletions_as_known"]

# A customer by number, so that no key leaves the home. A deletion counts from its date, as known on the day of the lab;
# who is deleted in one source is (int_customers_qualified).
_CUSTOMERS = f"""
create table lab.customers as
with

orders as (

    select * from intermediate.int_orders_as_known
    where as_of_date = $as_of_date

),

deletions as (

    select
        customer_id,
        min(deleted_date) as deleted_date
    from intermediate.int_customer_deletions_as_known
    where as_of_date = $as_of_date
    group by customer_id

),

rolled as (

    select
        customer_id,
        sum(total_amount) filter (
            where is_completed and order_date >= $as_of_date - {_REVENUE_DAYS}
        ) as spent
    from orders
    group by customer_id

)

select
    cast(row_number() over (order by rolled.customer_id) as integer) as customer,
    rolled.customer_id,
    {spread("rolled.customer_id")} as spread,
    {spread("rolled.customer_id")} % {RESAMPLED_GROUPS} as sample_group,
    rolled.spent,
    deletions.deleted_date
from rolled
left join deletions on rolled.customer_id = deletions.customer_id
order by customer
"""

_ORDER_DAYS = """
create table lab.order_days as
select
    customers.customer,
    identified.order_date as day,
    identified.counts_from,
    identified.counts_to
from intermediate.int_order_days_identified as identified
inner join lab.customers as customers on identified.customer_id = customers.customer_id
where identified.as_of_date = $as_of_date
order by customer, day, counts_from, counts_to
"""


@contextmanager
def copied_orders(run: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    """A scratch database with `customers` and `order_days`, all as known on the run's day; gone afterwards.

    The warehouse is held only while they are copied, and only read. A day that is not loaded is a BadInputError, a home
    without orders a NotEnoughDataError.
    """
    _require_loaded(run)
    folder = run.home.scratch / f"lab-{run.run_id}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        file = folder / "lab.duckdb"
        _copy(run, file, folder)
        connection = open_database(file, folder, run.settings)
        try:
            yield connection
        finally:
            connection.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_first_order_date(connection: duckdb.DuckDBPyConnection, as_of_date: date) -> date:
    """The day of the first order that counts; without any a NotEnoughDataError."""
    row = connection.execute("select min(day) from order_days").fetchone()
    if row is None or row[0] is None:
        raise NotEnoughDataError(
            f"raw.orders holds no completed order before {as_of_date}: load orders first, `wellkept run --as-of {as_of_date}`"
        )
    first: date = row[0]
    return first


def _require_loaded(run: Run) -> None:
    last = last_loaded_day(run)
    if last is None:
        raise BadInputError(
            f"nothing is loaded in {run.home.root} yet: run `wellkept run --as-of {run.as_of_date}` first"
        )
    if last < run.as_of_date:
        raise BadInputError(
            f"{run.as_of_date} is not loaded, the last day that is is {last}: give --as-of {last}, or run "
            f"`wellkept run --as-of {run.as_of_date}` first"
        )


def _copy(run: Run, file: Path, folder: Path) -> None:
    built = read_build(run.home, run.settings)
    if built and built[0] == run.as_of_date:
        with connect(run, f"copying orders for the lab of {run.as_of_date}") as connection:
            if _holds_what_is_read(connection):
                _write(connection, run.as_of_date, file)
                return
    log.info("the warehouse is built for %s: what was known on %s is built aside", built and built[0], run.as_of_date)
    past = folder / "past" / "warehouse.duckdb"
    past.parent.mkdir()
    copy_raw(run, past, Hindsight("later knowledge", run.as_of_date), sampled_customers=sys.maxsize)
    models = [f"+{model}" for model in _READ]
    kinds = ("--resource-type", "model", "--resource-type", "seed")
    dbt(run, "build", "--select", *models, *kinds, as_of_date=run.as_of_date, warehouse=past)
    connection = open_database(past, folder, run.settings)
    try:
        _write(connection, run.as_of_date, file)
    finally:
        connection.close()


def _holds_what_is_read(connection: duckdb.DuckDBPyConnection) -> bool:
    """Not so where another version built the day."""
    held = "information_schema.tables where table_schema = 'intermediate' and table_name in $read"
    return count_rows(connection, held, {"read": _READ}) == len(_READ)


def _write(connection: duckdb.DuckDBPyConnection, as_of_date: date, file: Path) -> None:
    connection.execute(f"attach {literal(file)} as lab")
    for statement in (_CUSTOMERS, _ORDER_DAYS):
        connection.execute(statement, {"as_of_date": as_of_date})
    connection.execute("detach lab")
