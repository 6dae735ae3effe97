"""A reader that never stops, and runs that are killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

from deployments import Deployment

from wellkept.deployment.settings import child_environment

DEADLINE_SECONDS = 240

# A reader of its own process: opens the link, as a BI tool does, and asks for whole days only.
READER = """
import sys, duckdb
link, stop, seen = sys.argv[1], sys.argv[2], {}
import os, threading
while not os.path.exists(stop):
    threading.Event().wait(0.2)  # often enough, and the cores are left for the run
    with duckdb.connect() as connection:
        connection.execute(f"attach '{link}' as edition (read_only)")
        row = connection.execute('''
            select (select as_of_date from edition.edition),
                (select count(distinct as_of_date) = 1 and min(as_of_date) = (select as_of_date from edition.edition)
                    from (select as_of_date from edition.customers union all select as_of_date from edition.orders
                        union all select as_of_date from edition.churn_risk)),
                (select count(*) from edition.customers) = (select count(*) from edition.churn_risk)
        ''').fetchone()
        assert row[1] and row[2], row
        seen[str(row[0])] = seen.get(str(row[0]), 0) + 1
print(__import__('json').dumps(seen))
"""


class Reader:
    """Reads in a loop until asked for what it saw."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        self._stop = folder / "stop"
        link = deployment.home / "published" / "wellkept.duckdb"
        self._process = subprocess.Popen(
            [sys.executable, "-c", READER, str(link), str(self._stop)], stdout=subprocess.PIPE, text=True
        )

    def finish(self) -> dict[str, int]:
        self._stop.touch()
        out, _ = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, "the reader saw an error or half a day"
        seen: dict[str, int] = json.loads(out)
        return seen


def start(deployment: Deployment, day: date, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        deployment.command(*deployment.run_words(day)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=child_environment(**environment),
    )


def kill_in_step(deployment: Deployment, day: date, step: str, delay: float) -> None:
    """Start a run and `kill -9` it so many seconds into a step."""
    known = set((deployment.home / "runs").glob("*.json"))
    process = start(deployment, day)
    wait_for_step(deployment, known, step, process)
    threading.Event().wait(delay)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def wait_for_step(deployment: Deployment, known: set[Path], step: str, process: "subprocess.Popen[str]") -> None:
    """Return when a run whose record is not among `known` has begun the step."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    pause = threading.Event()
    while not has_begun(deployment, known, step):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, f"{step} never began"
        pause.wait(0.02)


def has_begun(deployment: Deployment, known: set[Path], step: str) -> bool:
    records = set((deployment.home / "runs").glob("*.json")) - known
    return any(
        entry["step"].startswith(step) for record in records for entry in json.loads(record.read_text())["steps"]
    )
