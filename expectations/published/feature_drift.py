"""How far the day's features lie from those the model learned from. Drift is reported and never stops a day."""

from expectations import rows, tables
from expectations.rules import Rule, Table, warning
from wellkept.runs.run import Run

TABLE = Table("quality", "feature_drift", key=("model_name", "feature_name"), is_by_day=True)
_HAS_SCORES = "(select count(churn_risk) > 0 from warehouse.marts.churn_risk)"


def rules(_: Run) -> list[Rule]:
    return [
        warning(tables.holds("is measured where there are scores", f"count(*) > 0 or not {_HAS_SCORES}")),
        warning(rows.holds("no feature that the model reads drifts critically", "not is_used or status <> 'critical'")),
        warning(rows.is_at_least("psi", 0)),
        warning(rows.holds("the reference lies before the day", "reference_to < as_of_date")),
    ]
