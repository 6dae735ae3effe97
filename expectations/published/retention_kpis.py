"""KPIs, as published: one tidy long table, in which every dimension adds up to everybody."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("marts", "retention_kpis", key=("metric", "period", "period_start_date", "dimension", "dimension_value"))
_TELLS_OF_ORDERS = "count(*) > 0 or (select count(*) from warehouse.marts.orders where is_completed) = 0"


def rules(run: Run) -> list[Rule]:
    return [
        critical(tables.holds("tells of completed orders, where there are any", _TELLS_OF_ORDERS)),
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.is_before_day("period_start_date", run.as_of_date)),
        critical(rows.is_after("period_end_date", "period_start_date")),
        critical(rows.holds("shares lie between 0 and 1", "unit != 'share' or (value >= 0 and value <= 1)")),
        critical(rows.holds("the value lies in its interval", "lower is null or (lower <= value and value <= upper)")),
        critical(rows.holds("n is not negative", "n >= 0")),
        warning(tables.holds("some churn is told", "count(*) filter (where metric = 'churn_rate_start_base') > 0")),
    ]
