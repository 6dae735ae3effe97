"""The commands of whoever looks after a deployment, and their exit codes."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from edition_builder import DAY, build, change, make_run, read_day
from typer.testing import CliRunner

from wellkept.cli import operations
from wellkept.deployment.errors import BadInputError, GateError, WellkeptError
from wellkept.editions import publish
from wellkept.operations.home import open_home
from wellkept.runs.records import finish, record_step
from wellkept.runs.run import Run
from wellkept.warehouse.lock import hold_writer_lock

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    run = make_run(tmp_path / "home")
    monkeypatch.setenv("WELLKEPT_HOME", str(run.home.root))
    (tmp_path / "wellkept.toml").touch()
    monkeypatch.setenv("WELLKEPT_CONFIG", str(tmp_path / "wellkept.toml"))
    open_home(run.home)
    build(run)
    return run


def invoke(*arguments: str) -> Result:
    app = typer.Typer()
    for command in (operations.status, operations.doctor, operations.upgrade, operations.publish):
        app.command()(command)
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, list(arguments))


def read_json(result: Result) -> Any:
    return json.loads(result.stdout)


def test_status_without_an_edition_exits_1(run: Run) -> None:
    result = invoke("status")
    assert result.exit_code == 1
    assert "none" in result.stdout
    result = invoke("status", "--json")
    assert result.exit_code == 1
    assert read_json(result)["as_of_date"] is None


def test_status_of_a_missing_link_says_how_to_restore_it(run: Run) -> None:
    publish(run)
    run.home.link.unlink()
    result = invoke("status")
    assert result.exit_code == 1
    assert "no link; `wellkept publish --unpin` restores it" in result.stdout
    assert read_json(invoke("status", "--json"))["is_link_missing"]
    invoke("publish", "--unpin")
    assert invoke("status").exit_code == 0


def test_a_wrong_environment_or_a_named_file_that_is_missing_is_bad_input(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WELLKEPT_CONFIG", str(tmp_path / "none.toml"))
    result = invoke("status")
    assert isinstance(result.exception, BadInputError)
    assert "WELLKEPT_CONFIG names" in str(result.exception)
    assert "WELLKEPT_CONFIG names" in invoke("doctor", "--json").stdout
    monkeypatch.setenv("WELLKEPT_THREADS", "abc")
    for command in ("status", "doctor", "upgrade", "publish"):
        assert "WELLKEPT_THREADS" in str(invoke(command).exception)


def test_status_of_a_fresh_edition_exits_0_and_says_how_it_stands(run: Run) -> None:
    publish(run)
    finish(run, "succeeded")
    result = invoke("status")
    assert result.exit_code == 0
    for text in ("2011-09-10", "grade good", "3 rows of the day", "customers: is fresh", "succeeded"):
        assert text in result.stdout
    found = read_json(invoke("status", "--json"))
    assert found["is_healthy"]
    assert found["age_hours"] < 1
    assert (found["model_version"], found["model_grade"]) == ("v1", "good")
    assert found["last_run"]["status"] == "succeeded"
    assert found["failing_step"] is None


def test_status_of_an_old_edition_exits_1(run: Run, tmp_path: Path) -> None:
    publish(run)
    manifest = run.home.editions / "2011-09-10-r1.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**content, "published_at": "2020-01-01T00:00:00+00:00"}))
    result = invoke("status")
    assert result.exit_code == 1
    assert "at most 36 wanted" in result.stdout
    (tmp_path / "wellkept.toml").write_text("[parameters]\nmax_edition_age_hours = 10000000\n")
    assert invoke("status").exit_code == 0


def test_status_names_the_step_that_failed_why_and_who_writes(run: Run) -> None:
    publish(run)
    other = make_run(run.home.root, DAY + timedelta(days=1), "r2")
    with pytest.raises(WellkeptError), record_step(other, "load_raw"):
        raise WellkeptError("orders for 2011-09-11: [bold]mend[/bold] the source")
    with hold_writer_lock(run.home, "the daily run", 0):
        result = invoke("status")
    assert result.exit_code == 0
    assert "load_raw: orders for 2011-09-11: [bold]mend[/bold] the source" in result.stdout
    assert "the daily run (pid" in result.stdout
    assert read_json(invoke("status", "--json"))["failing_step"]["step"] == "load_raw"


def test_doctor_exits_1_only_when_a_check_fails(run: Run) -> None:
    result = invoke("doctor")
    assert result.exit_code == 0
    assert "openmp" in result.stdout
    run.home.format_file.write_text('{"format": 99}')
    result = invoke("doctor", "--json")
    assert result.exit_code == 1
    assert [check["name"] for check in read_json(result) if check["state"] == "fail"] == ["home"]


def test_upgrade_of_a_present_home_does_nothing_and_of_none_is_bad_input(run: Run, tmp_path: Path) -> None:
    result = invoke("upgrade")
    assert result.exit_code == 0
    assert "Nothing to do" in result.stdout
    result = invoke("upgrade", "--home", str(tmp_path / "none"))
    assert isinstance(result.exception, BadInputError)
    assert result.exception.exit_code == 2


def test_publish_publishes_what_the_warehouse_holds_under_its_own_run(run: Run) -> None:
    result = invoke("publish")
    assert result.exit_code == 0
    assert "2011-09-10-r1.duckdb" in result.stdout
    change(run, "update quality.data_quality set is_passed = false")
    assert isinstance(invoke("publish").exception, GateError)
    change(run, "drop table quality.build")
    assert "holds no build" in str(invoke("publish").exception)


def test_publish_pins_and_unpins(run: Run) -> None:
    publish(run)
    later = make_run(run.home.root, DAY + timedelta(days=1), "r2")
    build(later)
    publish(later)
    assert invoke("publish", "--pin", "2011-09-10").exit_code == 0
    assert read_day(run.home) == DAY
    assert "readers stay on 2011-09-10" in invoke("status").stdout
    assert invoke("publish", "--unpin").exit_code == 0
    assert read_day(run.home) == DAY + timedelta(days=1)
    for wrong in (["--pin", "2001-01-01"], ["--pin", "today"], ["--pin", "2011-09-10", "--unpin"]):
        assert isinstance(invoke("publish", *wrong).exception, BadInputError)
