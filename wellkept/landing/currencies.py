"""Amounts never cross currencies unseen: a currency without a rate stops the load."""

import duckdb

from wellkept.deployment.errors import GateError
from wellkept.project.seeds import FX_RATES
from wellkept.runs.run import Run


def check_rates(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """A GateError naming the currency, if orders use one that has no rate to the reporting currency on their day."""
    found = connection.execute(
        "select distinct upper(currency) from raw.orders where currency is not null order by 1"
    ).fetchall()
    currencies = [currency for (currency,) in found]
    reporting = run.parameters.text("reporting_currency").upper()
    if not reporting and len(currencies) > 1:
        raise GateError(
            f"orders for {run.as_of_date} are in {', '.join(currencies)}; say which one to report in "
            "([parameters] reporting_currency) and give the rates of the others in dbt_project/seeds/fx_rates.csv"
        )
    unsaid = connection.execute(
        "select count(*), min(order_id) from raw.orders where currency is null and not is_tombstone"
    )
    orders, example = unsaid.fetchall()[0]
    if len(currencies) > 1 and orders:
        raise GateError(
            f"orders for {run.as_of_date}: {orders} orders have no currency (order_id {example}) while others are in "
            f"{', '.join(currencies)}; nothing was loaded. Give each order its currency"
        )
    missing = connection.execute(
        """
        select upper(currency), min(cast(ordered_at as date)), count(*)
        from raw.orders
        where upper(currency) <> ? and not exists (
            select 1 from read_csv(?, header = true, columns = {
                'currency': 'varchar', 'to_currency': 'varchar', 'valid_from': 'date', 'rate': 'decimal(18, 8)'
            }) as rates
            where rates.currency = upper(orders.currency) and rates.to_currency = ?
                and rates.valid_from <= cast(orders.ordered_at as date)
        )
        group by 1 order by 1
        """,
        [reporting or (currencies or [""])[0], str(FX_RATES), reporting],
    ).fetchall()
    if missing:
        currency, since, rows = missing[0]
        raise GateError(
            f"orders for {run.as_of_date}: no rate from {currency} to {reporting} on {since} ({rows} orders); nothing was "
            "loaded. Add it to dbt_project/seeds/fx_rates.csv"
        )
