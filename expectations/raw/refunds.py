"""Landed refunds: amounts are what the customer got back, so they are positive."""

from expectations import rows
from expectations.rules import Rule, critical
from wellkept.run import Run


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_a_real_time("refunded_at")),
        critical(rows.is_more_than("amount", 0)),
    ]
