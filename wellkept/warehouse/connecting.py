"""The warehouse file: the only module that opens it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.deployment.log import get_logger
from wellkept.deployment.permissions import keep_private
from wellkept.deployment.settings import Settings
from wellkept.runs.run import Run
from wellkept.warehouse.lock import hold_writer_lock

log = get_logger(__name__)

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
# What is made while the warehouse is open holds personal data, its write-ahead log above all: the owner's alone.
PRIVATE_UMASK = 0o077


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
    before = os.umask(PRIVATE_UMASK)
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
