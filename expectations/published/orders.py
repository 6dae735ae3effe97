"""Orders, as published."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("marts", "orders", key=("order_id",))


def rules(run: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.is_before_day("order_date", run.as_of_date)),
        critical(rows.is_at_least("total_amount", 0)),
        warning(tables.holds("at least half are completed", "avg(cast(is_completed as int)) >= 0.5")),
    ]
