"""Landed payments, failed attempts included."""

from expectations import rows
from expectations.rules import Rule, critical
from wellkept.runs.run import Run


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_a_real_time("attempted_at")),
        critical(rows.is_one_of("status", "paid", "failed")),
        critical(rows.is_at_least("amount", 0)),
        critical(
            rows.holds(
                "names a customer, an order or a subscription",
                "coalesce(customer_id, order_id, subscription_id) is not null",
            )
        ),
    ]
