"""Customers, as published."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("marts", "customers", key=("customer_id",))
_BUYERS = "(select count(distinct customer_id) from warehouse.marts.orders)"


def rules(run: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.is_before_day("last_order_date", run.as_of_date)),
        critical(rows.is_not_before("last_order_date", "first_order_date")),
        critical(rows.is_at_least("orders_count", 0)),
        critical(tables.holds("holds everybody who has an order", f"count(*) >= {_BUYERS}")),
    ]
