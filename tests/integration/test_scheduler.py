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

import duckdb
import httpx
import psutil
import pytest
from begun_home import begin_scheduler
from tenacity import RetryError, Retrying, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed

from wellkept.demo.company import Charter
from wellkept.demo.systems import found_company
from wellkept.demo.truth import LAST_DAY, SMALLEST
from wellkept.deployment.paths import Home

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
def scheduler(begun: Path, tmp_path: Path) -> Iterator[Scheduler]:
    """Airflow on free ports, in a demo company's home, with its database and CRM beside it; stopped whatever happens."""
    home, log = tmp_path / "home", tmp_path / "airflow.log"
    found_company(Home(home), Charter(customers=SMALLEST), LAST_DAY, horizon_days=90)
    begin_scheduler(begun, home)
    port, worker_logs, trigger_logs = _free_ports(3)
    options = ["--port", port, "--worker-log-port", worker_logs, "--trigger-log-port", trigger_logs]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "WELLKEPT"))}
    environment["WELLKEPT_HOME"] = str(home)
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
        shown = "".join(_pages_of(client, dag_id) for dag_id in ("ingest_sources", "build_edition"))
        told = client.get("/assets/events", params={"source_dag_id": "build_edition"}).raise_for_status().json()
    # No model may speak yet, so that one is asked for: train_churn, which is paused here, follows training_due.
    events = {(event["name"], event["partition_key"]) for event in told["asset_events"]}
    assert events == {("edition", _DAY), ("training_due", _DAY)}
    editions = list((scheduler.home / "published" / "editions").glob(f"{_DAY}-*.duckdb"))
    assert len(editions) == 1
    assert (scheduler.home / "published" / "wellkept.duckdb").resolve() == editions[0].resolve()
    _check_nobody_is_named(scheduler, shown)
    group = _groups_below(scheduler.process.pid)
    assert group
    scheduler.process.send_signal(signal.SIGTERM)
    assert scheduler.process.wait(_SECONDS_TO_STOP) == 0
    assert _alive_in(group) == []


def _pages_of(client: httpx.Client, dag_id: str) -> str:
    """What Airflow's pages show of the day's run: XComs, and the log of each task."""
    (run,) = _runs_of_the_day(client, dag_id)
    base = f"/dags/{dag_id}/dagRuns/{run['dag_run_id']}/taskInstances"
    shown = [client.get(f"{base}/~/xcomEntries").raise_for_status().text]
    for task in client.get(base).raise_for_status().json()["task_instances"]:
        found = {"map_index": task["map_index"]}
        shown.append(client.get(f"{base}/{task['task_id']}/logs/1", params=found).raise_for_status().text)
        shown.append(client.get(f"{base}/{task['task_id']}/xcomEntries/return_value", params=found).text)
    return "\n".join(shown)


def _check_nobody_is_named(scheduler: Scheduler, shown: str) -> None:
    """No customer's address and no secret of a source in pages, logs or Airflow's database."""
    token = (scheduler.home / "demo" / "token").read_text()
    email = _ask_warehouse(scheduler.home, "select min(email) from raw.customers")
    kept = [path.read_bytes() for path in (scheduler.home / "airflow").rglob("*") if path.is_file()]
    for text in [shown.encode(), scheduler.log.read_bytes(), *kept]:
        assert token.encode() not in text
        assert email.encode() not in text
    assert "extract_source" in shown or "rows" in shown


def _ask_warehouse(home: Path, sql: str) -> str:
    """One value, once no task has the warehouse open: where polling was slow the cron's run of today is at work."""

    def ask() -> str:
        with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
            return str(connection.execute(sql).fetchall()[0][0])

    is_taken = retry_if_exception_type(duckdb.IOException)
    return Retrying(retry=is_taken, stop=stop_after_delay(_SECONDS_TO_BUILD), wait=wait_fixed(1), reraise=True)(ask)


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
