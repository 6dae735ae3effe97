"""Subscriptions, as published: what began before the day, and whether it was renewed."""

from expectations import rows
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("marts", "subscriptions", key=("subscription_id",))


def rules(run: Run) -> list[Rule]:
    return [
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.is_before_day("started_date", run.as_of_date)),
        critical(rows.is_before_day("ended_date", run.as_of_date)),
        critical(rows.is_before_day("cancelled_date", run.as_of_date)),
        critical(rows.is_not_before("ended_date", "started_date")),
        critical(rows.is_at_least("annual_value", 0)),
        critical(rows.holds("it runs until it ended", "is_running = (ended_date is null)")),
        critical(rows.holds("renewed or not is told when it is due", "is_due = (is_renewed is not null)")),
    ]
