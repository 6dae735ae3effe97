"""The history of scores, its SQL as dbt renders it: only what this run's parameters said."""

import json
from collections.abc import Callable

import duckdb
from dbt.context.base import BaseContext
from jinja2 import Environment, StrictUndefined

from ml.promote import describe_parameters
from ml.spec import load_spec
from ml.versions import VERSIONS, ensure_version_tables
from wellkept.deployment.paths import DBT_PROJECT, MODEL_SPECS
from wellkept.runs.run import Run

MODEL = DBT_PROJECT / "models" / "marts" / "churn_risk_history.sql"
SCORE_TABLE = "feature_customer__churn_risk"
MACROS = DBT_PROJECT / "macros" / "scores.sql"


def render(run: Run) -> str:
    """The model's SQL, with dbt's own tojson."""
    environment = Environment(undefined=StrictUndefined)  # noqa: S701  SQL, not HTML
    return environment.from_string(MACROS.read_text() + MODEL.read_text()).render(
        var=lambda name: json.loads(json.dumps(run.parameters[name])),
        as_of_date=lambda: f"date '{run.as_of_date}'",
        source=lambda schema, table: f"{schema}.{table}",
        ref=lambda table: f"scores.{table}",
        graph={"nodes": {f"model.wellkept.{SCORE_TABLE}": {"columns": ["customer_id", "as_of_date", "model_version"]}}},
        tojson=BaseContext.tojson,
    )


def test_only_rows_of_the_runs_parameters_are_kept(run_of: Callable[..., Run]) -> None:
    usual, what_if = run_of("2026-03-09"), run_of("2026-03-09", horizon_days=60, eligible_days=180)
    spec = load_spec(MODEL_SPECS / "churn_risk" / "spec.yml")
    with duckdb.connect() as connection:
        ensure_version_tables(connection)
        connection.execute(
            f"create table scores.{SCORE_TABLE} "
            "(customer_id text, as_of_date date, model_name text, model_version text, is_champion boolean)"
        )
        for version, run in (("usual", usual), ("what_if", what_if)):
            insert(connection, str(VERSIONS), model_version=version, parameters=describe_parameters(run, spec))
        for day, version in (("2026-03-02", "usual"), ("2026-03-03", "what_if"), ("2026-03-09", "usual")):
            insert(
                connection,
                f"scores.{SCORE_TABLE}",
                model_version=version,
                as_of_date=day,
                customer_id="c1",
                is_champion=True,
            )
        query = "select model_version, cast(as_of_date as varchar) from ({}) order by all"
        found = [connection.execute(query.format(render(run))).fetchall() for run in (usual, what_if)]
    assert found == [[("usual", "2026-03-02"), ("usual", "2026-03-09")], [("what_if", "2026-03-03")]]


def insert(connection: duckdb.DuckDBPyConnection, table: str, **values: object) -> None:
    """A row with these values; every other column that must not be NULL gets something."""
    columns = connection.execute(f'select column_name, column_type, "null" from (describe {table})').fetchall()
    fillers = {"VARCHAR": "x", "DATE": "2026-01-01", "TIMESTAMP": "2026-01-01"}
    row = {name: fillers.get(kind, 0) for name, kind, nullable in columns if nullable == "NO"}
    row |= {"model_name": "churn_risk", **values}
    places = ", ".join("?" for _ in row)
    connection.execute(f"insert into {table} ({', '.join(row)}) values ({places})", list(row.values()))
