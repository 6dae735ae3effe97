"""Write what each customer is expected to order and to be worth in the next 365 days: scores.customer_value."""

from datetime import date

import duckdb
import pyarrow as pa

from ml.value.futures import Futures
from ml.value.histories import read_month
from ml.value.monthly import HORIZON_DAYS, define_models, fit_month, futures_of
from ml.value.tables import VALUES, ValueModel, ensure_tables, read_model, replace_model
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.log import get_logger
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect, transaction
from wellkept.warehouse.lock import hold_writer_lock
from wellkept.warehouse.sql import count_rows

log = get_logger(__name__)

_ROWS_AT_ONCE = 10_000
"""Kinds of history at once: 200 futures of so many are 16 MB a number."""


def value_all(run: Run) -> dict[str, int]:
    """Value every customer with a completed order known on the run's day, in the place of that day's rows.

    The models are those of the month's first day, fitted when the first day of the month is built; where there are
    none the rows are there with NULL, and scores.value_models has the reason.
    """
    month, definition = run.as_of_date.replace(day=1), define_models(run.parameters)
    purpose = f"valuing the customers of {run.as_of_date}"
    with hold_writer_lock(run.home, f"{purpose} (run {run.run_id})", run.settings.lock_timeout_seconds):
        with connect(run, purpose) as connection:
            _ensure_built(connection, run.as_of_date)
            ensure_tables(connection)
            held = read_model(connection, month, definition)
        model = held or fit_month(read_month(run, month), definition)
        with connect(run, purpose) as connection:
            if not held:
                replace_model(connection, model)
                _log_model(model)
            return {**write_day(connection, run.as_of_date, model), "months_fitted": int(not held)}


def write_day(connection: duckdb.DuckDBPyConnection, day: date, model: ValueModel) -> dict[str, int]:
    """Replace the day's rows; returns how many customers have a row, and how many an expected value."""
    _list_kinds(connection, day)
    _look_ahead(connection, futures_of(model))
    with transaction(connection):
        connection.execute(f"delete from {VALUES} where as_of_date = ?", [day])
        connection.execute(_INSERT, {"day": day, "v": model.v, "fitted_as_of": model.fitted_as_of})
    row = connection.execute(
        f"select count(*), count(expected_value_365d) from {VALUES} where as_of_date = ?", [day]
    ).fetchone()
    customers, valued = row or (0, 0)
    return {"customers": customers, "valued": valued}


def _ensure_built(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    built = "quality.build semi join intermediate.as_of_dates using (as_of_date) where as_of_date = $day"
    if not count_rows(connection, built, {"day": day}):
        raise WellkeptError(f"the warehouse is not built for {day}; build that day first: wellkept run --as-of {day}")


def _log_model(model: ValueModel) -> None:
    for reason in dict.fromkeys((model.orders_missing_reason, model.value_missing_reason)):
        if reason:
            log.warning("customer value of %s: %s", model.fitted_as_of, reason)
    if model.r is not None:
        log.info(
            "customer value: models of %s fitted on %d customers; back-test of %s days: orders expected %s, came %s; value "
            "expected %s, came %s",
            *(model.fitted_as_of, model.customers, model.backtest_days),
            *(_whole(number) for number in (model.expected_orders, model.actual_orders)),
            *(_whole(number) for number in (model.expected_value, model.actual_value)),
        )


def _whole(number: float | None) -> str:
    return "unknown" if number is None else f"{number:.0f}"


def _list_kinds(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Histories of living customers that differ in anything but spend, numbered; like ones are worked out once."""
    connection.execute(
        """
        create or replace temp table value_customers as
        select
            histories.*,
            dense_rank() over (order by frequency, spend_days, recency, age) as kind
        from intermediate.int_customer_histories_summed as histories
        inner join intermediate.int_customers_qualified as qualified
            on histories.as_of_date = qualified.as_of_date and histories.customer_id = qualified.customer_id
        where histories.as_of_date = $day and qualified.deleted_date is null
        """,
        {"day": day},
    )
    connection.execute(
        """
        create or replace temp table value_kinds as
        select distinct kind, frequency, spend_days, recency, age from value_customers
        """
    )


def _look_ahead(connection: duckdb.DuckDBPyConnection, futures: Futures | None) -> None:
    connection.execute(
        """
        create or replace temp table value_outlooks (
            kind bigint, alive_probability double, orders double, orders_if_alive double,
            unit_spend double, unit_low double, unit_high double
        )
        """
    )
    if not futures:
        return
    for start in range(0, count_rows(connection, "value_kinds"), _ROWS_AT_ONCE):
        rows = connection.execute(
            "select * from value_kinds where kind > ? and kind <= ? order by kind", [start, start + _ROWS_AT_ONCE]
        ).to_arrow_table()
        connection.register("batch", _outlook(futures, rows))
        connection.execute("insert into value_outlooks by name select * from batch")
        connection.unregister("batch")


def _outlook(futures: Futures, rows: pa.Table) -> pa.Table:
    frequency, spend_days, recency, age = (
        rows[name].to_numpy() for name in ("frequency", "spend_days", "recency", "age")
    )
    alive = futures.orders.alive_probability(frequency, recency, age)
    if_alive = futures.orders.expected_orders_if_alive(frequency, age, HORIZON_DAYS)
    outlook = {
        "kind": rows["kind"],
        "alive_probability": alive,
        "orders": alive * if_alive,
        "orders_if_alive": if_alive,
    }
    if futures.spend:
        low, high = futures.unit_interval(frequency, recency, age, spend_days)
        outlook |= {"unit_spend": futures.spend.unit_spend(spend_days), "unit_low": low, "unit_high": high}
    return pa.table(outlook)


# Whoever has the same kind of history differs in this scale alone; without a model of spend v is NULL, and so is value.
_INSERT = f"""
insert into {VALUES} by name
with scaled as (
    select *, $v::double + spend_days * coalesce(mean_spend, 0) as scale
    from value_customers
)
select
    scaled.customer_id,
    $day::date as as_of_date,
    outlooks.alive_probability,
    outlooks.orders as expected_orders_365d,
    outlooks.orders * outlooks.unit_spend * scaled.scale as expected_value_365d,
    outlooks.unit_low * scaled.scale as expected_value_365d_low,
    outlooks.unit_high * scaled.scale as expected_value_365d_high,
    outlooks.orders_if_alive * outlooks.unit_spend * scaled.scale as expected_value_365d_if_retained,
    $fitted_as_of::date as fitted_as_of
from scaled
left join value_outlooks as outlooks on scaled.kind = outlooks.kind
order by scaled.customer_id
"""
