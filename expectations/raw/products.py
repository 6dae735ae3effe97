"""Landed products."""

from expectations import rows
from expectations.rules import Rule, critical, warning
from wellkept.runs.run import Run


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_at_least("unit_cost", 0)),
        warning(rows.holds("name is not blank", "trim(name) <> ''")),
    ]
