"""The feature registry, as published."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("features", "feature_registry", key=("feature_name",))


def rules(run: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.is_of_day(run.as_of_date)),
        critical(tables.holds("names each feature once", "count(distinct feature_name) = count(*)")),
        critical(rows.is_one_of("data_type", "bigint", "double", "boolean")),
        critical(rows.is_one_of("monotone", "increasing", "decreasing", "none")),
        critical(rows.is_not_before("range_maximum", "range_minimum")),
        critical(rows.is_between("null_share", 0, 1)),
    ]
