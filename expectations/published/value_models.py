"""How the models of customer value did. A back-test that is far off is reported and never stops a day."""

from expectations import rows
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("scores", "value_models", key=("fitted_as_of",), is_optional=True)


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_more_than("q", 1)),
        critical(rows.is_between("value_interval_coverage", 0, 1)),
        warning(
            rows.holds(
                "the value of the back-test came within half of what was expected",
                "expected_value between 0.5 * actual_value and 1.5 * actual_value",
            )
        ),
    ]
