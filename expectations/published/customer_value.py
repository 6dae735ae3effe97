"""What customers are expected to be worth. A month without models is reported and never stops a day."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("scores", "customer_value", key=("customer_id",), is_by_day=True, is_optional=True)
_HAS_AMOUNTS = "(select count(total_amount) > 0 from warehouse.marts.orders)"


def rules(_: Run) -> list[Rule]:
    return [
        warning(
            tables.holds(
                "is there where there are orders with amounts", f"count(expected_value_365d) > 0 or not {_HAS_AMOUNTS}"
            )
        ),
        critical(rows.is_between("alive_probability", 0, 1)),
        critical(rows.is_at_least("expected_orders_365d", 0)),
        critical(rows.is_at_least("expected_value_365d", 0)),
        critical(rows.holds("the interval is not upside down", "expected_value_365d_low <= expected_value_365d_high")),
        critical(
            rows.holds(
                "who is retained is worth no less",
                "expected_value_365d <= expected_value_365d_if_retained * 1.000001",
            )
        ),
        warning(rows.holds("the models are of the month", "fitted_as_of = date_trunc('month', as_of_date)")),
    ]
