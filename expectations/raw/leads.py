"""Landed leads: one is won or lost, or open still."""

from expectations import rows
from expectations.rules import Rule, critical, warning
from wellkept.runs.run import Run


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_a_real_time("created_at")),
        critical(rows.is_not_on_a_day_before("won_at", "created_at")),
        critical(rows.is_not_on_a_day_before("lost_at", "created_at")),
        warning(rows.holds("is not both won and lost", "won_at is null or lost_at is null")),
        warning(rows.holds("who is won is a customer", "won_at is null or customer_id is not null")),
    ]
