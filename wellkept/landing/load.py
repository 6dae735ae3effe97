"""Load a day's landing files into raw: append-only versions, in one transaction, or nothing at all."""

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any

import duckdb

from wellkept.deployment.clock import parse_day
from wellkept.deployment.errors import GateError
from wellkept.deployment.log import get_logger
from wellkept.landing import currencies, known_files, loads, quarantine, raw, reads, waiting
from wellkept.landing.contract import ENTITIES, Entity
from wellkept.landing.tombstones import append_tombstones
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect, transaction
from wellkept.warehouse.sql import count_rows

log = get_logger(__name__)

_A_FEW = 5
"""Unusable rows that never stop an increment: of thirty rows a day, one is 3 %."""


@dataclass(frozen=True)
class Counts:
    """What became of an entity's rows: those read and those released are what the others add up to, but for the last."""

    rows_read: int
    rows_released: int
    """Read on an earlier day, and waited for this one."""
    rows_new: int
    rows_changed: int
    rows_unchanged: int
    rows_waiting: int
    rows_duplicate: int
    rows_superseded: int
    rows_quarantined: int
    rows_vanished: int
    """Not read any more, though this source says that it delivers all there is."""


def load_day(run: Run) -> dict[str, int]:
    """Load every source's landing files of the run's day; a day that is loaded already is left as it is.

    More than `max_quarantined_share` unusable rows, two versions of a row that cannot be told apart, or a count that
    does not add up is a GateError that names the table, and nothing is loaded.
    """
    summary: dict[str, int] = {}
    with connect(run, f"loading {run.as_of_date} into raw") as connection, transaction(connection):
        raw.create_tables(connection)
        for source in sorted(run.sources):
            folder = run.home.landing(run.as_of_date, source)
            if not _is_due(connection, run, source, folder):
                continue
            raw.forget_day(connection, source, run.as_of_date)
            for entity, counts in _load_source(connection, run, source, folder).items():
                summary[f"{source}.{entity}.new"] = counts.rows_new
                summary[f"{source}.{entity}.changed"] = counts.rows_changed
                summary[f"{source}.{entity}.quarantined"] = counts.rows_quarantined
        _check_there_are_orders(connection, run)
        currencies.check_rates(connection, run)
    return summary


