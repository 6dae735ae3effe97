"""Each thing the doctor looks at, well and ill."""

import socket
import sys
from pathlib import Path

import pytest
from edition_builder import build, make_run

from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings
from wellkept.editions import publish
from wellkept.operations import doctor
from wellkept.operations.home import open_home
from wellkept.runs.run import Run
from wellkept.warehouse.lock import hold_writer_lock


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = make_run(tmp_path / "home")
    open_home(run.home)
    build(run)
    publish(run)
    return run


def test_a_published_home_is_well_and_an_examination_changes_nothing(run: Run, tmp_path: Path) -> None:
    before = sorted(path for path in run.home.root.rglob("*"))
    checks = doctor.examine(Settings(home=run.home.root, config=tmp_path / "none.toml"))
    wanted = {"python", "versions", "openmp", "wellkept.toml", "home", "disk", "lock", "edition", "leftover .wal"}
    assert wanted <= {check.name for check in checks}
    assert [check for check in checks if check.state == "fail"] == []
    assert sorted(path for path in run.home.root.rglob("*")) == before


def test_a_home_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    home = Home(tmp_path / "none")
    checks = [doctor.check_home(home), doctor.check_disk(home), doctor.check_lock(home), doctor.check_link(home)]
    assert [check.state for check in checks] == ["ok"] * 4
    assert not home.root.exists()


@pytest.mark.parametrize(("version", "state"), [((3, 10), "fail"), ((3, 11), "ok"), ((3, 12), "ok"), ((3, 13), "fail")])
def test_python(version: tuple[int, int], state: str) -> None:
    assert doctor.check_python(version).state == state


def test_versions_that_differ_from_the_lock_fail_by_name(tmp_path: Path) -> None:
    lock_file = tmp_path / "requirements.lock"
    lock_file.write_text("duckdb==1.5.5 \\\n    --hash=sha256:00\ndbt-core==1.11.16 ; python_version >= '3.11'\n")
    assert doctor.check_versions(lock_file, {"duckdb": "1.5.5", "dbt-core": "1.11.16"}.get).state == "ok"  # type: ignore[arg-type]
    found = doctor.check_versions(lock_file, lambda name: "2.0.0")
    assert found.state == "fail"
    assert "duckdb 2.0.0 (locked: 1.5.5)" in found.found
    assert doctor.check_versions(tmp_path / "none").state == "warn"


def test_openmp_that_does_not_load_fails_with_the_package_to_install() -> None:
    found = doctor.check_openmp([sys.executable, "-c", "raise OSError('libgomp.so.1: cannot open')"])
    assert found.state == "fail"
    assert "libgomp.so.1" in found.found
    assert "libgomp1" in found.next_step


def test_a_wrong_configuration_fails_with_its_key(tmp_path: Path) -> None:
    path = tmp_path / "wellkept.toml"
    path.write_text("[parameters]\nhorizon_dayz = 3\n")
    found = doctor.check_config(Settings(config=path))
    assert found.state == "fail"
    assert "horizon_dayz" in found.found
    path.write_text('[sources.shop]\ntype = "files"\npath = "/does/not/exist"\n')
    found = doctor.check_config(Settings(config=path))
    assert found.state == "fail"
    assert "/does/not/exist" in found.found


@pytest.mark.parametrize(("number", "advice"), [(0, "wellkept upgrade"), (99, "newer Wellkept")])
def test_another_format_fails(run: Run, number: int, advice: str) -> None:
    run.home.format_file.write_text(f'{{"format": {number}}}')
    found = doctor.check_home(run.home)
    assert found.state == "fail"
    assert advice in found.next_step


def test_a_warehouse_without_a_format_and_an_unreadable_format_fail(run: Run) -> None:
    run.home.format_file.write_text("{")
    assert doctor.check_home(run.home).state == "fail"
    run.home.format_file.unlink()
    assert doctor.check_home(run.home).state == "fail"


def test_a_warehouse_that_is_gone_fails(run: Run) -> None:
    run.home.warehouse.unlink()
    found = doctor.check_home(run.home)
    assert found.state == "fail"
    assert str(run.home.warehouse) in found.found


def test_a_full_disk_fails_and_a_nearly_full_one_warns(run: Run) -> None:
    two_editions = 2 * run.home.link.stat().st_size
    free = [two_editions - 1, two_editions, 10**12]
    states = [doctor.check_disk(run.home, lambda folder, bytes_=bytes_: bytes_).state for bytes_ in free]  # type: ignore[misc]
    assert states == ["fail", "warn", "ok"]


def test_a_held_lock_is_named(run: Run) -> None:
    with hold_writer_lock(run.home, "the daily run", 0):
        found = doctor.check_lock(run.home)
    assert found.state == "warn"
    assert "the daily run" in found.found


def test_a_link_that_is_gone_or_leads_nowhere_fails(run: Run) -> None:
    target = run.home.link.readlink()
    run.home.link.unlink()
    assert doctor.check_link(run.home).state == "fail"
    run.home.link.symlink_to(target)
    for path in run.home.editions.iterdir():
        path.unlink()
    assert doctor.check_link(run.home).state == "fail"


def test_a_write_ahead_log_beside_the_idle_warehouse_warns_and_beside_an_edition_fails(run: Run) -> None:
    log = run.home.warehouse.with_name("warehouse.duckdb.wal")
    log.touch()
    found = doctor.check_logs(run.home)
    assert found.state == "warn"
    assert "Never delete it" in found.next_step
    with hold_writer_lock(run.home, "the daily run", 0):
        assert doctor.check_logs(run.home).state == "ok"
    Path(f"{run.home.link.resolve()}.wal").touch()
    assert doctor.check_logs(run.home).state == "fail"


def test_a_taken_port_warns() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert doctor.check_port(port, "pages").state == "warn"
    assert doctor.check_port(port, "pages").state == "ok"


@pytest.mark.parametrize(
    ("proxies", "state"),
    [
        ({}, "ok"),
        ({"no": "example.com"}, "ok"),
        ({"http": "http://ann:secret@proxy:3128"}, "warn"),
        ({"https": "http://proxy:3128", "no": "127.0.0.1"}, "warn"),
        ({"http": "http://proxy:3128", "no": "10.0.0.1, 127.0.0.1,localhost"}, "ok"),
        ({"http": "http://proxy:3128", "no": "*"}, "ok"),
    ],
)
def test_a_proxy_that_catches_loopback_warns_without_showing_its_password(proxies: dict[str, str], state: str) -> None:
    found = doctor.check_proxy(proxies)
    assert found.state == state
    assert "secret" not in f"{found}"
