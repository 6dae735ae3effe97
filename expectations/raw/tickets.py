"""Landed tickets. A help desk's clocks may disagree by hours, so days are compared."""

from expectations import rows
from expectations.rules import Rule, critical, warning
from wellkept.runs.run import Run


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_a_real_time("opened_at")),
        critical(rows.is_not_on_a_day_before("first_response_at", "opened_at")),
        critical(rows.is_not_on_a_day_before("resolved_at", "opened_at")),
        critical(rows.is_between("csat_score", 1, 5)),
        warning(rows.is_not_on_a_day_before("resolved_at", "first_response_at")),
        warning(rows.holds("a csat_score comes with resolved_at", "csat_score is null or resolved_at is not null")),
    ]
