"""Extract a day: each source's rows as landing files, whole or not at all."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

from wellkept.deployment.errors import BadInputError
from wellkept.deployment.log import get_logger
from wellkept.landing.known_files import known_files
from wellkept.landing.loads import last_loaded_day, read_last_day
from wellkept.landing.reads import last_reads
from wellkept.landing.request import FileState, LastRead, Request
from wellkept.runs.run import Run
from wellkept.sources import read_source
from wellkept.warehouse.connecting import connect, engine_config

log = get_logger(__name__)


def names(run: Run) -> list[str]:
    """The sources the run reads, in order; without any, a day that raw already holds still runs."""
    if run.sources:
        return sorted(run.sources)
    loaded = last_loaded_day(run)
    if loaded and run.as_of_date <= loaded:
        return []
    raise BadInputError(
        f"no source to read {run.as_of_date} from: give --source FOLDER, or name one under [sources] in "
        f"{run.settings.config} (docs/wellkept.toml is an example)"
    )


def extract(run: Run, name: str) -> dict[str, Any]:
    """Write what source `name` has for the run's day to its landing folder, whole or not at all.

    A day that is loaded is never extracted again unless the run says re-extract: its landing files are the record.
    """
    last, reads, files = _look_into_raw(run, name)
    if last and (last > run.as_of_date or (last == run.as_of_date and not run.is_re_extract)):
        log.info("source %s: raw holds its days up to %s; %s is not extracted again", name, last, run.as_of_date)
        return {"source": name, "status": "already loaded"}
    folder = run.home.landing(run.as_of_date, name)
    part = folder.with_name(f".{name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    spill = run.home.scratch / f"extract-{name}"  # its own: sources are read beside each other
    try:
        request = Request(name, run.as_of_date, part, reads, files, engine_config(spill, run.settings))
        summary = read_source(run.sources[name], request)
    finally:
        shutil.rmtree(spill, ignore_errors=True)
    _replace(folder, part, {"source": name, "as_of_date": run.as_of_date.isoformat(), "run_id": run.run_id, **summary})
    return {
        "source": name,
        "status": "extracted",
        **{entity: kept["rows_kept"] for entity, kept in summary["entities"].items()},
    }


def _look_into_raw(
    run: Run, source: str
) -> tuple[date | None, dict[tuple[str, str], LastRead], dict[tuple[str, str], FileState]]:
    """The last day raw holds of the source, how far it was read before the run's day, and which files it need not give."""
    if not run.home.warehouse.exists():
        return None, {}, {}
    with connect(run, f"looking what raw holds of source {source}") as connection:
        return (
            read_last_day(connection, source),
            last_reads(connection, run, source),
            known_files(connection, run, source),
        )


def _replace(folder: Path, part: Path, record: dict[str, Any]) -> None:
    (part / "extract.json").write_text(json.dumps(record, indent=2))
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
