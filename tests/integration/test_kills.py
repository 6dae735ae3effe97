"""Readers are never blocked and never see half a day, whatever happens to the run."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import pytest
from deployments import FIRST_DAY, NEXT_DAY, Deployment, copy_of

from wellkept.settings import child_environment

SEED = 20261120
DEADLINE_SECONDS = 240

# A reader of its own process: opens the link, as a BI tool does, and asks for whole days only.
READER = """
import sys, duckdb
link, stop, seen = sys.argv[1], sys.argv[2], {}
import os
while not os.path.exists(stop):
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


def start(deployment: Deployment, day: date) -> "subprocess.Popen[str]":
    command = deployment.command("run", "--as-of", str(day), "--source", str(deployment.source))
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=child_environment()
    )


def kill_in_step(deployment: Deployment, day: date, step: str, delay: float) -> None:
    """Start a run and `kill -9` it so many seconds into a step."""
    known = set((deployment.home / "runs").glob("*.json"))
    process = start(deployment, day)
    deadline = time.monotonic() + DEADLINE_SECONDS
    pause = threading.Event()
    while not has_begun(deployment, known, step):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, f"{step} never began"
        pause.wait(0.02)
    pause.wait(delay)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def has_begun(deployment: Deployment, known: set[Path], step: str) -> bool:
    records = set((deployment.home / "runs").glob("*.json")) - known
    return any(
        entry["step"].startswith(step) for record in records for entry in json.loads(record.read_text())["steps"]
    )


def test_killed_runs_leave_the_last_edition_and_the_next_run_is_as_if_undisturbed(
    finished: Deployment, continued: Deployment, deliveries: dict[date, Path], tmp_path: Path
) -> None:
    deployment = copy_of(finished, tmp_path, deliveries[NEXT_DAY])
    before = deployment.hashes()
    rng = random.Random(SEED)
    reader = Reader(deployment, tmp_path)
    for step, longest in (("load", 1.0), ("build", 6.0), ("publish", 0.4)):
        kill_in_step(deployment, NEXT_DAY, step, rng.uniform(0, longest))
        if deployment.manifest()["as_of_date"] == str(FIRST_DAY):
            assert deployment.hashes() == before
    deployment.run(NEXT_DAY)
    assert deployment.hashes() == continued.hashes()
    seen = reader.finish()
    assert set(seen) == {str(FIRST_DAY), str(NEXT_DAY)}
    assert seen[str(FIRST_DAY)] > 20


def test_of_two_runs_at_once_the_second_waits_and_says_for_whom(continued: Deployment, tmp_path: Path) -> None:
    deployment = copy_of(continued, tmp_path)
    first, second = start(deployment, NEXT_DAY), start(deployment, NEXT_DAY)
    printed = [process.communicate(timeout=DEADLINE_SECONDS)[0] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], printed
    assert sum("waiting for run" in text for text in printed) == 1, printed
    assert deployment.hashes() == continued.hashes()


@pytest.mark.soak
def test_twenty_kills_at_random_points(
    finished: Deployment, continued: Deployment, deliveries: dict[date, Path], tmp_path: Path
) -> None:
    deployment = copy_of(finished, tmp_path, deliveries[NEXT_DAY])
    rng = random.Random(SEED)
    reader = Reader(deployment, tmp_path)
    for _ in range(20):
        process = start(deployment, NEXT_DAY)
        try:
            process.wait(rng.uniform(1, 35))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert deployment.query("select count(*) from customers")[0][0] > 300
    deployment.run(NEXT_DAY)
    assert deployment.hashes() == continued.hashes()
    reader.finish()
