"""The one row of the table `edition`: what a reader must know before trusting the others."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import duckdb

from wellkept import __version__
from wellkept.deployment.clock import utc_now
from wellkept.landing.loads import read_watermarks
from wellkept.runs.records import read_run
from wellkept.runs.run import Run
from wellkept.warehouse.records import SqlType, Table, ensure_table, insert_rows


@dataclass(frozen=True)
class Facts:
    """What an edition is: the row of its table `edition`."""

    as_of_date: Annotated[date, "The day this edition describes: what was known at 00:00 UTC of it."]
    run_id: Annotated[str, "The run that built it; its record has the same name."]
    published_at: Annotated[datetime, "When it was published, UTC.", SqlType("timestamptz")]
    wellkept_version: Annotated[str, "The version of Wellkept that built it."]
    parameters: Annotated[str, "All business parameters it was built with, as JSON."]
    model_name: Annotated[str | None, "The model behind churn_risk; NULL where there are no scores."]
    model_version: Annotated[str | None, "Its version; see model_versions."]
    model_grade: Annotated[str | None, "How far the model earned its place; see model_versions."]
    scores_missing_reason: Annotated[str | None, "Why there are no scores; NULL where there are."]
    sources: Annotated[str, "The sources it was built from and the last day loaded from each, as JSON."]
    raw_watermark: Annotated[date | None, "The last day, up to as_of_date, that was loaded from any source."]


def read_facts(connection: duckdb.DuckDBPyConnection, run: Run) -> Facts:
    """The row, from the warehouse and the run."""
    sources = read_watermarks(connection, run.as_of_date)
    name, version = _read_model(connection)
    return Facts(
        as_of_date=run.as_of_date,
        run_id=run.run_id,
        published_at=utc_now(),
        wellkept_version=__version__,
        parameters=run.parameters.as_json(),
        model_name=name,
        model_version=version,
        model_grade=_read_grade(connection, name, version),
        scores_missing_reason=None if name else _missing_reason(run),
        sources=json.dumps(sources, sort_keys=True),
        raw_watermark=max(map(date.fromisoformat, sources.values()), default=None),
    )


def count_quarantined(connection: duckdb.DuckDBPyConnection, run: Run) -> dict[str, int]:
    """Rows in quarantine: of the run's day, and of all days up to it."""
    if not _has_column(connection, "raw", "loads", "rows_quarantined"):
        return {"day": 0, "total": 0}
    of_day, total = connection.execute(
        "select coalesce(sum(rows_quarantined) filter (where as_of_date = $day), 0)::bigint, "
        "coalesce(sum(rows_quarantined), 0)::bigint from raw.loads where as_of_date <= $day",
        {"day": run.as_of_date},
    ).fetchall()[0]
    return {"day": of_day, "total": total}


def write_facts(connection: duckdb.DuckDBPyConnection, database: str, facts: Facts) -> None:
    """The table `edition` in the attached database, with the facts as its one row."""
    edition = Table(f"{database}.main.edition", Facts, "One row: what this edition is.")
    ensure_table(connection, edition)
    insert_rows(connection, edition, [facts])


def _read_model(connection: duckdb.DuckDBPyConnection) -> tuple[str | None, str | None]:
    row = connection.execute(
        "select model_name, model_version::varchar from marts.churn_risk where churn_risk is not null "
        "group by model_name, model_version order by model_name, model_version limit 1"
    ).fetchone()
    return (row[0], row[1]) if row else (None, None)


def _read_grade(connection: duckdb.DuckDBPyConnection, name: str | None, version: str | None) -> str | None:
    if name is None or not _has_column(connection, "marts", "model_versions", "grade"):
        return None
    row = connection.execute(
        "select grade from marts.model_versions where model_name = ? and model_version::varchar = ?", [name, version]
    ).fetchone()
    return row[0] if row else None


def _missing_reason(run: Run) -> str:
    record = read_run(run.home, run.run_id) or {"steps": []}
    told = [step.get("rows", {}).get("scores_missing_reason") for step in record["steps"]]
    reasons = [str(reason) for reason in told if reason]
    return reasons[-1] if reasons else f"no model was champion on {run.as_of_date}"


def _has_column(connection: duckdb.DuckDBPyConnection, schema: str, table: str, column: str) -> bool:
    found = connection.execute(
        "select 1 from duckdb_columns() where database_name = current_database() "
        "and schema_name = ? and table_name = ? and column_name = ?",
        [schema, table, column],
    )
    return found.fetchone() is not None
