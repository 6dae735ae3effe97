"""What is known of each customer's order days and spend on a day, aggregated in DuckDB."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Literal

import duckdb
import pyarrow as pa

from wellkept.warehouse.sql import spread

Key = Literal["customer_id", "source_customer_id"]


@contextmanager
def past_days(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> Iterator[None]:
    """Inside, what was known on `days` can be asked for beside the days that are built; nothing of it stays.

    Links between the records of one person are not there on days that are not built: ask by source_customer_id.
    """
    connection.begin()
    try:
        connection.execute(
            """
            create or replace temp table asked_days as
            select day as as_of_date from (select unnest($days::date[]) as day)
            where day not in (select as_of_date from intermediate.as_of_dates)
            """,
            {"days": list(days)},
        )
        connection.execute("insert into intermediate.as_of_dates select as_of_date from asked_days")
        connection.execute(
            """
            insert into intermediate.int_order_currencies_counted by name
            select as_of_date, count(distinct currency) as currencies_count
            from intermediate.int_orders_as_known
            where as_of_date in (select as_of_date from asked_days)
            group by as_of_date
            """
        )
        yield
    finally:
        connection.rollback()


def collect_histories(connection: duckdb.DuckDBPyConnection, table: str, day: date, key: Key) -> None:
    """Make the temp table `table`: a row per customer with a completed order before `day`, as known on it.

    frequency is order days after the first; recency and age are days from the first to the last and to `day`; mean_spend
    is what an order day with amounts was worth, refunds taken off and never below 0, NULL where spend_days is 0.
    """
    connection.execute(
        f"""
        create or replace temp table {table} as
        with orders as (
            select {key} as customer_id, order_id, order_date, total_amount
            from intermediate.int_orders_as_known
            where as_of_date = $day and is_completed
        ),
        order_days as (
            select customer_id, order_date, sum(total_amount) as amount
            from orders
            group by customer_id, order_date
        ),
        refunded as ({_refunds(key)}),
        refunds as (
            select customer_id, sum(amount) as amount from refunded group by customer_id
        ),
        summed as (
            select
                customer_id, count(*) as order_days, min(order_date) as first_date, max(order_date) as last_date,
                count(amount) as spend_days, sum(amount) as spend
            from order_days
            group by customer_id
        )
        select
            summed.customer_id,
            cast(summed.order_days - 1 as double) as frequency,
            cast(date_diff('day', summed.first_date, summed.last_date) as double) as recency,
            cast(date_diff('day', summed.first_date, $day) as double) as age,
            cast(summed.spend_days as double) as spend_days,
            greatest(cast(summed.spend - coalesce(refunds.amount, 0) as double), 0) / nullif(summed.spend_days, 0)
                as mean_spend
        from summed
        left join refunds on summed.customer_id = refunds.customer_id
        """,
        {"day": day},
    )


def read_sample(connection: duckdb.DuckDBPyConnection, table: str, max_customers: int) -> pa.Table:
    """The rows of a temp table of histories, sorted; of more than `max_customers` an even sample, always the same."""
    return connection.execute(
        f"""
        select * from (select *, count(*) over () as customers_count from {table})
        where {spread("customer_id")} * customers_count < 4294967296 * $max
        order by customer_id
        """,
        {"max": max_customers},
    ).to_arrow_table()


def add_outcomes(connection: duckdb.DuckDBPyConnection, table: str, since: date, day: date) -> None:
    """Add what became of the histories of `since` by `day`, as known on it: later_orders (order days) and later_value.

    later_value is net of the refunds of that time, and NULL where none of the orders has an amount.
    """
    connection.execute(
        f"""
        create or replace temp table {table} as
        with orders as (
            select source_customer_id as customer_id, order_id, order_date, total_amount
            from intermediate.int_orders_as_known
            where as_of_date = $day and is_completed
        ),
        refunded as ({_refunds("source_customer_id")}),
        refunds as (
            select customer_id, sum(amount) as amount from refunded where refund_date >= $since group by customer_id
        ),
        summed as (
            select customer_id, count(distinct order_date) as order_days, sum(total_amount) as spend
            from orders
            where order_date >= $since
            group by customer_id
        )
        select
            {table}.*,
            cast(coalesce(summed.order_days, 0) as double) as later_orders,
            case
                when summed.customer_id is null or summed.spend is not null
                    then cast(coalesce(summed.spend, 0) - coalesce(refunds.amount, 0) as double)
            end as later_value
        from {table}
        left join summed on {table}.customer_id = summed.customer_id
        left join refunds on {table}.customer_id = refunds.customer_id
        """,
        {"since": since, "day": day},
    )


def first_order_date(connection: duckdb.DuckDBPyConnection, day: date) -> date | None:
    """The first day with a completed order known on `day`."""
    found = connection.execute(
        "select min(order_date) from intermediate.int_orders_as_known where as_of_date = ? and is_completed", [day]
    ).fetchone()
    return found[0] if found else None


def _refunds(key: Key) -> str:
    """Refunds known on $day; of an order that was cancelled there is nothing to take off."""
    return f"""
        select {key} as customer_id, refund_date, amount
        from intermediate.int_refunds_as_known
        where as_of_date = $day and (order_id is null or order_id in (select order_id from orders))
    """
