"""The record of each run: which steps it took, how long, how much, and why it failed."""

import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from wellkept.deployment.clock import utc_now
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.log import get_logger
from wellkept.deployment.paths import Home
from wellkept.runs.run import Run

_LOG = get_logger(__name__)
_E_MAIL = re.compile(r"[^\s'\"<>]+@[^\s'\"<>]+")
_LONGEST_MESSAGE = 2000


@contextmanager
def record_step(run: Run, step: str) -> Iterator[dict[str, Any]]:
    """Notes the step in the run's record, with what the caller puts into the dict; a repeated step adds an attempt.

    The record never stops the work: when it cannot be written, that is logged.
    """
    counts: dict[str, Any] = {}
    started, started_at = time.monotonic(), _now()
    entry: dict[str, Any] = {"step": step, "started_at": started_at, "status": "running", "pid": os.getpid()}
    _change(run, lambda record: _open_step(record, entry))
    try:
        yield counts
    except BaseException as error:
        _close_step(run, entry, counts, started, error)
        raise
    _close_step(run, entry, counts, started)


def finish(run: Run, status: str) -> None:
    """The record says how the run ended: succeeded or failed."""

    def close(record: dict[str, Any]) -> None:
        record["status"], record["finished_at"] = status, _now()

    _change(run, close)


def read_run(home: Home, run_id: str) -> dict[str, Any] | None:
    """The record of one run; None where there is none."""
    return _read(home.runs / f"{_file_name(run_id)}.json")


def read_runs(home: Home, limit: int) -> list[dict[str, Any]]:
    """The newest records first; a run whose process is gone is `interrupted`, not running."""
    records = [record for path in home.runs.glob("*.json") if (record := _read(path))]
    records.sort(key=lambda record: (str(record.get("started_at")), str(record.get("run_id"))), reverse=True)
    return [_told_apart(record) for record in records[:limit]]


def _open_step(record: dict[str, Any], entry: dict[str, Any]) -> None:
    attempts = [step for step in record["steps"] if step["step"] == entry["step"]]
    entry["attempt"] = len(attempts) + 1
    record["steps"].append(entry)
    record["status"] = "running"
    record.pop("finished_at", None)


def _close_step(
    run: Run, entry: dict[str, Any], counts: dict[str, Any], started: float, error: BaseException | None = None
) -> None:
    status = "succeeded" if error is None else "failed"
    result = {
        **entry,
        "status": status,
        "seconds": round(time.monotonic() - started, 3),
        "peak_memory_mb": _peak_memory_mb(),
        "rows": counts,
    }
    if error is not None:
        result["error"] = {"type": type(error).__name__, "message": _message(error)}

    def close(record: dict[str, Any]) -> None:
        steps = record["steps"]
        place = next((at for at, step in enumerate(steps) if _is_same_attempt(step, entry)), None)
        if place is None:
            steps.append(result)
        else:
            steps[place] = result
        if status == "failed":
            record["status"] = status

    _change(run, close)


def _is_same_attempt(step: dict[str, Any], entry: dict[str, Any]) -> bool:
    return step["step"] == entry["step"] and step.get("attempt") == entry.get("attempt")


def _change(run: Run, change: Callable[[dict[str, Any]], None]) -> None:
    path = run.home.runs / f"{_file_name(run.run_id)}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Extracts of one run are processes of their own, and all write here.
        with FileLock(path.parent / ".lock"):
            record = _read(path) or _new_record(run)
            change(record)
            _write(path, record)
    except OSError as error:
        _LOG.error("run %s: its record %s could not be written: %s", run.run_id, path, error)


def _new_record(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "as_of_date": run.as_of_date.isoformat(),
        "parameters": dict(run.parameters.overridden),
        "sources": sorted(run.sources),
        "started_at": _now(),
        "status": "running",
        "steps": [],
    }


def _write(path: Path, record: dict[str, Any]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(record, indent=2, default=str) + "\n", encoding="utf-8")
    temporary.replace(path)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record


def _told_apart(record: dict[str, Any]) -> dict[str, Any]:
    running = [step for step in record["steps"] if step["status"] == "running"]
    gone = [step for step in running if not _is_alive(step.get("pid"))]
    for step in gone:
        step["status"] = "interrupted"
    if gone and len(gone) == len(running) and record["status"] == "running":
        record["status"] = "interrupted"
    return record


def _is_alive(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _message(error: BaseException) -> str:
    """The error's text, cut, and without e-mail addresses: a database error may quote the row it choked on."""
    text = str(error) if isinstance(error, WellkeptError) else _E_MAIL.sub("<e-mail>", str(error))
    return text[:_LONGEST_MESSAGE]


def _peak_memory_mb() -> float:
    """The most this process or one of its children has held so far; it never falls within a process."""
    unit = 1 if sys.platform == "darwin" else 1024
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return round(max(resource.getrusage(one).ru_maxrss for one in who) * unit / 1e6, 1)


def _file_name(run_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.+-]", "_", run_id)


def _now() -> str:
    return utc_now().isoformat(timespec="microseconds")
