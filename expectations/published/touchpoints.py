"""Touchpoints, as published."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("marts", "touchpoints", key=("touchpoint_id",))
_EACH_ORDER = "count(*) filter (where kind = 'order') = (select count(*) from warehouse.marts.orders)"


def rules(run: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.is_before_day("occurred_at", run.as_of_date)),
        critical(rows.is_after("known_from", "occurred_date")),
        critical(rows.holds("known_from is not after the day", f"known_from <= date '{run.as_of_date}'")),
        critical(rows.is_between("sentiment", -1, 1)),
        critical(rows.is_at_least("cost", 0)),
        critical(tables.holds("each order is one of them", _EACH_ORDER)),
        warning(tables.holds("at most a third are frictions", "avg(cast(is_friction as int)) <= 0.33")),
    ]
