"""Landed subscriptions. A period may end, or an end be set, in days to come; nothing is cancelled before it began."""

from expectations import rows
from expectations.rules import Rule, critical, warning
from wellkept.runs.run import Run


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_a_real_time("started_at")),
        critical(rows.is_not_on_a_day_before("ended_at", "started_at")),
        critical(rows.is_at_least("annual_value", 0)),
        warning(rows.is_not_on_a_day_before("cancelled_at", "started_at")),
        warning(rows.is_not_on_a_day_before("period_end_at", "started_at")),
        warning(rows.is_not_on_a_day_before("updated_at", "started_at")),
        warning(
            rows.holds("a cancel_reason comes with cancelled_at", "cancel_reason is null or cancelled_at is not null")
        ),
        warning(rows.holds("renews another subscription, not itself", "renews_subscription_id <> subscription_id")),
    ]
