"""Attributions, as published: the value of each completed order, shared by the touchpoints before it."""

from expectations import rows
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("marts", "attributions", key=("attribution_id",))
_AMOUNTS = ("first_touch_amount", "last_touch_amount", "linear_amount", "position_amount")
_IS_NOT_AFTER_ITS_ORDER = "cast(occurred_at as date) <= order_date"


def rules(run: Run) -> list[Rule]:
    return [
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.holds("no touch comes after its order", f"coalesce({_IS_NOT_AFTER_ITS_ORDER}, true)")),
        critical(rows.holds("direct is what has no touch", "(touches_count = 0) = (touchpoint_id is null)")),
        *(critical(rows.is_at_least(amount, 0)) for amount in _AMOUNTS),
    ]
