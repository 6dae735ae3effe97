"""Lifecycle states, as published: intervals that tile each customer's life up to the day."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("marts", "lifecycle_states", key=("customer_id", "valid_from"))
_ONE_OPEN_INTERVAL_EACH = "count(*) filter (where valid_to is null) = count(distinct customer_id)"
_RENEWAL_IS_NAMED = "clm_stage <> 'renewal' or subscription_id is not null"


def rules(run: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.is_after("valid_to", "valid_from")),
        critical(rows.holds("valid_from is not after the day", f"valid_from <= date '{run.as_of_date}'")),
        critical(rows.holds("since_date is not after valid_from", "since_date <= valid_from")),
        critical(rows.is_at_least("gap_days", 1)),
        critical(rows.holds("a stage of renewal names its subscription", _RENEWAL_IS_NAMED)),
        critical(tables.holds("each customer is in one state on the day", _ONE_OPEN_INTERVAL_EACH)),
    ]
