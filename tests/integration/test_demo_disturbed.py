"""Whatever happens to the demo company's systems or to a run: a whole day or nothing, and the next run complete."""

import json
import os
import random
import signal
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import httpx
import psutil
import pytest
from demo_homes import DAY, ingest, open_systems, raw_differences, rows_read, run_in
from deployments import WELLKEPT, Deployment, copy_of
from disturbances import Reader, kill_in_step, start, wait_for_step

from wellkept.demo.crm_server import Fault, set_faults
from wellkept.demo.notes import read_company
from wellkept.demo.systems import advance_company
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.paths import Home
from wellkept.deployment.settings import child_environment
from wellkept.sources.extract import extract

SEED = 20261121
NEXT = DAY + timedelta(days=1)
FAILS = {
    "drop": "connection broke",
    "storm": "429",
    "errors": "500",
    "slow": "no answer within",
    "missing_scope": "scope",
    "short_page": "",
    "broken_page": "not JSON",
    "not_utf8": "not UTF-8",
}
"""The faults that end an extract when they last, and what the message says of each."""
FAILS_IN_PAGES = {"duplicate_page": "twice", "repeated_cursor": "cursor"}
"""The same, where there is more than a page: a first load."""


@pytest.fixture(scope="module")
def next_day(founded: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A home whose company has gone on for a day that is not run yet; its CRM client does not wait for long."""
    deployment = copy_of(founded, tmp_path_factory.mktemp("next_day"))
    advance_company(Home(deployment.home), days=1, horizon_days=90)
    config = deployment.home / "wellkept.toml"
    config.write_text(
        config.read_text() + "\nmax_attempts = 2\ntimeout_seconds = 2\nlongest_wait_seconds = 1\n", encoding="utf-8"
    )
    assert tomllib.loads(config.read_text())["sources"]["crm"]["max_attempts"] == 2
    return deployment


@pytest.fixture(scope="module")
def undisturbed(next_day: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home after that day's rows came in without any trouble."""
    home = copy_of(next_day, tmp_path_factory.mktemp("undisturbed")).home
    with open_systems(home):
        ingest(run_in(home, NEXT))
    return home


@pytest.fixture(scope="module")
def failing(next_day: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose systems stay open, to be told how to fail; what a test reads of it lies in its landing folder only."""
    home = copy_of(next_day, tmp_path_factory.mktemp("failing")).home
    with open_systems(home):
        yield home


@pytest.mark.parametrize("fault", FAILS)
def test_a_crm_that_fails_leaves_nothing_of_the_day(fault: str, failing: Path) -> None:
    run = run_in(failing, NEXT)
    set_faults(failing / "demo" / "crm", [Fault(fault, seconds=30)])
    with pytest.raises(WellkeptError, match=f"source crm.*{NEXT}.*{FAILS[fault]}") as told:
        extract(run, "crm")
    assert (failing / "demo" / "token").read_text() not in str(told.value)
    assert not run.home.landing(NEXT, "crm").exists()
    set_faults(failing / "demo" / "crm")


def test_after_all_these_faults_the_next_run_is_complete(failing: Path, undisturbed: Path) -> None:
    set_faults(failing / "demo" / "crm", [Fault("storm")])
    with pytest.raises(WellkeptError):
        extract(run_in(failing, NEXT), "crm")
    set_faults(failing / "demo" / "crm")
    ingest(run_in(failing, NEXT))
    assert raw_differences(failing, undisturbed) == {}


@pytest.mark.parametrize("fault", FAILS_IN_PAGES)
def test_pages_that_do_not_add_up_fail_a_first_load_whole(fault: str, next_day: Deployment, tmp_path: Path) -> None:
    home, fresh = copy_of(next_day, tmp_path).home, tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "wellkept.toml").write_text((home / "wellkept.toml").read_text())
    run = run_in(fresh, NEXT)
    set_faults(home / "demo" / "crm", [Fault(fault)])
    with open_systems(home):
        with pytest.raises(WellkeptError, match=f"source crm.*{NEXT}.*{FAILS_IN_PAGES[fault]}"):
            extract(run, "crm")
        assert not run.home.landing(NEXT, "crm").exists()
        set_faults(home / "demo" / "crm")
        extract(run, "crm")
    held = json.loads((home / "demo" / "truth" / "rows.json").read_text())["crm"]
    assert {name.removeprefix("crm."): rows for name, rows in rows_read(run).items() if name.startswith("crm.")} == {
        entity: told["rows"] for entity, told in held.items()
    }


def test_a_fault_that_passes_is_ridden_out(next_day: Deployment, undisturbed: Path, tmp_path: Path) -> None:
    home = copy_of(next_day, tmp_path).home
    passing = [Fault(name, times=1, seconds=1) for name in ("storm", "errors", "broken_page")]
    config = home / "wellkept.toml"
    config.write_text(config.read_text().replace("max_attempts = 2", "max_attempts = 8"))
    set_faults(home / "demo" / "crm", passing)
    with open_systems(home):
        ingest(run_in(home, NEXT))
    assert raw_differences(home, undisturbed) == {}


def processes_of(home: Path) -> list[str]:
    """The processes whose command line names the home's own systems."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(home / "demo") in line and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(line)
    return found


INTO_STEPS = {"extract_source": 4.0, "load": 0.8, "build": 6.0, "publish": 0.4}
"""How many seconds into a step a run is killed at most."""


def test_a_kill_while_rows_come_in_leaves_the_last_edition_and_the_next_time_everything_is_there(
    next_day: Deployment, undisturbed: Path, tmp_path: Path
) -> None:
    deployment = copy_of(next_day, tmp_path)
    before = deployment.hashes()
    kill_in_step(deployment, NEXT, "load", random.Random(SEED).uniform(0, INTO_STEPS["load"]))
    assert deployment.hashes() == before
    with open_systems(deployment.home):
        ingest(run_in(deployment.home, NEXT))
    assert raw_differences(deployment.home, undisturbed) == {}
    assert processes_of(deployment.home) == []


@pytest.mark.soak  # each run of the tests kills one in `load`, and the publishing itself at nine points (test_editions.py)
def test_kills_leave_the_last_edition_and_nothing_behind_that_the_next_run_does_not_mend(
    next_day: Deployment, undisturbed: Path, tmp_path: Path
) -> None:
    deployment = copy_of(next_day, tmp_path)
    before = deployment.hashes()
    rng = random.Random(SEED)
    reader = Reader(deployment, tmp_path)
    for step, seconds in INTO_STEPS.items():
        kill_in_step(deployment, NEXT, step, rng.uniform(0, seconds))
        if deployment.manifest()["as_of_date"] == str(DAY):
            assert deployment.hashes() == before
    deployment.run(NEXT)
    assert raw_differences(deployment.home, undisturbed) == {}
    assert deployment.manifest()["as_of_date"] == str(NEXT)
    assert processes_of(deployment.home) == []
    seen = reader.finish()
    assert set(seen) == {str(DAY), str(NEXT)}
    assert seen[str(DAY)] > 20


@pytest.mark.soak
def test_twenty_kills_of_a_run_that_reads_a_database_and_a_crm(
    next_day: Deployment, undisturbed: Path, tmp_path: Path
) -> None:
    deployment = copy_of(next_day, tmp_path)
    rng = random.Random(SEED)
    for _ in range(20):
        process = start(deployment, NEXT)
        try:
            process.wait(rng.uniform(1, 25))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    deployment.run(NEXT)
    assert raw_differences(deployment.home, undisturbed) == {}
    assert processes_of(deployment.home) == []


def test_the_demos_other_options_do_what_they_say(next_day: Deployment, tmp_path: Path) -> None:
    deployment = copy_of(next_day, tmp_path)
    assert "orders" in deployment.call("demo", "--advance", "1d").stdout
    assert "429" in deployment.call("demo", "--fail", "list").stdout
    assert "storm:5" in deployment.call("demo", "--fail", "storm:5").stdout
    assert "no fault" in deployment.call("demo", "--fail", "flood", expect=2).stderr
    assert "well" in deployment.call("demo", "--fail", "none").stdout
    books = tmp_path / "books"
    assert "--source" in deployment.call("demo", "--customers", "200", "--export", str(books)).stdout
    assert (books / "orders.parquet").exists()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C reaches what the test starts also where the tests ignore it, as all that a shell starts with `&` does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_served_systems_can_be_looked_at_until_they_are_stopped(next_day: Deployment, tmp_path: Path) -> None:
    deployment = copy_of(next_day, tmp_path)
    process = subprocess.Popen(
        [str(WELLKEPT), "demo", "--serve", "--home", str(deployment.home)],
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(PYTHONUNBUFFERED="1"),
    )
    assert process.stdout
    said = [process.stdout.readline() for _ in range(3)]
    address = said[1].split()[1].rstrip(",")
    token = (deployment.home / "demo" / "token").read_text()
    answer = httpx.get(
        f"http://{address}/crm/v3/objects/contacts", headers={"Authorization": f"Bearer {token}"}, trust_env=False
    )
    assert answer.json()["results"]
    assert token not in "".join(said)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert processes_of(deployment.home) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.soak)])
