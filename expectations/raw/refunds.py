"""Landed refunds: amounts are what the customer got back, so they are positive."""

from expectations import rows
from expectations.rules import Rule, critical, warning
from wellkept.runs.run import Run


def rules(run: Run) -> list[Rule]:
    always = [critical(rows.is_a_real_time("refunded_at")), critical(rows.is_more_than("amount", 0))]
    if not run.parameters.text("reporting_currency"):
        return always
    return [*always, warning(rows.holds("names the order whose currency it is in", "order_id is not null"))]
