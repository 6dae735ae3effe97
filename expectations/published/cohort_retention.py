"""Cohort retention, as published."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("marts", "cohort_retention", key=("cohort_month", "months_since"))
_TELLS_OF_ORDERS = "count(*) > 0 or (select count(*) from warehouse.marts.orders where is_completed) = 0"


def rules(run: Run) -> list[Rule]:
    return [
        critical(tables.holds("tells of completed orders, where there are any", _TELLS_OF_ORDERS)),
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.is_before_day("cohort_month", run.as_of_date)),
        critical(rows.is_at_least("months_since", 0)),
        critical(rows.holds("month 0 is 100 %", "months_since > 0 or retained_share = 1")),
        critical(rows.holds("a month not over has no numbers", "is_over or active_customers is null")),
        critical(rows.holds("no more are active than there are", "active_customers <= size")),
    ]
