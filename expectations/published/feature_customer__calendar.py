"""The day's calendar features."""

from expectations import tables
from expectations.feature_ranges import in_stated_ranges
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("features", "feature_customer__calendar", key=("customer_id",), is_by_day=True)
_ORDERS_ROWS = "(select count(*) from warehouse.features.feature_customer__orders where as_of_date = date '{}')"


def rules(run: Run) -> list[Rule]:
    return [
        critical(
            tables.holds("has the rows of the order features", f"count(*) = {_ORDERS_ROWS.format(run.as_of_date)}")
        ),
        *in_stated_ranges(TABLE),
    ]
