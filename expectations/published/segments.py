"""Segments, as published: one row for each customer, groups that follow from the scores beside them."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical
from wellkept.runs.run import Run

TABLE = Table("marts", "segments", key=("customer_id",))
_CUSTOMERS = "(select count(*) from warehouse.marts.customers)"
_WITH_AMOUNTS = "count(historic_value)"
_TOP_IS_A_FIFTH = f"count(*) filter (where value_tier = 'top') = ceil({_WITH_AMOUNTS} / 5)"
_CHAMPIONS_SCORE_HIGH = (
    "rfm_segment is distinct from 'champions' "
    "or least(recency_score, frequency_score, coalesce(monetary_score, frequency_score)) >= 4"
)


def rules(run: Run) -> list[Rule]:
    return [
        critical(rows.is_of_day(run.as_of_date)),
        critical(tables.holds("holds every customer", f"count(*) = {_CUSTOMERS}")),
        critical(rows.is_between("recency_score", 1, 5)),
        critical(rows.is_between("frequency_score", 1, 5)),
        critical(rows.is_between("monetary_score", 1, 5)),
        critical(rows.holds("who is scored is in a group", "(rfm_segment is null) = (recency_score is null)")),
        critical(rows.holds("champions score 4 or 5 in everything", _CHAMPIONS_SCORE_HIGH)),
        critical(rows.holds("who is in a group ordered of late", "rfm_segment is null or orders_count > 0")),
        critical(rows.holds("since_date is not after the day", "rfm_segment_since_date <= as_of_date")),
        critical(rows.is_between("engagement_score", 0, 100)),
        critical(rows.is_between("icp_score", 0, 100)),
        critical(rows.is_between("value_rank_share", 0, 1)),
        critical(tables.holds("a fifth of the customers with amounts is top", _TOP_IS_A_FIFTH)),
    ]
