"""The tables of the schema scores: the scores themselves beside model versions and promotions."""

import duckdb

from ml.versions import ensure_version_tables

SCORES = "scores.feature_customer__churn_risk"

_REASONS = ",\n".join(
    f"    reason_{number}_feature varchar,\n    reason_{number}_value double,\n"
    f"    reason_{number}_contribution double,\n    reason_{number}_sentence varchar"
    for number in (1, 2, 3)
)

_ADDED = {
    "reasons_by": "varchar",
    "previous_as_of_date": "date",
    "previous_risk": "double",
    "change_by_data": "double",
    "change_by_model": "double",
    "change_sentence": "varchar",
}
"""Columns of the score table that homes of an older version do not have; rows written before leave them NULL."""

_CREATE = f"""
create schema if not exists scores;
create table if not exists {SCORES} (
    customer_id varchar not null,
    as_of_date date not null,
    model_name varchar not null,
    model_version varchar not null,
    is_champion boolean not null,
    churn_risk double,
    raw_score double,
    risk_decile integer,
    risk_band varchar,
    is_eligible boolean not null,
    ineligible_reason varchar,
    base_rate double,
    expected_value_365d double,
    value_at_risk double,
{_REASONS},
    horizon_days integer not null,
    feature_set_hash varchar not null,
    scored_at timestamp not null
);
"""


def ensure_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """All tables are there afterwards, empty where they were not, with all their columns."""
    connection.execute(_CREATE)
    for name, data_type in _ADDED.items():
        connection.execute(f"alter table {SCORES} add column if not exists {name} {data_type}")
    ensure_version_tables(connection)
