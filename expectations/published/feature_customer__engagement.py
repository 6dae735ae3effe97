"""The day's engagement features."""

from expectations import rows, tables
from expectations.feature_ranges import in_stated_ranges
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("features", "feature_customer__engagement", key=("customer_id",), is_by_day=True)
_WINDOWS_NEST = """
coalesce(sessions_count_30d <= sessions_count_90d and sessions_count_90d <= sessions_count_365d, true)
and coalesce(opens_count_30d <= opens_count_90d and opens_count_90d <= opens_count_365d, true)
"""


def rules(_: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.holds("a longer window holds what a shorter one does", _WINDOWS_NEST)),
        warning(tables.holds("somebody visited in 30 days, where anybody did in 90", _still_told_of("sessions"))),
        warning(tables.holds("somebody opened in 30 days, where anybody did in 90", _still_told_of("opens"))),
        *in_stated_ranges(TABLE),
    ]


def _still_told_of(things: str) -> str:
    """A source that stopped looks like customers who all lost interest at once."""
    return f"coalesce(sum({things}_count_30d) > 0 or sum({things}_count_90d) = 0, true)"
