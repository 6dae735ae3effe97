"""The day's loyalty features."""

from expectations import rows, tables
from expectations.feature_ranges import in_stated_ranges
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("features", "feature_customer__loyalty", key=("customer_id",), is_by_day=True)
_WINDOWS_NEST = "coalesce(loyalty_events_count_90d <= loyalty_events_count_365d, true)"
_STILL_TOLD_OF = "coalesce(sum(loyalty_events_count_90d) > 0 or sum(loyalty_events_count_365d) = 0, true)"


def rules(_: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.holds("a year holds the loyalty events of its quarters", _WINDOWS_NEST)),
        warning(tables.holds("somebody earned or redeemed in 90 days, where anybody did in 365", _STILL_TOLD_OF)),
        *in_stated_ranges(TABLE),
    ]
