"""Flow of customers per day, week and month, as published: it ends with the day before the edition's."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("marts", "lifecycle_flow", key=("period", "period_start_date"))
_PERIODS = "count(distinct period) in (0, 3)"
_IN_STATES = (
    "in_prospect + in_onboarding + in_reactivated + in_active + in_cooling + in_slipping + in_dormant + in_lost"
)
_COUNTS = (
    *("new_customers", "returning_customers", "reactivated_customers", "gone_quiet_customers"),
    *("present_at_start", "present_at_end"),
)


def rules(run: Run) -> list[Rule]:
    is_over = f"is_over = (period_end_date <= date '{run.as_of_date}')"
    return [
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.is_before_day("period_start_date", run.as_of_date)),
        critical(rows.is_after("period_end_date", "period_start_date")),
        critical(rows.holds("is_over is as of the day", is_over)),
        *(critical(rows.is_at_least(count, 0)) for count in _COUNTS),
        critical(rows.holds("who was present is in a state", f"present_at_start <= {_IN_STATES}")),
        critical(tables.holds("days, weeks and months are all there", _PERIODS)),
    ]
