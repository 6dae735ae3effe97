"""The range of each feature, as a rule: it is stated once, in the column's yml."""

from expectations import rows
from expectations.rules import Check, Rule, Table, warning
from wellkept.project.feature_columns import read_feature_columns


def in_stated_ranges(table: Table) -> list[Rule]:
    """One warning for each feature of the table that states a range; an end that is null is open."""
    return [
        warning(_lies_between(column.name, *column.entry.range))
        for column in read_feature_columns()
        if column.table == table.name and column.entry.range != (None, None)
    ]


def _lies_between(column: str, minimum: float | None, maximum: float | None) -> Check:
    if maximum is None:
        return rows.is_at_least(column, minimum or 0)
    return rows.is_at_most(column, maximum) if minimum is None else rows.is_between(column, minimum, maximum)
