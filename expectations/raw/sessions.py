"""Landed sessions."""

from expectations import rows
from expectations.rules import Rule, critical
from wellkept.runs.run import Run


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_a_real_time("started_at")),
        critical(rows.is_at_least("pages_viewed", 0)),
    ]