def test_a_run_that_is_told_to_end_closes_what_it_opened(
    number: signal.Signals, next_day: Deployment, tmp_path: Path
) -> None:
    deployment = copy_of(next_day, tmp_path)
    known = set((deployment.home / "runs").glob("*.json"))
    set_faults(deployment.home / "demo" / "crm", [Fault("slow", seconds=30)])
    process = start(deployment, NEXT)
    wait_for_step(deployment, known, "extract_source", process)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode not in (0, -number)
    (record,) = set((deployment.home / "runs").glob("*.json")) - known
    assert json.loads(record.read_text())["status"] == "failed"
    assert processes_of(deployment.home) == []


def test_two_days_that_pass_at_once_are_two_days_also_while_the_systems_are_served(
    next_day: Deployment, tmp_path: Path
) -> None:
    deployment = copy_of(next_day, tmp_path)
    with open_systems(deployment.home):
        command = deployment.command("demo", "--advance", "1d")
        both = [subprocess.Popen(command, env=child_environment(), stdout=subprocess.DEVNULL) for _ in range(2)]
        assert [process.wait(120) for process in both] == [0, 0]
    company = read_company(Home(deployment.home))
    assert company
    assert company.today == NEXT + timedelta(days=2)
    assert processes_of(deployment.home) == []


def test_a_day_ahead_of_the_company_is_refused_and_so_is_another_configuration(
    next_day: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = copy_of(next_day, tmp_path)
    assert "--advance 1d" in deployment.run(NEXT + timedelta(days=1), expect=2).stderr
    monkeypatch.setenv("WELLKEPT_CONFIG", str(tmp_path / "other.toml"))
    assert "unset it" in deployment.call("demo", expect=2).stderr


def test_the_pipeline_reads_the_shop_as_a_user_who_cannot_write(next_day: Deployment, tmp_path: Path) -> None:
    from wellkept.demo.opening import company_open
    from wellkept.warehouse.extensions import load_extension

    home = copy_of(next_day, tmp_path).home
    with company_open(Home(home)) as connections, duckdb.connect() as connection:
        load_extension(connection, "postgres_scanner")
        connection.execute(f"attach '{connections['shop']}' as shop (type postgres)")
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("delete from shop.public.products")
