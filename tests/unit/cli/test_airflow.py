"""`wellkept airflow` before it starts anything, and the environment it gives."""

import os
import socket
import sys
from pathlib import Path

import pytest

from wellkept.airflow.airflow_home import Ports, in_process_environment, scheduler_environment
from wellkept.cli.airflow import require_free
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.settings import Settings

_CONNECTION = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


def test_a_taken_port_is_named_with_its_option() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadInputError, match=rf"port {port} .* --worker-log-port"):
            require_free(Ports(0, port, 0))


def test_everything_is_bound_to_this_machine(tmp_path: Path) -> None:
    environment = scheduler_environment(Settings(home=tmp_path), Ports(web=9999))
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].startswith("http://127.0.0.1:9999/")
    assert "127.0.0.1" in environment["NO_PROXY"]
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


def test_a_database_the_user_set_serves_the_scheduler_and_never_a_run_in_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(_CONNECTION, "postgresql://airflow@db/airflow")
    settings = Settings(home=tmp_path)
    assert scheduler_environment(settings)[_CONNECTION] == "postgresql://airflow@db/airflow"
    assert "in_process.db" in in_process_environment(settings)[_CONNECTION]


def test_children_see_absolute_paths_and_the_same_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WELLKEPT_CONFIG", raising=False)
    assert "WELLKEPT_CONFIG" not in in_process_environment(Settings(home=Path("home")))
    (tmp_path / "wellkept.toml").touch()
    environment = in_process_environment(Settings(home=Path("home"), threads=1))
    assert environment["WELLKEPT_HOME"] == str(tmp_path / "home")
    assert environment["WELLKEPT_CONFIG"] == str(tmp_path / "wellkept.toml")
    assert environment["WELLKEPT_THREADS"] == "1"
