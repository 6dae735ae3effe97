"""What must hold before an edition is written: the build is this run's, and the published gate let it pass."""

import json
from datetime import date
from typing import Any

import duckdb

from wellkept.deployment.errors import GateError, StaleBuildError
from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import open_database
from wellkept.warehouse.lock import hold_writer_lock
from wellkept.warehouse.sql import has_table

# They say what is kept and for how long; nothing that is built depends on them.
_NOT_BUILT_WITH = frozenset(
    {"kept_editions", "max_edition_bytes", "max_edition_age_hours", "kept_landing_days", "kept_daily_snapshots"}
)


def require_build(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """The marts were built by this run, for this day, with its parameters; otherwise something came between."""
    rows = _read_builds(connection)
    if rows != [(run.as_of_date, run.run_id)]:
        built = ", ".join(f"{day} by run {run_id}" for day, run_id in rows) or "nothing"
        raise StaleBuildError(
            f"the warehouse holds {built}, not {run.as_of_date} by run {run.run_id}; the edition was not published and "
            f"the last one stays: run `wellkept run --as-of {run.as_of_date}` again"
        )
    differing = _differing_parameters(connection, run)
    if differing:
        raise StaleBuildError(
            f"the warehouse holds {run.as_of_date} built with other parameters than this run has: {'; '.join(differing)}. "
            f"The edition was not published and the last one stays: run `wellkept run --as-of {run.as_of_date}` again"
        )


def _differing_parameters(connection: duckdb.DuckDBPyConnection, run: Run) -> list[str]:
    [(text,)] = connection.execute("select parameters from quality.build").fetchall()
    built, wanted = json.loads(text), json.loads(run.parameters.as_json())
    names = sorted({*built, *wanted} - _NOT_BUILT_WITH)
    return [
        f"{name} is {wanted.get(name)!r}, built with {built.get(name)!r}"
        for name in names
        if built.get(name) != wanted.get(name)
    ]


def read_build(home: Home, settings: Settings) -> tuple[date, str] | None:
    """The day and run that built what the warehouse holds now; None before the first build."""
    if not home.warehouse.exists():
        return None
    with hold_writer_lock(home, "looking what is built", settings.lock_timeout_seconds):
        connection = open_database(home.warehouse, home.scratch, settings)
        try:
            rows = _read_builds(connection)
        finally:
            connection.close()
    return rows[0] if rows else None


def _read_builds(connection: duckdb.DuckDBPyConnection) -> list[tuple[date, str]]:
    if not has_table(connection, "quality", "build"):
        return []
    return connection.execute("select as_of_date, run_id from quality.build").fetchall()


def require_passed_gate(connection: duckdb.DuckDBPyConnection, run: Run) -> dict[str, Any]:
    """A summary of the published gate's results for this run; a missing or failed verdict is a GateError."""
    rows: list[tuple[Any, ...]] = []
    if has_table(connection, "quality", "data_quality"):
        rows = connection.execute(_RESULTS, [run.as_of_date, run.run_id]).fetchall()
    if not rows:
        raise GateError(
            f"quality.data_quality holds no results of the published gate for {run.as_of_date} and run {run.run_id}; "
            "the edition was not published and the last one stays: run the step check_published first"
        )
    failed = [(f"{table}: {rule}", severity) for table, rule, severity, is_passed in rows if not is_passed]
    critical = [name for name, severity in failed if severity == "critical"]
    if critical:
        raise GateError(
            f"the published gate of {run.as_of_date} failed {len(critical)} critical rule(s): "
            f"{'; '.join(critical[:5])}; nothing was published and the last edition stays. "
            "Failing keys: table quality.data_quality"
        )
    warnings = [name for name, _ in failed]
    return {"rules": len(rows), "failed_critical": 0, "failed_warning": len(warnings), "warnings": warnings}


_RESULTS = """
select table_name, rule, severity, is_passed
from quality.data_quality
where door = 'published' and as_of_date = ? and run_id = ?
order by table_name, rule
"""
