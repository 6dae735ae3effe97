"""The home folder: made once, checked at every start, upgraded on demand."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from wellkept import __version__
from wellkept.deployment.clock import utc_now
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.log import get_logger
from wellkept.deployment.paths import Home
from wellkept.deployment.permissions import make_private
from wellkept.deployment.settings import Settings
from wellkept.editions.shelf import list_editions
from wellkept.operations.carried_definitions import carry_definitions, drop_redefined
from wellkept.operations.migrations import Migration, load_migrations
from wellkept.warehouse.connecting import open_database, transaction
from wellkept.warehouse.lock import hold_writer_lock

FORMAT = 3
_LOG = get_logger(__name__)
# Everything dbt makes; the next run builds it anew from raw and scores. Of the snapshots of features and labels stay those
# of a definition that still gives the same rows.
_SNAPSHOT_SCHEMAS = ("features", "labels")
_REBUILT_SCHEMAS = ("staging", "intermediate", "marts", "seeds")


def open_home(home: Home) -> None:
    """The home exists, in this version's format and private; a new folder is made, another format refused with advice.

    A home whose warehouse is gone is refused too: a new one would hold none of the past its editions tell of.
    """
    require_warehouse(home)
    if not home.format_file.exists():
        _make_home(home)
    found = read_format(home)
    if found > FORMAT:
        raise WellkeptError(_too_new(home, found, FORMAT))
    if found < FORMAT:
        raise WellkeptError(
            f"the home {home.root} has format {found} and this Wellkept ({__version__}) needs {FORMAT}: "
            "run `wellkept upgrade`, which makes a backup first"
        )
    _make_private(home)


def require_warehouse(home: Home) -> None:
    """A WellkeptError where editions were made from a warehouse that is no longer there."""
    editions = list_editions(home)
    if editions and not home.warehouse.exists():
        raise WellkeptError(
            f"{home.warehouse} is gone, and the editions up to {editions[-1].as_of_date} were made from it: restore it "
            "from a backup, or set WELLKEPT_HOME to a fresh folder and load anew; readers keep what is published"
        )


def read_format(home: Home) -> int:
    """The format that home.json states."""
    try:
        return int(_read(home)["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WellkeptError(
            f"{home.format_file} cannot be read ({type(error).__name__}): restore it from a backup, "
            "or set WELLKEPT_HOME to another folder"
        ) from None


def upgrade(home: Home, settings: Settings, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Brings the home to the newest format, after a backup of the warehouse; the names of what was applied.

    Killed at any point it can be run again: each migration commits together with the note that it is done.
    """
    known = list(load_migrations() if migrations is None else migrations)
    target = max([FORMAT, *(migration.number for migration in known)])
    with hold_writer_lock(home, "upgrading the home", settings.lock_timeout_seconds):
        found = read_format(home)
        if found > target:
            raise WellkeptError(_too_new(home, found, target))
        due = [migration for migration in known if migration.number > found]
        if due and home.warehouse.exists():
            _migrate(home, settings, due, found)
        if found < target:
            _write(home, {**_read(home), "format": target, "upgraded_by": __version__})
    return [migration.name for migration in due]


def _migrate(home: Home, settings: Settings, due: Sequence[Migration], found: int) -> None:
    connection = open_database(home.warehouse, home.scratch, settings)
    try:
        connection.execute("checkpoint")
    finally:
        connection.close()
    _LOG.info("the warehouse as it was is kept in %s", _back_up(home, found))
    connection = open_database(home.warehouse, home.scratch, settings)
    try:
        _apply(connection, due)
        hashes = carry_definitions(connection, home, rebuilt_schemas=(*_REBUILT_SCHEMAS, *_SNAPSHOT_SCHEMAS))
        kept = drop_redefined(connection, set(hashes.values()))
        _LOG.info("kept the snapshots of %d tables of features and labels", len(kept))
        for schema in _REBUILT_SCHEMAS:
            connection.execute(f"drop schema if exists {schema} cascade")
        connection.execute("checkpoint")
    finally:
        connection.close()


def _apply(connection: duckdb.DuckDBPyConnection, due: Sequence[Migration]) -> None:
    connection.execute("create schema if not exists home")
    connection.execute("create table if not exists home.migrations (number integer, name text, applied_at timestamptz)")
    done = {number for (number,) in connection.execute("select number from home.migrations").fetchall()}
    for migration in sorted(due, key=lambda one: one.number):
        if migration.number in done:
            continue
        _LOG.info("applying %s", migration.name)
        with transaction(connection):
            migration.apply(connection)
            row = [migration.number, migration.name, utc_now()]
            connection.execute("insert into home.migrations values (?, ?, ?)", row)


def _back_up(home: Home, found: int) -> Path:
    size = home.warehouse.stat().st_size
    if shutil.disk_usage(home.root).free < 2 * size:
        raise WellkeptError(
            f"the backup of {home.warehouse} ({size / 1e9:.1f} GB) and the upgrade do not fit on the disk: "
            "make room, then run `wellkept upgrade` again; nothing was changed"
        )
    home.backups.mkdir(mode=0o700, exist_ok=True)
    backup = home.backups / f"warehouse-format-{found}.duckdb"
    # The first backup of a format is the one from before any migration; a repeated upgrade must not replace it.
    if not backup.exists():
        temporary = backup.with_suffix(".part")
        shutil.copyfile(home.warehouse, temporary)
        temporary.replace(backup)
    return backup


def _make_home(home: Home) -> None:
    if home.warehouse.exists():
        raise WellkeptError(
            f"{home.root} holds {home.warehouse.name} but no {home.format_file.name}, so its format is unknown: "
            "restore that file from a backup, or set WELLKEPT_HOME to another folder"
        )
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        _write(home, {"format": FORMAT, "created_by": __version__})
    except OSError as error:
        raise WellkeptError(
            f"the home {home.root} cannot be made ({error.strerror}): set WELLKEPT_HOME to a folder you may write to"
        ) from None


def _make_private(home: Home) -> None:
    try:
        make_private(home)
    except OSError as error:
        raise WellkeptError(
            f"the home {home.root} cannot be written to ({error.strerror}): set WELLKEPT_HOME to a folder you may write to"
        ) from None


def _read(home: Home) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(home.format_file.read_text(encoding="utf-8"))
    return content


def _write(home: Home, content: dict[str, Any]) -> None:
    temporary = home.format_file.with_name(f"{home.format_file.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    temporary.replace(home.format_file)


def _too_new(home: Home, found: int, readable: int) -> str:
    return (
        f"the home {home.root} has format {found}, made by a newer Wellkept; this one ({__version__}) reads up to "
        f"{readable}: install the newer version, or set WELLKEPT_HOME to another folder"
    )
