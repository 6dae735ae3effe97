"""The record of each run."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings
from wellkept.project.parameters import Parameters
from wellkept.runs.records import finish, read_run, read_runs, record_step
from wellkept.runs.run import Run


def make_run(root: Path, run_id: str = "r1") -> Run:
    return Run(Home(root), date(2011, 9, 10), run_id, Parameters({"horizon_days": 60}), {}, Settings())


def test_a_step_leaves_its_rows_seconds_and_memory(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    with record_step(run, "load_raw") as counts:
        running = json.loads((tmp_path / "runs" / "r1.json").read_text())
        counts["orders"] = 3
    assert running["status"] == "running"
    assert running["steps"][0]["status"] == "running"
    record = read_run(run.home, "r1")
    assert record is not None
    assert (record["run_id"], record["as_of_date"], record["parameters"]) == ("r1", "2011-09-10", {"horizon_days": 60})
    step = record["steps"][0]
    assert (step["step"], step["status"], step["attempt"], step["rows"]) == ("load_raw", "succeeded", 1, {"orders": 3})
    assert step["seconds"] >= 0
    assert step["peak_memory_mb"] > 1


def test_a_failed_step_says_why_and_a_retry_is_a_second_attempt(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    with pytest.raises(WellkeptError), record_step(run, "load_raw"):
        raise WellkeptError("orders for 2011-09-10: mend the source")
    failed = read_runs(run.home, 1)[0]
    assert failed["status"] == "failed"
    assert failed["steps"][0]["error"] == {"type": "WellkeptError", "message": "orders for 2011-09-10: mend the source"}
    with record_step(run, "load_raw"):
        pass
    finish(run, "succeeded")
    record = read_runs(run.home, 1)[0]
    assert [(step["attempt"], step["status"]) for step in record["steps"]] == [(1, "failed"), (2, "succeeded")]
    assert record["status"] == "succeeded"
    assert record["finished_at"]


def test_an_address_in_a_foreign_error_does_not_reach_the_record(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    with pytest.raises(ValueError, match="could not"), record_step(run, "load_raw"):
        raise ValueError("could not convert 'ann@example.com' to a number")
    text = (tmp_path / "runs" / "r1.json").read_text()
    assert "ann@" not in text
    assert "could not convert '<e-mail>' to a number" in text


def test_parallel_steps_lose_nothing(tmp_path: Path) -> None:
    run = make_run(tmp_path)

    def extract(number: int) -> None:
        with record_step(run, f"extract {number}") as counts:
            counts["orders"] = number

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(extract, range(16)))
    record = read_run(run.home, "r1")
    assert record is not None
    assert sorted(step["rows"]["orders"] for step in record["steps"]) == list(range(16))
    assert {step["status"] for step in record["steps"]} == {"succeeded"}


def test_a_step_whose_process_was_killed_is_interrupted(tmp_path: Path) -> None:
    kill = """
import os, sys
from pathlib import Path
from datetime import date
from wellkept.project.parameters import Parameters
from wellkept.deployment.paths import Home
from wellkept.runs.run import Run
from wellkept.runs.records import record_step
from wellkept.deployment.settings import Settings
run = Run(Home(Path(sys.argv[1])), date(2011, 9, 10), "r1", Parameters(), {}, Settings())
with record_step(run, "build_marts"):
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", kill, str(tmp_path)], check=False, timeout=60)
    record = read_runs(Home(tmp_path), 1)[0]
    assert record["status"] == "interrupted"
    assert record["steps"][0]["status"] == "interrupted"


def test_a_record_that_cannot_be_written_does_not_stop_the_work(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "runs").write_text("in the way")
    with record_step(make_run(tmp_path), "load_raw") as counts:
        counts["orders"] = 1
    assert "could not be written" in caplog.text


def test_the_newest_runs_come_first(tmp_path: Path) -> None:
    for run_id in ("a", "b", "c"):
        finish(make_run(tmp_path, run_id), "succeeded")
    assert [record["run_id"] for record in read_runs(Home(tmp_path), 2)] == ["c", "b"]
    assert read_runs(Home(tmp_path / "none"), 2) == []
