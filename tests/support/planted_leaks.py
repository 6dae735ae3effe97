"""Our dbt project with one more feature table and one more label table, in which every known kind of leak is planted."""

import shutil
from pathlib import Path

from wellkept.deployment.paths import DBT_PROJECT

FEATURES = "feature_customer__planted"
LABELS = "label_customer__planted"

HONEST_FEATURES = {
    "orders_count_honest": "bigint",
    "cancelled_count_honest": "bigint",
    "spend_honest": "double",
    "open_tickets_count_honest": "bigint",
    "is_consenting_honest": "boolean",
}
LEAKY_FEATURES = {
    "orders_count_one_day_too_long": "bigint",
    "cancelled_count_as_read_today": "bigint",
    "is_back_within_horizon": "boolean",
    "refunded_orders_count_set_later": "bigint",
    "has_country_as_read_today": "boolean",
    "is_consenting_as_read_today": "boolean",
    "orders_count_without_cutoff": "bigint",
}
HONEST_LABELS = {"orders_count_honest": "bigint"}
LEAKY_LABELS = {
    "orders_count_one_day_too_long": "bigint",
    "orders_count_as_read_today": "bigint",
    "orders_count_told_early": "bigint",
}

_NEWEST = "known_to = cast('9999-12-31' as date)"

_FEATURES_SQL = f"""
with customers as (select as_of_date, customer_id from {{{{ ref('int_customers_recent') }}}}),
newest as (select * from {{{{ ref('stg_orders') }}}} where {_NEWEST}),
people as (
    select customer_id, max(country) as country, bool_or(has_consent_email) as is_consenting
    from {{{{ ref('stg_customers') }}}} where {_NEWEST} group by customer_id
),
refunded as (select distinct order_id from {{{{ ref('stg_refunds') }}}}),
honest_orders as (
    select as_of_date, customer_id, count(*) filter (where is_completed) as orders_count_honest,
        count(*) filter (where not is_completed) as cancelled_count_honest, sum(total_amount) as spend_honest
    from {{{{ ref('int_orders_as_known') }}}} group by as_of_date, customer_id
),
honest_tickets as (
    select as_of_date, customer_id, count(*) filter (where is_open) as open_tickets_count_honest
    from {{{{ ref('int_tickets_as_known') }}}} group by as_of_date, customer_id
),
honest_people as (
    select as_of_date, customer_id, has_consent_email as is_consenting_honest from {{{{ ref('int_customers_as_known') }}}}
),
leaky as (
    select customers.as_of_date, customers.customer_id,
        count(*) filter (where newest.order_date <= customers.as_of_date) as orders_count_one_day_too_long,
        count(*) filter (where newest.order_date < customers.as_of_date
            and newest.status = 'cancelled') as cancelled_count_as_read_today,
        coalesce(bool_or(newest.order_date >= customers.as_of_date
            and newest.order_date < customers.as_of_date + 90), false) as is_back_within_horizon,
        count(refunded.order_id) filter (
            where newest.order_date < customers.as_of_date) as refunded_orders_count_set_later,
        count(newest.order_id) as orders_count_without_cutoff
    from customers
    left join newest on customers.customer_id = newest.customer_id
    left join refunded on newest.order_id = refunded.order_id
    group by customers.as_of_date, customers.customer_id
),
joined as (
    select customer_id, as_of_date, leaky.* exclude (customer_id, as_of_date), coalesce(people.country is not null, false) as has_country_as_read_today,
        people.is_consenting as is_consenting_as_read_today, honest_orders.orders_count_honest,
        honest_orders.cancelled_count_honest, cast(honest_orders.spend_honest as double) as spend_honest,
        honest_tickets.open_tickets_count_honest, honest_people.is_consenting_honest
    from leaky
    left join people using (customer_id)
    left join honest_orders using (customer_id, as_of_date)
    left join honest_tickets using (customer_id, as_of_date)
    left join honest_people using (customer_id, as_of_date)
)
select customer_id, as_of_date, {", ".join([*HONEST_FEATURES, *LEAKY_FEATURES])} from joined
"""

_IS_MATURED = "{{ add_days('customers.as_of_date', var('horizon_days') + var('late_days')) }} <= {{ as_of_date() }}"
_HORIZON_END = "{{ add_days('customers.as_of_date', var('horizon_days')) }}"

_LABELS_SQL = f"""
with customers as (
    select as_of_date, customer_id from {{{{ ref('int_customers_qualified') }}}} where is_eligible
),
matured as (
    select as_of_date, customer_id, count(*) filter (where is_completed) as orders_count
    from {{{{ ref('int_orders_matured') }}}} group by as_of_date, customer_id
),
newest as (select * from {{{{ ref('stg_orders') }}}} where {_NEWEST}),
counted as (
    select customers.as_of_date, customers.customer_id,
        count(*) filter (where newest.order_date >= customers.as_of_date
            and newest.order_date <= {_HORIZON_END}) as one_day_too_long,
        count(*) filter (where newest.order_date >= customers.as_of_date
            and newest.order_date < {_HORIZON_END} and newest.status <> 'cancelled') as as_read_today
    from customers left join newest on customers.customer_id = newest.customer_id
    group by customers.as_of_date, customers.customer_id
),
labelled as (
    select customers.customer_id, customers.as_of_date,
        case when {_IS_MATURED} then coalesce(matured.orders_count, 0) end as orders_count_honest,
        case when {_IS_MATURED} then counted.one_day_too_long end as orders_count_one_day_too_long,
        case when {_IS_MATURED} then counted.as_read_today end as orders_count_as_read_today,
        coalesce(matured.orders_count, 0) as orders_count_told_early
    from customers
    left join matured using (as_of_date, customer_id)
    left join counted using (as_of_date, customer_id)
)
select * from labelled
"""


def plant(folder: Path) -> Path:
    """A copy of our dbt project in the folder, with the two tables."""
    project = folder / "dbt_project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    for kind, table, sql, columns in (
        ("features", FEATURES, _FEATURES_SQL, {**HONEST_FEATURES, **LEAKY_FEATURES}),
        ("labels", LABELS, _LABELS_SQL, {**HONEST_LABELS, **LEAKY_LABELS}),
    ):
        (project / "models" / kind / f"{table}.sql").write_text(sql)
        (project / "models" / kind / f"{table}.yml").write_text(_described(table, columns))
    return project


def _described(table: str, columns: dict[str, str]) -> str:
    keys = {"customer_id": "varchar", "as_of_date": "date"}
    lines = [f"      - {{name: {name}, data_type: {kind}}}" for name, kind in {**keys, **columns}.items()]
    decided = ["    config: {meta: {label: {decided_by: [horizon_days]}}}"] if table == LABELS else []
    return "\n".join(["version: 2", "models:", f"  - name: {table}", *decided, "    columns:", *lines, ""])
