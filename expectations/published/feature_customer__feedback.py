"""The day's feedback features."""

from expectations import rows, tables
from expectations.feature_ranges import in_stated_ranges
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("features", "feature_customer__feedback", key=("customer_id",), is_by_day=True)


def rules(_: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.holds("bad answers are answers", "bad_survey_answers_count_365d <= survey_answers_count_365d")),
        critical(rows.holds("a detractor has answered", "is_nps_detractor is null or last_nps_score_365d is not null")),
        *in_stated_ranges(TABLE),
    ]
