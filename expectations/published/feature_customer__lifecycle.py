"""The day's lifecycle features."""

from expectations import rows, tables
from expectations.feature_ranges import in_stated_ranges
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("features", "feature_customer__lifecycle", key=("customer_id",), is_by_day=True)
_WHO_ORDERED_IS_NO_PROSPECT = "lifecycle_state_rank > 0 or silence_in_lifecycle_gaps is null"


def rules(run: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.holds("who ordered is no prospect", _WHO_ORDERED_IS_NO_PROSPECT)),
        *in_stated_ranges(TABLE),
    ]