def _check_there_are_orders(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    if run.sources and not count_rows(connection, "raw.orders"):
        raise GateError(
            f"orders for {run.as_of_date}: no source has brought a single order that happened before the day; nothing was "
            "loaded. Orders are the one entity that must be there: look at the sources, or choose a later day"
        )


def prune_landing(run: Run) -> int:
    """Remove the landing files of days more than `kept_landing_days` before the run's; returns how many days."""
    oldest = run.as_of_date - timedelta(days=run.parameters.integer("kept_landing_days"))
    folders = [folder for folder in run.home.landing_root.glob("????-??-??") if parse_day(folder.name) < oldest]
    for folder in folders:
        rmtree(folder)
    return len(folders)


def _is_due(connection: duckdb.DuckDBPyConnection, run: Run, source: str, folder: Path) -> bool:
    last = loads.read_last_day(connection, source)
    if last and last > run.as_of_date:
        if run.is_re_extract:
            raise GateError(
                f"source {source}: {run.as_of_date} cannot be extracted again, later days up to {last} stand on it; "
                "re-extract the last loaded day, or load anew into a fresh home"
            )
        return False
    if last == run.as_of_date and not run.is_re_extract:
        return False
    if not (folder / "extract.json").exists():
        raise GateError(f"source {source}: no landing files for {run.as_of_date} under {folder}; extract the day first")
    return True


def _load_source(connection: duckdb.DuckDBPyConnection, run: Run, source: str, folder: Path) -> dict[str, Counts]:
    extracted = json.loads((folder / "extract.json").read_text())["entities"]
    quarantine.stage_quarantine(connection, folder)
    loaded: dict[str, Counts] = {}
    for name, entity in ENTITIES.items():  # orders stand before what hangs on them
        if name in extracted:
            loaded[name] = _load_entity(connection, run, source, folder, entity, extracted[name])
    quarantine.keep_quarantine(connection, run, source)
    return loaded


def _load_entity(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    source: str,
    folder: Path,
    entity: Entity,
    extracted: dict[str, Any],
) -> Counts:
    _check_columns(connection, run, source, entity, extracted)
    raw.stage_rows(connection, entity, folder)
    is_complete = extracted["is_complete"]
    released, early_quarantined = waiting.stage_waiting(connection, run, source, entity, folder, is_complete)
    early = waiting.set_early_aside(connection, entity, source, run)
    files_with_orphans = raw.set_orphans_aside(connection, entity, source, extracted["is_redelivered"])
    waiting.keep_waiting(connection, run, source, entity)
    raw.check_owner(connection, entity, source, run.as_of_date)
    kept = count_rows(connection, "staged")
    distinct = raw.collapse_duplicates(connection, entity)
    superseded = raw.keep_newest(connection, entity, source, run.as_of_date)
    last_run = loads.read_last_day(connection, source, entity.name)
    new, changed, outdated = raw.append_versions(connection, run, source, entity, last_run, is_complete)
    vanished = append_tombstones(connection, run, source, entity, folder) if is_complete else 0
    counts = Counts(
        rows_read=extracted["rows_read"],
        rows_released=released,
        rows_new=new,
        rows_changed=changed,
        rows_unchanged=distinct - superseded - outdated - new - changed,
        rows_waiting=extracted["rows_waiting"] - early_quarantined + early,
        rows_duplicate=kept - distinct,
        rows_superseded=superseded + outdated,
        rows_quarantined=count_rows(connection, f"quarantined where entity = '{entity.name}'"),
        rows_vanished=vanished,
    )
    is_increment = last_run is not None and not is_complete and not extracted["is_redelivered"]
    newly_quarantined = quarantine.count_first_quarantined(connection, source, entity)
    _check_counts(run, source, entity, counts, newly_quarantined, _A_FEW if is_increment else 0)
    whole_files = extracted.get("whole_files", {})
    read_whole = {file: state for file, state in whole_files.items() if file not in files_with_orphans}
    known_files.note_files(connection, run, source, entity.name, read_whole)
    reads.note_reads(connection, run, source, entity.name, extracted["reads"])
    raw.note_load(
        connection, run, source, entity.name, asdict(counts), extracted["columns"], extracted["unknown_columns"]
    )
    if extracted["unknown_columns"]:
        log.warning(
            "%s for %s from source %s: unknown columns kept aside: %s",
            entity.name,
            run.as_of_date,
            source,
            ", ".join(extracted["unknown_columns"]),
        )
    return counts


def _check_columns(
    connection: duckdb.DuckDBPyConnection, run: Run, source: str, entity: Entity, extracted: dict[str, Any]
) -> None:
    """A column that a source delivered and delivers no more must not turn into NULL in silence."""
    last = loads.read_last_columns(connection, source, entity.name)
    if not last or not extracted["rows_read"]:
        return
    day, columns = last
    gone = [
        name for name in columns if name not in extracted["columns"] and not loads.does_without(run, entity.name, name)
    ]
    if gone:
        names = ",".join(f"{entity.name}.{name}" for name in gone)
        raise GateError(
            f"{entity.name} for {run.as_of_date} from source {source}: column {', '.join(gone)} is no longer delivered (it "
            f"was on {day}); nothing was loaded. Mend the source, or go on without it: run the day again with "
            f"--set accept_missing_columns={names}"
        )


def _check_counts(
    run: Run, source: str, entity: Entity, counts: Counts, newly_quarantined: int, tolerated: int
) -> None:
    """A GateError where rows are lost, or too many are unusable; one that was quarantined before counts no more."""
    where = f"{entity.name} for {run.as_of_date} from source {source}"
    delivered = counts.rows_read + counts.rows_released
    total = sum(asdict(counts).values()) - delivered - counts.rows_vanished
    if total != delivered:
        raise GateError(f"{where}: {delivered} rows were delivered but {total} accounted for; nothing was loaded")
    share = newly_quarantined / max(counts.rows_read, 1)
    limit = run.parameters.number("max_quarantined_share")
    if share > limit and newly_quarantined > tolerated:
        folder = run.home.landing(run.as_of_date, source)
        raise GateError(
            f"{where}: {newly_quarantined} of {counts.rows_read} rows are unusable ({share:.1%}, more than "
            f"max_quarantined_share {limit:.1%}); nothing was loaded. Reasons and rows: {folder}/quarantine.parquet and "
            "failing_rows.parquet. Mend the source, or raise the limit with --set max_quarantined_share=..."
        )
