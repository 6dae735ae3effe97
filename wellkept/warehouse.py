"""The warehouse file: the only module that opens it, and the only one that calls dbt."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from wellkept.errors import BadInputError, WellkeptError
from wellkept.lock import hold_writer_lock, inherited_descriptors
from wellkept.log import get_logger
from wellkept.paths import DBT_PROJECT
from wellkept.permissions import keep_private
from wellkept.run import Run
from wellkept.settings import Settings, child_environment

log = get_logger(__name__)

_KEPT_BUILDS = 30
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
# What is made while the warehouse is open holds personal data, its write-ahead log above all: the owner's alone.
_PRIVATE_UMASK = 0o077


@contextmanager
def connect(run: Run, purpose: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, held alone under the writer lock and closed afterwards; times are UTC.

    Files made inside are for the owner only, unless their maker says otherwise.
    """
    holder = f"{purpose} (run {run.run_id})"
    with hold_writer_lock(run.home, holder, run.settings.lock_timeout_seconds), _private_files():
        connection = open_database(run.home.warehouse, run.home.scratch, run.settings)
        try:
            keep_private(run.home)
            yield connection
        finally:
            connection.close()


@contextmanager
def _private_files() -> Iterator[None]:
    before = os.umask(_PRIVATE_UMASK)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing."""
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def open_database(path: Path | str, scratch: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with our settings; the caller closes it, and for the warehouse holds the lock.

    A file that DuckDB cannot open is a WellkeptError that names it; a wrong memory limit is a BadInputError.
    """
    try:
        connection = duckdb.connect(str(path), config=engine_config(scratch, settings))
    except duckdb.Error as error:
        _check_memory_limit(settings)
        raise WellkeptError(_explain_unopened(path, str(error))) from error
    connection.execute("set TimeZone = 'UTC'")
    return connection


def read_memory_limit_gb(connection: duckdb.DuckDBPyConnection) -> float:
    """How much memory DuckDB allows itself, in GB."""
    row = connection.execute("select current_setting('memory_limit')").fetchone()
    amount, unit = str(row[0] if row else "1 GiB").split()
    return float(amount) * float(1024 ** _UNITS.index(unit)) / 1e9


def engine_config(scratch: Path, settings: Settings) -> dict[str, Any]:
    """What any DuckDB of ours is opened with: threads, the memory limit, and where it may spill."""
    scratch.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = {"threads": settings.threads, "temp_directory": str(scratch / "spill")}
    return {**config, "memory_limit": settings.memory_limit} if settings.memory_limit else config


def _check_memory_limit(settings: Settings) -> None:
    try:
        duckdb.connect(config={"memory_limit": settings.memory_limit} if settings.memory_limit else {}).close()
    except duckdb.Error as error:
        raise BadInputError(
            f"WELLKEPT_MEMORY_LIMIT is {settings.memory_limit!r}, which DuckDB does not take ({_first_line(error)}); "
            "write it like 8GB, or unset it"
        ) from None


def _own_memory_limit() -> str:
    """What DuckDB allows itself where nobody says otherwise."""
    with duckdb.connect() as connection:
        row = connection.execute("select current_setting('memory_limit')").fetchone()
    return str(row[0]) if row else ""


def _explain_unopened(path: Path | str, message: str) -> str:
    head = f"{path} could not be opened ({message.splitlines()[0]})"
    if "Could not set lock" in message:
        return f"{head}: close the program that has it open, then run this again"
    return (
        f"{head}. If it is damaged, put back a backup of it with its .wal, or set WELLKEPT_HOME to a fresh folder and load "
        "anew; readers keep the edition they have. `wellkept doctor` looks at disk and permissions"
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def checkpoint(run: Run) -> None:
    """Write the write-ahead log into the warehouse file and give freed blocks back."""
    with connect(run, "checkpointing the warehouse") as connection:
        connection.execute("checkpoint")


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
    command += ["--log-path", str(target / "logs"), "--no-use-colors", "--no-version-check"]
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
        umask=_PRIVATE_UMASK,
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
