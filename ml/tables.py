"""The tables Python writes into the warehouse: scores, model versions and promotions."""

import duckdb

SCORES = "scores.feature_customer__churn_risk"
VERSIONS = "scores.model_versions"
PROMOTIONS = "scores.model_promotions"
"""Append-only, so that promoting an old version again leaves the days before with the champion they had."""

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
create table if not exists {VERSIONS} (
    model_name varchar not null,
    model_version varchar not null,
    sequence bigint not null,
    kind varchar not null,
    trained_as_of date not null,
    promoted_as_of date,
    grade varchar not null,
    base_rate double not null,
    training_rows bigint not null,
    training_days bigint not null,
    first_training_date date not null,
    last_training_date date not null,
    metrics varchar not null,
    features varchar not null,
    feature_set_hash varchar not null,
    parameters varchar not null,
    recipe varchar not null,
    content_hash varchar not null,
    model_sha256 varchar not null,
    calibration varchar,
    run_id varchar not null,
    created_at timestamp not null,
    primary key (model_name, model_version)
);
create table if not exists {PROMOTIONS} (
    sequence bigint not null primary key,
    model_name varchar not null,
    model_version varchar not null,
    promoted_as_of date not null,
    run_id varchar not null
);
"""


def ensure_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """All tables are there afterwards, empty where they were not, with all their columns."""
    connection.execute(_CREATE)
    for name, data_type in _ADDED.items():
        connection.execute(f"alter table {SCORES} add column if not exists {name} {data_type}")
    connection.execute(f"alter table {VERSIONS} add column if not exists calibration varchar")
