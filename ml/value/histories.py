"""What dbt says of customers' orders and spend: read, and built first for days of the past."""

from collections.abc import Sequence
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from ml.value.monthly import MAX_CUSTOMERS, MonthHistories, backtest_horizon
from wellkept.project.definitions import HISTORIES
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect
from wellkept.warehouse.dbt import dbt
from wellkept.warehouse.lock import hold_writer_lock
from wellkept.warehouse.sql import spread

_BUILT = f"+{HISTORIES},as_of_dates+,config.materialized:table"
"""The rest of what histories are made of are views, or tables that know of no day."""
_LEFT_OUT = "path:models/intermediate/identity"
"""Costs more than all else, and is not asked by the source's key."""
_RECORDS = "select * from intermediate.int_record_histories_summed where as_of_date = $day"
_OUTCOMES = """
select histories.*, outcomes.later_orders, outcomes.later_value
from intermediate.int_record_histories_summed as histories
inner join intermediate.int_record_outcomes_followed as outcomes
    on histories.as_of_date = outcomes.as_of_date and histories.source_customer_id = outcomes.source_customer_id
where histories.as_of_date = $since and outcomes.seen_date = $day
"""


def read_month(run: Run, month: date) -> MonthHistories:
    """What was known on `month` and on the day from which its models' back-test foretells; no other build comes between."""
    holder = f"building histories of {month} (run {run.run_id})"
    with hold_writer_lock(run.home, holder, run.settings.lock_timeout_seconds):
        with connect(run, f"looking since when orders are known on {month}") as connection:
            days = backtest_horizon(_first_order_date(connection, month), month)
        since = month - timedelta(days=days)
        _build(run, sorted({month, since}))
        with connect(run, f"reading histories of {month}") as connection:
            known = _read_sample(connection, _RECORDS, {"day": month})
            past = _read_sample(connection, _OUTCOMES, {"day": month, "since": since}) if days else None
    return MonthHistories(month, known, days, past)


def _build(run: Run, days: Sequence[date]) -> None:
    """Make what was known on the days there beside the run's own; only what is asked by the source's key is right for them."""
    dbt(run, "run", "--select", _BUILT, "--exclude", _LEFT_OUT, as_of_dates=days)


def _read_sample(connection: duckdb.DuckDBPyConnection, query: str, bound: dict[str, date]) -> pa.Table:
    """The rows of a query, sorted; of more than MAX_CUSTOMERS an even sample, always the same."""
    return connection.execute(
        f"""
        select * from (select *, count(*) over () as customers_count from ({query}))
        where {spread("source_customer_id")} * customers_count < 4294967296 * $max
        order by source_customer_id
        """,
        {**bound, "max": MAX_CUSTOMERS},
    ).to_arrow_table()


def _first_order_date(connection: duckdb.DuckDBPyConnection, day: date) -> date | None:
    """The first day with a completed order known on `day`."""
    found = connection.execute(
        "select min(order_date) from intermediate.int_orders_ranged where counts_from <= $day and counts_to > $day",
        {"day": day},
    ).fetchone()
    return found[0] if found else None
