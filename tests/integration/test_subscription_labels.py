"""Labels of subscription churn, beside the definition told in plain Python."""

from collections import defaultdict
from datetime import date, timedelta

import duckdb
from deployments import Deployment

HORIZON, RESTART = timedelta(days=90), timedelta(days=30)
# All of a company that was loaded once was known on each label's last day, and who is who hardly changes.
_LABELS = """
select customer_id, as_of_date, is_churned from labels.label_customer__subscription_churn where is_churned is not null
"""
_SUBSCRIPTIONS = """
with links as (
    select source_customer_id, customer_id from intermediate.int_customer_links_found
    where as_of_date = (select max(as_of_date) from intermediate.int_customer_links_found)
)
select coalesce(links.customer_id, subscriptions.customer_id), cast(started_at as date), cast(ended_at as date)
from staging.stg_subscriptions as subscriptions
left join links on subscriptions.customer_id = links.source_customer_id
where subscriptions.known_to = date '9999-12-31'
order by subscriptions.started_at, subscriptions.subscription_id
"""

Subscriptions = list[tuple[date, date | None]]


def end_of_period(subscriptions: Subscriptions, day: date) -> date | None:
    """When the unbroken period that holds the day ends; None while it runs."""
    end: date | None = day
    for started, ended in subscriptions:
        if started < day and (ended is None or ended >= day):
            end = None if ended is None or end is None else max(end, ended)
    for started, ended in subscriptions:
        if end is not None and day <= started <= end + RESTART:
            end = None if ended is None else max(end, ended)
    return end


def test_labels_are_what_the_definition_says(founded: Deployment) -> None:
    with duckdb.connect(str(founded.home / "warehouse.duckdb"), read_only=True) as connection:
        labels, subscriptions = (connection.execute(query).fetchall() for query in (_LABELS, _SUBSCRIPTIONS))
    of_customer: dict[str, Subscriptions] = defaultdict(list)
    for customer, started, ended in subscriptions:
        of_customer[customer].append((started, ended))
    said = {(customer, day): is_churned for customer, day, is_churned in labels if customer in of_customer}
    ends = {(customer, day): end_of_period(of_customer[customer], day) for customer, day in said}
    assert said == {key: end is not None and end < key[1] + HORIZON for key, end in ends.items()}
    assert {True, False} == set(said.values())
    assert len(said) > 100
    assert len(said) > 0.95 * len(labels)
