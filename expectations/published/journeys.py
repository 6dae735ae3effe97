"""Journeys, as published: stretches of each customer's life, cut by completed orders."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("marts", "journeys", key=("journey_id",))
_EACH_ORDER_ENDS_ONE = (
    "count(ended_by_order_id) = (select count(*) from warehouse.marts.orders where is_completed)"
    " and count(*) = count(ended_by_order_id) + count(distinct customer_id)"
)
_AMOUNTS_ARE_THE_ORDERS = (
    "sum(amount) is not distinct from (select sum(total_amount) from warehouse.marts.orders where is_completed)"
)


def rules(run: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.is_before_day("started_at", run.as_of_date)),
        critical(rows.is_not_before("ended_at", "started_at")),
        critical(rows.is_at_least("days", 0)),
        critical(rows.holds("frictions are steps", "frictions_count <= steps_count")),
        critical(rows.holds("with steps there is a path", "(steps_count > 0) = (path is not null)")),
        critical(rows.holds("ordered is what an order ended", "(outcome = 'ordered') = (ended_at is not null)")),
        critical(tables.holds("each completed order ends one, and each customer has one open", _EACH_ORDER_ENDS_ONE)),
        critical(tables.holds("their amounts sum to the completed orders'", _AMOUNTS_ARE_THE_ORDERS)),
    ]
