"""Landed campaigns."""

from expectations import rows
from expectations.rules import Rule, critical, warning
from wellkept.runs.run import Run


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_one_of("retention_mode", "active", "passive")),
        critical(rows.is_at_least("cost", 0)),
        warning(rows.is_not_on_a_day_before("ended_on", "started_on")),
        warning(rows.holds("name is not blank", "trim(name) <> ''")),
    ]
