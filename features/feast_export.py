"""Held snapshots as a Feast repository: Parquet files, definitions, and a manifest that says what they are."""

import json
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from features.feast_definitions import STATE, STORE, write_definitions
from features.registry import Feature, load
from features.snapshots import create_tables, find_missing
from wellkept import __version__
from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.project.definitions import table_hash
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect
from wellkept.warehouse.sql import literal

MANIFEST = "wellkept.json"

_TAKEN = frozenset({"rn", "entity_row_id", "event_timestamp", "created_timestamp", "event_expire_timestamp"})
"""Columns that Feast makes up in its joins; it also drops every column that ends like its own copies do."""
_DROPPED_ENDING = "_y"


def export_feast(
    run: Run, folder: Path, days: Sequence[date] = (), first: date = date.min, last: date = date.max
) -> dict[str, int]:
    """Write a Feast repository of the held days into the folder, whole or not at all; returns the rows of each group.

    All days that every group holds by the present definition, or those of them from `first` to `last`, or exactly `days`,
    each of which must be held. The folder is new, empty, or an earlier export, whose registry and online store are kept.
    """
    features = load()
    check_names(features)
    if first > last:
        raise BadInputError(f"--from {first} lies after --to {last}; give the earlier day first")
    target = folder.expanduser().resolve()
    _check_folder(target)
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        (part / "data").mkdir(parents=True)
        hashes = {feature.group: table_hash(feature.group, run.parameters) for feature in features}
        with connect(run, f"exporting features to {target}") as connection:
            chosen = _choose_days(connection, run, hashes, days, first, last)
            rows = {group: _write_rows(connection, group, features, chosen, part / "data") for group in hashes}
        (part / "feature_store.yaml").write_text(STORE, encoding="utf-8")
        (part / "definitions.py").write_text(write_definitions(features, hashes), encoding="utf-8")
        (part / MANIFEST).write_text(_describe(run, chosen, hashes, rows), encoding="utf-8")
        _put_in_place(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return rows


def check_names(features: Collection[Feature]) -> None:
    """No feature has a name that Feast would lose or mistake for its own; else a WellkeptError names them."""
    wrong = [feature.name for feature in features if feature.name in _TAKEN or feature.name.endswith(_DROPPED_ENDING)]
    if wrong:
        raise WellkeptError(
            f"Feast cannot hold features named {', '.join(wrong)}: it drops names that end in {_DROPPED_ENDING} and uses "
            f"{', '.join(sorted(_TAKEN))} itself; rename them in dbt_project/models/features"
        )


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise BadInputError(f"{folder} is a file; give a folder that is new, empty or an earlier export")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).exists():
        raise BadInputError(
            f"{folder} holds files that are not an export of ours (it has no {MANIFEST}); give a new or an empty folder"
        )
    if not folder.parent.is_dir():
        raise BadInputError(f"{folder}: there is no folder {folder.parent}")
    if folder.is_mount() or not os.access(folder.parent, os.W_OK):
        raise BadInputError(
            f"{folder}: an export is put in the place of its folder, and this one cannot be replaced (it is a mount point, or "
            f"{folder.parent} may not be written to); give a folder below one that may"
        )


def _choose_days(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    hashes: Mapping[str, str],
    days: Sequence[date],
    first: date,
    last: date,
) -> list[date]:
    """The days to export, in order; a named day that a group does not hold by its present definition is an error."""
    create_tables(connection)
    known = connection.execute(
        "select distinct as_of_date from features.snapshots where as_of_date <= ?", [run.as_of_date]
    )
    wanted = sorted(set(days)) or sorted(day for (day,) in known.fetchall() if first <= day <= last)
    missing = {
        group: find_missing(connection, group, definition, wanted, run.as_of_date)
        for group, definition in hashes.items()
    }
    if days and any(missing.values()):
        group, (day, *_) = next((group, gone) for group, gone in missing.items() if gone)
        raise BadInputError(
            f"{group} holds no snapshot of {day} by its present definition; build it first: "
            f"wellkept features backfill --from {day} --to {day}"
        )
    gone = {day for days_missing in missing.values() for day in days_missing}
    held = [day for day in wanted if day not in gone]
    if not held:
        raise WellkeptError(
            f"no day of those is held by every feature group in {run.home.root} by its present definition; run the day, which "
            f"builds held days again: wellkept run --as-of {run.as_of_date}"
        )
    return held


def _write_rows(
    connection: duckdb.DuckDBPyConnection, group: str, features: Sequence[Feature], days: Sequence[date], folder: Path
) -> int:
    names = ", ".join(f"held.{feature.name}" for feature in features if feature.group == group)
    # A date as a time is 00:00 of it, and the connection's times are UTC.
    row = connection.execute(
        f"""
        copy (
            select
                held.customer_id,
                cast(held.as_of_date as timestamptz) as event_timestamp,
                cast(snapshots.built_at as timestamptz) as created_timestamp,
                {names}
            from features.{group} as held
            inner join features.snapshots as snapshots
                on snapshots.table_name = {literal(group)} and snapshots.as_of_date = held.as_of_date
            where list_contains([{", ".join(f"date '{day}'" for day in days)}], held.as_of_date)
            order by held.as_of_date, held.customer_id
        ) to {literal(folder / f"{group}.parquet")} (format parquet, compression zstd)
        """
    ).fetchone()
    return int(row[0]) if row else 0


def _describe(run: Run, days: Sequence[date], hashes: Mapping[str, str], rows: Mapping[str, int]) -> str:
    content = {
        "written_by": f"wellkept {__version__}",
        "run_id": run.run_id,
        "as_of_date": run.as_of_date.isoformat(),
        "days": [day.isoformat() for day in days],
        "groups": {group: {"definition_hash": hashes[group], "rows": rows[group]} for group in hashes},
    }
    return json.dumps(content, indent=2) + "\n"


def _put_in_place(part: Path, target: Path) -> None:
    """The new export stands where the old one did; what Feast keeps in it goes along."""
    old = target.with_name(f".{target.name}.old")
    if old.exists() and not target.exists():  # an export was killed between the two renames below
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    if (target / STATE).is_dir():
        shutil.copytree(target / STATE, part / STATE)
    else:
        (part / STATE).mkdir()
    if target.exists():
        target.rename(old)
    part.rename(target)
    shutil.rmtree(old, ignore_errors=True)
