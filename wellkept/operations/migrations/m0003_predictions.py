"""What models said gets tables of its own: predictions by customer, and by day and model what holds for all of them.

The score table stays as it is, with all of its history: dbt goes on with it. Months of customer value keep their models.
"""

import json

import duckdb

from wellkept.project.definitions import HISTORIES, table_hash
from wellkept.warehouse.sql import has_table

_SCORES = "scores.feature_customer__churn_risk"
_COLUMNS_OF_LATER_HOMES = {
    "reasons_by": "varchar",
    "previous_as_of_date": "date",
    "previous_risk": "double",
    "change_by_data": "double",
    "change_by_model": "double",
    "change_sentence": "varchar",
}
_PREDICTIONS = f"""
create table scores.predictions (
    customer_id varchar not null,
    as_of_date date not null,
    model_name varchar not null,
    model_version varchar not null,
    raw_score double not null,
    churn_risk double not null,
    risk_decile integer not null,
    risk_band varchar,
    reasons_by varchar,
    reason_1_feature varchar,
    reason_1_value double,
    reason_1_contribution double,
    reason_1_sentence varchar,
    reason_2_feature varchar,
    reason_2_value double,
    reason_2_contribution double,
    reason_2_sentence varchar,
    reason_3_feature varchar,
    reason_3_value double,
    reason_3_contribution double,
    reason_3_sentence varchar,
    previous_as_of_date date,
    previous_risk double,
    change_by_data double,
    change_by_model double,
    change_sentence varchar
);
insert into scores.predictions by name
select * exclude (
    is_champion, is_eligible, ineligible_reason, base_rate, expected_value_365d, value_at_risk, horizon_days,
    feature_set_hash, scored_at
)
from {_SCORES}
where churn_risk is not null
order by as_of_date, model_name, customer_id;
"""
# Populations are those of the two models that Wellkept had: a further one followed the first's where it said nothing.
_SCORINGS = f"""
create table scores.scorings (
    as_of_date date not null,
    model_name varchar not null,
    model_version varchar not null,
    is_champion boolean not null,
    population varchar not null,
    base_rate double,
    horizon_days integer not null,
    feature_set_hash varchar not null,
    customers_scored bigint not null,
    scored_at timestamp not null,
    primary key (as_of_date, model_name)
);
insert into scores.scorings by name
select
    as_of_date, model_name, model_version, is_champion,
    case
        when model_name = 'subscription_churn_risk' then 'int_subscribers_qualified' else 'int_customers_qualified'
    end as population,
    max(base_rate) as base_rate, max(horizon_days) as horizon_days, max(feature_set_hash) as feature_set_hash,
    count(churn_risk) as customers_scored, max(scored_at) as scored_at
from {_SCORES}
group by as_of_date, model_name, model_version, is_champion
order by as_of_date, model_name;
"""


_NUMBERS_OF_VERSION_1 = {
    "horizon_days": 365,
    "max_customers": 100_000,
    "min_repeat_customers": 50,
    "min_backtest_days": 28,
    "draws": 200,
    "level": 0.8,
}


def apply(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables from what the score table holds; a home that never scored gets them with its first scores."""
    if has_table(connection, "scores", "value_models"):
        _carry_value_models(connection)
    if not has_table(connection, "scores", "feature_customer__churn_risk"):
        return
    for column, sql_type in _COLUMNS_OF_LATER_HOMES.items():
        connection.execute(f"alter table {_SCORES} add column if not exists {column} {sql_type}")
    connection.execute(_PREDICTIONS)
    connection.execute(_SCORINGS)


def _carry_value_models(connection: duckdb.DuckDBPyConnection) -> None:
    """What was called version 1 of a definition is the one that dbt has now, with the currency that it names."""
    told = connection.execute("select distinct definition from scores.value_models").fetchall()
    for (was,) in told:
        named = json.loads(was)
        if named.get("version") != 1:
            continue
        histories = table_hash(HISTORIES, {"reporting_currency": named["reporting_currency"]})
        now = json.dumps({"histories": histories, **_NUMBERS_OF_VERSION_1})
        connection.execute("update scores.value_models set definition = ? where definition = ?", [now, was])
