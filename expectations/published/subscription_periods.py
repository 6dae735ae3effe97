"""Unbroken periods of subscriptions, as published: they follow one another, and the last may run."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("marts", "subscription_periods", key=("customer_id", "period_number"))
_NONE_RUNS_BEFORE_ANOTHER = (
    "count(*) filter (where ended_date is null) = count(distinct customer_id) filter (where ended_date is null)"
)
_ALL_ARE_IN_ONE = "coalesce(sum(subscriptions_count), 0) = (select count(*) from warehouse.marts.subscriptions)"


def rules(run: Run) -> list[Rule]:
    return [
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.is_before_day("started_date", run.as_of_date)),
        critical(rows.is_before_day("ended_date", run.as_of_date)),
        critical(rows.is_not_before("ended_date", "started_date")),
        critical(rows.is_at_least("subscriptions_count", 1)),
        critical(rows.holds("one that runs is not churned", "ended_date is not null or is_churned is false")),
        critical(tables.holds("a customer is in one period at a time", _NONE_RUNS_BEFORE_ANOTHER)),
        critical(tables.holds("each subscription is in one period", _ALL_ARE_IN_ONE)),
    ]
