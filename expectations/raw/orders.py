"""Landed orders. A day may bring none: an incremental source delivers only what changed."""

from expectations import rows, tables
from expectations.rules import Rule, critical, warning
from wellkept.runs.run import Run


def rules(_: Run) -> list[Rule]:
    return [
        warning(tables.has_rows()),
        critical(rows.is_a_real_time("ordered_at")),
        critical(rows.is_one_of("status", "completed", "cancelled")),
        critical(rows.is_written_like("currency", "[A-Z]{3}", "three capital letters")),
        critical(rows.is_at_least("total_amount", 0)),
        critical(rows.is_at_least("discount_amount", 0)),
        critical(rows.is_at_least("shipping_amount", 0)),
        critical(rows.is_at_least("tax_amount", 0)),
        critical(rows.is_not_on_a_day_before("cancelled_at", "ordered_at")),
        warning(rows.is_not_on_a_day_before("updated_at", "ordered_at")),
        warning(rows.holds("a completed order has no cancelled_at", "status <> 'completed' or cancelled_at is null")),
        warning(tables.holds("all orders have a total_amount, or none", "count(total_amount) in (0, count(*))")),
        warning(tables.holds("all orders have a currency, or none", "count(currency) in (0, count(*))")),
    ]
