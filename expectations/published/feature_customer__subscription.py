"""The day's subscription features."""

from expectations import rows, tables
from expectations.feature_ranges import in_stated_ranges
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("features", "feature_customer__subscription", key=("customer_id",), is_by_day=True)


def rules(run: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(
            rows.holds(
                "a cancelled subscription that runs makes a subscriber",
                "is_subscriber or not has_cancelled_subscription",
            )
        ),
        critical(
            rows.holds(
                "a renewal is a subscription begun", "subscription_renewals_count_365d <= subscriptions_count_365d"
            )
        ),
        *in_stated_ranges(TABLE),
    ]
