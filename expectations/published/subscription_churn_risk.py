"""The published risk of subscription churn: one row a customer, or none where no model of it may speak."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("marts", "subscription_churn_risk", key=("customer_id",))
_CUSTOMERS = "(select count(*) from warehouse.marts.customers)"
_DELETED = "select customer_id from warehouse.marts.subscription_churn_risk where ineligible_reason = 'deleted'"
_SUBSCRIBERS = f"""(
    select count(distinct customer_id) from warehouse.marts.subscription_periods
    where ended_date is null and customer_id not in ({_DELETED})
)"""
_ALL_WHO_SUBSCRIBE = f"count(*) = 0 or count(*) filter (where is_eligible) = {_SUBSCRIBERS}"
_IS_NEAR_BASE_RATE = "abs(avg(churn_risk) - avg(base_rate) filter (where churn_risk is not null)) <= 0.15"


def rules(run: Run) -> list[Rule]:
    return [
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.holds("who is eligible has a risk", "not is_eligible or churn_risk is not null")),
        critical(rows.holds("who is not eligible has no risk", "is_eligible or churn_risk is null")),
        critical(rows.holds("who is not eligible is told why", "is_eligible or ineligible_reason is not null")),
        critical(tables.holds("holds all customers or none", f"count(*) in (0, {_CUSTOMERS})")),
        critical(tables.holds("whose subscription runs is eligible, and nobody else", _ALL_WHO_SUBSCRIBE)),
        warning(tables.holds("mean risk is within 0.15 of the base rate", _IS_NEAR_BASE_RATE)),
    ]
