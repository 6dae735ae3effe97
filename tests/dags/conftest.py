"""The DAGs as Airflow reads them, once for all tests here, in a process of its own with an empty Airflow home."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wellkept.airflow.airflow_home import entered, in_process_environment
from wellkept.deployment.settings import Settings

_DESCRIBE = Path(__file__).with_name("describe_dags.py")


@pytest.fixture(scope="session")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `describe_dags.py` says: import errors, heavy modules, and each DAG with its tasks."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    done = subprocess.run(
        [sys.executable, str(_DESCRIBE)],
        env=in_process_environment(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.fixture(scope="session", autouse=True)
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Airflow makes its folder when it is imported: here, not in the user's."""
    with entered(Settings(home=tmp_path_factory.mktemp("airflow"))):
        importlib.import_module("airflow.sdk")
