"""The demo's last day under the real scheduler: triggered by its partition key, through both DAGs, to an edition."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from wellkept.demo.company import write_landing
from wellkept.demo.truth import LAST_DAY, SMALLEST

_DAY = LAST_DAY.isoformat()
_SECONDS_TO_START = 240
_SECONDS_TO_BUILD = 480
_SECONDS_TO_STOP = 60
_FINISHED = ("success", "failed")
_COMMAND = "from wellkept.cli import app; app()"


@dataclass(frozen=True)
class Scheduler:
    """A running `wellkept airflow` and where it keeps things."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    log: Path

    def is_healthy(self) -> bool:
        try:
            health = httpx.get(f"{self.url}/api/v2/monitor/health", timeout=10).json()
        except (httpx.HTTPError, ValueError):
            return False
        return all((health.get(part) or {}).get("status") == "healthy" for part in ("scheduler", "dag_processor"))

    def client(self) -> httpx.Client:
        passwords = json.loads((self.home / "airflow" / "simple_auth_manager_passwords.json.generated").read_text())
        login = {"username": "admin", "password": passwords["admin"]}
        answer = httpx.post(f"{self.url}/auth/token", json=login, timeout=60).raise_for_status()
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return httpx.Client(base_url=f"{self.url}/api/v2", headers=headers, timeout=60)

    def wait_for(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Return when it holds; fail with the scheduler's last lines when it does not in time, or Airflow has ended."""

        def holds() -> bool:
            assert self.process.poll() is None, f"Airflow ended before {what}\n{self.last_lines()}"
            return condition()

        try:
            Retrying(
                retry=retry_if_result(lambda is_so: not is_so), stop=stop_after_delay(seconds), wait=wait_fixed(1)
            )(holds)
        except RetryError:
            pytest.fail(f"{what}: not within {seconds:.0f} s\n{self.last_lines()}")

    def last_lines(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Scheduler]:
    """Airflow on free ports, in a home of its own, with the demo company as its source; stopped whatever happens."""
    home, log = tmp_path / "home", tmp_path / "airflow.log"
    founded = write_landing(tmp_path / "landing", seed=7, customers=SMALLEST)
    config = tmp_path / "wellkept.toml"
    config.write_text(f'[sources.shop]\ntype = "files"\npath = "{founded.folder}"\n')
    port, worker_logs, trigger_logs = _free_ports(3)
    options = ["--port", port, "--worker-log-port", worker_logs, "--trigger-log-port", trigger_logs]
    environment = {**os.environ, "WELLKEPT_HOME": str(home), "WELLKEPT_CONFIG": str(config)}
    environment = {name: value for name, value in environment.items() if not name.startswith("AIRFLOW")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, "airflow", *map(str, options)],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Scheduler(f"http://127.0.0.1:{port}", home, process, log)
    finally:
        _stop(process)


def test_a_day_triggered_by_partition_key_goes_through_both_dags(scheduler: Scheduler) -> None:
    scheduler.wait_for(scheduler.is_healthy, "Airflow is up", _SECONDS_TO_START)
    with scheduler.client() as client:
        scheduler.wait_for(lambda: _dag_ids(client) >= {"ingest_sources", "build_edition"}, "the DAGs are read", 120)
        # It waits, being paused; dated before the cron's own run of today, which must not come first.
        body = {"logical_date": None, "partition_key": _DAY, "run_after": "2000-01-01T00:00:00Z"}
        client.post("/dags/ingest_sources/dagRuns", json=body).raise_for_status()
        client.patch("/dags/ingest_sources", json={"is_paused": False}).raise_for_status()
        for dag_id in ("ingest_sources", "build_edition"):
            scheduler.wait_for(lambda dag_id=dag_id: _ended(client, dag_id), f"{dag_id} of {_DAY}", _SECONDS_TO_BUILD)
            states = [run["state"] for run in _runs_of_the_day(client, dag_id)]
            assert states == ["success"], _explain(client, dag_id, scheduler)
    editions = list((scheduler.home / "published" / "editions").glob(f"{_DAY}-*.duckdb"))
    assert len(editions) == 1
    assert (scheduler.home / "published" / "wellkept.duckdb").resolve() == editions[0].resolve()
    group = _groups_below(scheduler.process.pid)
    assert group
    scheduler.process.send_signal(signal.SIGTERM)
    assert scheduler.process.wait(_SECONDS_TO_STOP) == 0
    assert _alive_in(group) == []


def _dag_ids(client: httpx.Client) -> set[str]:
    return {dag["dag_id"] for dag in client.get("/dags").raise_for_status().json()["dags"]}


def _runs_of_the_day(client: httpx.Client, dag_id: str) -> list[dict[str, Any]]:
    runs = client.get(f"/dags/{dag_id}/dagRuns").raise_for_status().json()["dag_runs"]
    _forget_cron_runs(client, runs)
    return [run for run in runs if run["partition_key"] == _DAY]


def _forget_cron_runs(client: httpx.Client, runs: list[dict[str, Any]]) -> None:
    """Unpausing made a run of today as well; it waits behind ours, and would only cost time."""
    for run in runs:
        if run["run_type"] == "scheduled" and run["state"] == "queued":
            client.delete(f"/dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}")


def _ended(client: httpx.Client, dag_id: str) -> bool:
    runs = _runs_of_the_day(client, dag_id)
    return bool(runs) and all(run["state"] in _FINISHED for run in runs)


def _explain(client: httpx.Client, dag_id: str, scheduler: Scheduler) -> str:
    records = [path.read_text() for path in (scheduler.home / "runs").glob("*.json")]
    runs = client.get(f"/dags/{dag_id}/dagRuns").json()["dag_runs"]
    return "\n".join([f"{dag_id}: {[run['state'] for run in runs]}", *records, scheduler.last_lines()])


def _free_ports(count: int) -> list[int]:
    with ExitStack() as probes:
        sockets = [probes.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _stop(process: subprocess.Popen[bytes]) -> None:
    """No process of it is left: asked first, then killed, with the group that Airflow runs in."""
    groups = _groups_below(process.pid)
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS_TO_STOP)
    for group in [*groups, process.pid]:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    process.wait()


def _groups_below(pid: int) -> list[int]:
    """The process groups that children of the process lead."""
    with suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(pid).children() if os.getpgid(child.pid) == child.pid]
    return []


def _alive_in(groups: list[int]) -> list[str]:
    alive = []
    for process in psutil.process_iter(["pid", "name", "status"]):
        with suppress(ProcessLookupError):
            if process.info["status"] != psutil.STATUS_ZOMBIE and os.getpgid(process.info["pid"]) in groups:
                alive.append(process.info["name"])
    return alive
