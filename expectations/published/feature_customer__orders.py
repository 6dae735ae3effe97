"""The day's order features."""

from expectations import rows, tables
from expectations.feature_ranges import in_stated_ranges
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("features", "feature_customer__orders", key=("customer_id",), is_by_day=True)
_ELIGIBLE = "(select count(*) from warehouse.marts.customers where is_eligible)"
_KNOWS_THE_ELIGIBLE = f"count(days_since_last_order) >= {_ELIGIBLE}"
_KNOWS_AMOUNTS = """
count(amount_365d) >= 0.9 * count(*) or count(amount_365d) filter (where orders_count_365d > 0) = 0
"""


def rules(run: Run) -> list[Rule]:
    last = _rows_of_the_last_day_before(run)
    return [
        critical(tables.has_rows()),
        critical(tables.holds("knows the last order of all who are due a risk", _KNOWS_THE_ELIGIBLE)),
        critical(rows.holds("a year holds the orders of its quarters", "orders_count_365d >= orders_count_90d")),
        critical(tables.holds("has not lost half of its rows since the day before it", f"count(*) >= 0.5 * {last}")),
        warning(tables.holds("has not lost a tenth of its rows since the day before it", f"count(*) >= 0.9 * {last}")),
        warning(tables.holds("amounts are known for nine in ten, or for nobody who ordered", _KNOWS_AMOUNTS)),
        *in_stated_ranges(TABLE),
    ]


def _rows_of_the_last_day_before(run: Run) -> str:
    """Of the newest earlier day that the table holds; past a month it says little about this one, and does not count."""
    return f"""coalesce((
        select count(*) from warehouse.{TABLE.schema}.{TABLE.name}
        where as_of_date < date '{run.as_of_date}' and as_of_date >= date '{run.as_of_date}' - interval 31 days
        group by as_of_date order by as_of_date desc limit 1
    ), 0)"""
