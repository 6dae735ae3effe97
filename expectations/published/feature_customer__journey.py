"""The day's journey features."""

from expectations import rows, tables
from expectations.feature_ranges import in_stated_ranges
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("features", "feature_customer__journey", key=("customer_id",), is_by_day=True)


def rules(run: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.holds("a year holds its quarters", "touchpoints_count_365d >= touchpoints_count_90d")),
        critical(
            rows.holds(
                "frictions and the steps of the journey are touchpoints of the year",
                "touchpoints_count_365d >= coalesce(frictions_count_365d, 0) "
                "and touchpoints_count_365d >= journey_touchpoints_count "
                "and coalesce(frictions_count_365d, 0) >= coalesce(journey_frictions_count, 0)",
            )
        ),
        *in_stated_ranges(TABLE),
    ]
