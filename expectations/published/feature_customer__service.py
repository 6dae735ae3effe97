"""The day's service features."""

from expectations import rows, tables
from expectations.feature_ranges import in_stated_ranges
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("features", "feature_customer__service", key=("customer_id",), is_by_day=True)
_ARE_TICKETS = "greatest(overdue_tickets_count_365d, open_tickets_count) <= tickets_count_365d"
_ARE_FAILED = "unrecovered_failed_payments_count_90d <= failed_payments_count_90d"


def rules(_: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.holds("a year holds the tickets of its quarters", "tickets_count_365d >= tickets_count_90d")),
        critical(rows.holds("overdue and open tickets are tickets", _ARE_TICKETS)),
        critical(rows.holds("an unrecovered payment is a failed one", _ARE_FAILED)),
        *in_stated_ranges(TABLE),
    ]
