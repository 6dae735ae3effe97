"""A warehouse as it is just before publishing: small, whole, and different from day to day."""

import json
from datetime import date
from pathlib import Path

import duckdb

from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings
from wellkept.editions.publish import PUBLISHED_TABLES
from wellkept.project.parameters import Parameters, Value
from wellkept.runs.run import Run

DAY = date(2011, 9, 10)

_TABLES = """
create schema if not exists marts;
create schema if not exists quality;
create schema if not exists raw;
create schema if not exists features;
create or replace table features.feature_registry as
    select {day} as as_of_date, 'f' || i as feature_name from range({rows}) as ids (i);
create or replace table marts.customers (as_of_date date not null, customer_id varchar not null, "group" varchar);
insert into marts.customers select {day}, 'c' || i, 'champions' from range({rows}) as ids (i);
comment on table marts.customers is 'One row per customer''s day.';
comment on column marts.customers.customer_id is 'Whose row it is.';
create or replace table marts.customer_contacts as
    select {day} as as_of_date, 'c0' as customer_id, 'ann@example.com' as email;
create or replace table marts.customer_keys as
    select {day} as as_of_date, 'files' as source_system, 'c0' as source_customer_id, 'c0' as customer_id;
create or replace table marts.orders as
    select {day} as as_of_date, 'o' || i as order_id, (i * 1.25)::decimal(18, 2) as total_amount
    from range({rows}) as ids (i);
create or replace table marts.lifecycle_states as
    select {day} as as_of_date, 'c' || i as customer_id, 'active' as state, null::date as valid_to
    from range({rows}) as ids (i);
create or replace table marts.churn_risk as
    select {day} as as_of_date, 'c' || i as customer_id, 'churn_risk' as model_name, 'v1' as model_version,
        i / {rows} as churn_risk, get_current_timestamp() as scored_at
    from range({rows}) as ids (i);
create or replace table marts.churn_risk_history as select * from marts.churn_risk;
create or replace table marts.model_versions as
    select 'churn_risk' as model_name, 'v1' as model_version, 'good' as grade, date '2011-01-01' as trained_as_of,
        get_current_timestamp() as created_at;
create or replace table raw.loads as
    select {day} as as_of_date, 'files' as source, 'orders' as entity, 3 as rows_quarantined;
create or replace table quality.build as select {day} as as_of_date, '{run_id}' as run_id, '{parameters}' as parameters;
create or replace table quality.feature_drift as
    select {day} as as_of_date, 'churn_risk' as model_name, 'f' || i as feature_name, 'stable' as status
    from range({rows}) as ids (i);
create schema if not exists scores;
create or replace table scores.customer_value as
    select {day} as as_of_date, 'c' || i as customer_id, 12.5 as expected_value_365d from range({rows}) as ids (i);
create or replace table scores.value_models as select date '2011-09-01' as fitted_as_of, 40 as customers;
create or replace table quality.score_drift as
    select {day} as as_of_date, 'churn_risk' as model_name, 'stable' as status;
create or replace table quality.model_performance as
    select {day} as as_of_date, 'churn_risk' as model_name, 'v1' as model_version, {day} - 91 as scored_date,
        'passed' as status;
create or replace table quality.leak_audit as
    select day as as_of_date, 'feature_customer__orders' as table_name, 'orders_count_90d' as column_name, 'clean' as verdict
    from (values (date '2011-01-01'), (date '2011-01-08'), (date '2012-12-01')) as proofs (day);
create or replace table quality.data_quality (
    as_of_date date not null, run_id varchar not null, door varchar not null, table_name varchar not null,
    rule varchar not null, severity varchar not null, is_passed boolean not null, checked_at timestamp not null
);
insert into quality.data_quality values
    ({day}, '{run_id}', 'raw', 'orders', 'has rows', 'critical', false, '2026-01-01'),
    ({day}, '{run_id}', 'published', 'orders', 'has rows', 'critical', true, '2026-01-01'),
    ({day}, '{run_id}', 'published', 'customers', 'is fresh', 'warning', false, '2026-01-01'),
    (date '2011-01-01', 'old', 'published', 'orders', 'has rows', 'critical', true, '2026-01-01');
"""


# What `publish` takes as it finds it, whatever its columns are.
_PLAIN = """
create or replace table marts.{table} as select {day} as as_of_date, 'c' || i as customer_id from range({rows}) as ids (i);
"""


def make_run(root: Path, day: date = DAY, run_id: str = "r1", **parameters: Value) -> Run:
    return Run(Home(root), day, run_id, Parameters(parameters), {}, Settings(threads=1))


def count_rows(day: date) -> int:
    """How many rows each table of a day has: no two days alike."""
    return 100 + day.toordinal() % 1000


def build(run: Run) -> None:
    """All that `publish` reads, for the run's day, in its warehouse."""
    day, rows = f"date '{run.as_of_date}'", count_rows(run.as_of_date)
    statements = _TABLES.format(day=day, rows=rows, run_id=run.run_id, parameters=run.parameters.as_json())
    for published in PUBLISHED_TABLES:
        if f"{published.schema}.{published.name} " not in _TABLES:
            statements += _PLAIN.format(table=published.name, day=day, rows=rows)
    run.home.root.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.execute(statements)


def change(run: Run, statement: str) -> None:
    """One statement on the warehouse."""
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.execute(statement)


def read_day(home: Home) -> date:
    """The day readers get now, after checking that every table is whole and of that day."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.link}' as edition (read_only)")
        (day,) = connection.execute("select as_of_date from edition.edition").fetchall()[0]
        for table in ("customers", "orders", "lifecycle_states", "churn_risk"):
            query = f"select count(*), min(as_of_date), max(as_of_date) from edition.{table}"
            assert connection.execute(query).fetchall() == [(count_rows(day), day, day)]
    assert isinstance(day, date)
    return day


def read_hashes(path: str) -> dict[str, str]:
    """The content hash of each table, from an edition's manifest."""
    manifest = json.loads(Path(path).with_suffix(".json").read_text())
    return {name: table["content_hash"] for name, table in manifest["tables"].items()}
