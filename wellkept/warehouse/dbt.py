"""dbt, in a process of its own: the only module that calls it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.paths import DBT_PROJECT
from wellkept.deployment.settings import child_environment
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import PRIVATE_UMASK
from wellkept.warehouse.lock import hold_writer_lock, inherited_descriptors

_KEPT_BUILDS = 30


def prune_builds(run: Run) -> int:
    """Remove what dbt left of all but the newest builds; returns how many went."""
    folders = sorted(run.home.dbt.glob("*/"), key=lambda folder: folder.stat().st_mtime)
    old = [folder for folder in folders[:-_KEPT_BUILDS] if folder.name != run.run_id]
    for folder in old:
        shutil.rmtree(folder)
    return len(old)


def dbt(
    run: Run,
    *arguments: str,
    as_of_date: date | None = None,
    as_of_dates: Sequence[date] = (),
    warehouse: Path | None = None,
    project: Path = DBT_PROJECT,
    only_touched: bool = False,
) -> None:
    """Run one dbt command in a process of its own; failing nodes are named in the error.

    In the run's warehouse it holds the writer lock and builds the run's own day along with `as_of_dates`; in a
    scratch `warehouse` it builds just what it is told. With `only_touched` feature tables are built for the customers
    and days of features.touched alone.
    """
    day = as_of_date or run.as_of_date
    target = run.home.dbt_target(run.run_id)
    if warehouse:
        target = warehouse.with_suffix(".dbt")
        _call_dbt(run, arguments, day, as_of_dates or [day], warehouse, project, target, only_touched)
        return
    with hold_writer_lock(run.home, f"dbt {arguments[0]} (run {run.run_id})", run.settings.lock_timeout_seconds):
        _call_dbt(run, arguments, day, [*as_of_dates, day], run.home.warehouse, project, target, only_touched)


def _call_dbt(
    run: Run,
    arguments: Sequence[str],
    as_of_date: date,
    as_of_dates: Sequence[date],
    warehouse: Path,
    project: Path,
    target: Path,
    only_touched: bool,
) -> None:
    command = [sys.executable, "-m", "dbt.cli.main", *arguments]
    command += ["--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target)]
    # Its debug log took a tenth of a day's build; what fails is in output.log, what was run under run/.
    command += ["--log-path", str(target / "logs"), "--log-level-file", "none"]
    command += ["--no-use-colors", "--no-version-check"]
    command += ["--vars", json.dumps(dict(run.parameters))]
    if run.home.dbt_memory.exists():
        command += ["--partial-parse-file-path", str(run.home.dbt_memory)]
    target.mkdir(parents=True, exist_ok=True)
    (target / "run_results.json").unlink(missing_ok=True)
    environment = child_environment(
        WELLKEPT_WAREHOUSE=warehouse.name,
        WELLKEPT_THREADS=str(run.settings.threads),
        WELLKEPT_MEMORY_LIMIT=run.settings.memory_limit or _own_memory_limit(),
        WELLKEPT_AS_OF_DATE=as_of_date.isoformat(),
        WELLKEPT_AS_OF_DATES=",".join(day.isoformat() for day in sorted(set(as_of_dates))),
        WELLKEPT_ONLY_TOUCHED="true" if only_touched else "false",
    )
    done = subprocess.run(
        command,
        env=environment,
        cwd=warehouse.parent,
        capture_output=True,
        text=True,
        check=False,
        umask=PRIVATE_UMASK,
        pass_fds=inherited_descriptors(run.home),  # a dbt that outlives us keeps the lock
    )
    with (target / "output.log").open("a") as output:
        output.write(done.stdout + done.stderr)
    _remember_project(target, run.home.dbt_memory)
    if done.returncode:
        raise WellkeptError(_explain_failure(as_of_date, arguments[0], target, done.stdout + done.stderr))


def _remember_project(target: Path, memory: Path) -> None:
    """Keep what dbt has read of the project, so that the next call reads only what changed since."""
    read = target / memory.name
    if read.exists():
        memory.parent.mkdir(parents=True, exist_ok=True)
        read.replace(memory)


def _explain_failure(as_of_date: date, command: str, target: Path, output: str) -> str:
    head = f"dbt {command} failed for {as_of_date}; nothing was published. Its log: {target / 'output.log'}"
    results = target / "run_results.json"
    if not results.exists():
        return "\n".join([head, *output.strip().splitlines()[-12:]])
    failures = [
        f"  {result['unique_id']}: {' '.join((result['message'] or '').split())[:300]}"
        for result in json.loads(results.read_text())["results"]
        if result["status"] in ("error", "fail", "runtime error")
    ]
    return "\n".join([head, *failures[:10]])


def _own_memory_limit() -> str:
    """What DuckDB allows itself where nobody says otherwise."""
    with duckdb.connect() as connection:
        row = connection.execute("select current_setting('memory_limit')").fetchone()
    return str(row[0]) if row else ""
