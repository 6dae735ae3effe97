"""What became of what the models said. A failed back-test is reported and never stops a day."""

from expectations import rows
from expectations.rules import Rule, Table, warning
from wellkept.runs.run import Run

TABLE = Table("quality", "model_performance", key=("model_version", "scored_date"))
_NEWEST = (
    "(model_name, scored_date) in (select (model_name, max(scored_date)) from warehouse.quality.model_performance"
    " where as_of_date <= date '{}' and status <> 'not_judged' group by model_name)"
)


def rules(run: Run) -> list[Rule]:
    newest = _NEWEST.format(run.as_of_date)
    return [
        warning(rows.holds("the newest back-test of a model passed", f"not ({newest}) or status = 'passed'")),
        warning(rows.holds("no model failed its last two back-tests", f"not ({newest}) or not is_failing")),
    ]
