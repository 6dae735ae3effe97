"""Landed order lines. A price of 0 is a gift, a quantity of 0 is nothing; what comes back is a refund."""

from expectations import rows
from expectations.rules import Rule, critical, warning
from wellkept.runs.run import Run

_DISCOUNT_FITS = "discount_amount <= greatest(quantity * unit_price, 0) + 0.01"


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_more_than("quantity", 0)),
        critical(rows.is_at_least("unit_price", 0)),
        critical(rows.is_at_least("discount_amount", 0)),
        warning(rows.holds("the discount is at most the line's worth", _DISCOUNT_FITS)),
    ]
