"""The published churn risk: the champion's scores of the day, one row a customer; empty where no model may speak.

That a risk is a probability is checked where all models' scores are, in feature_customer__churn_risk.
"""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("marts", "churn_risk", key=("customer_id",))
_CUSTOMERS = "(select count(*) from warehouse.marts.customers)"
_ELIGIBLE = "(select count(*) from warehouse.marts.customers where is_eligible)"
_ALL_OR_NOBODY = f"count(churn_risk) in (0, {_ELIGIBLE})"
_IS_NEAR_BASE_RATE = "abs(avg(churn_risk) - avg(base_rate) filter (where churn_risk is not null)) <= 0.15"


def rules(run: Run) -> list[Rule]:
    return [
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.holds("who is eligible has a risk", "not is_eligible or churn_risk is not null")),
        critical(rows.holds("who is not eligible has no risk", "is_eligible or churn_risk is null")),
        critical(rows.holds("who is not eligible is told why", "is_eligible or ineligible_reason is not null")),
        critical(tables.holds("holds all customers or none", f"count(*) in (0, {_CUSTOMERS})")),
        critical(tables.holds("holds a risk for all who are due one, or for nobody", _ALL_OR_NOBODY)),
        warning(tables.holds("mean risk is within 0.15 of the base rate", _IS_NEAR_BASE_RATE)),
    ]
