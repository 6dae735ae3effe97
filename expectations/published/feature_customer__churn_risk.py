"""The day's scores of every model, champion and challengers."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

_KEY = ("customer_id", "model_name", "model_version")
TABLE = Table("scores", "feature_customer__churn_risk", key=_KEY, is_by_day=True, is_optional=True)
_ONE_CHAMPION = (
    "count(distinct model_name || ' ' || model_version) filter (where is_champion)"
    " = count(distinct model_name) filter (where is_champion)"
)

_ADDS_UP = "change_by_data is null or abs(churn_risk - previous_risk - change_by_data - change_by_model) < 1e-9"


def rules(_: Run) -> list[Rule]:
    return [
        warning(tables.has_rows()),
        critical(rows.is_between("churn_risk", 0, 1)),
        critical(rows.is_between("base_rate", 0, 1)),
        critical(rows.is_between("risk_decile", 1, 10)),
        critical(rows.holds("the parts of a change add up to it", _ADDS_UP)),
        critical(rows.holds("a reason says how it was found", "reason_1_feature is null or reasons_by is not null")),
        critical(tables.holds("at most one version of a model is champion", _ONE_CHAMPION)),
        warning(tables.holds("risks differ between customers", "count(distinct churn_risk) <> 1")),
    ]
