"""No test sees the home, the configuration or the environment of whoever runs it."""

import os
import subprocess
import sys
from pathlib import Path

from isolation import DECOY_CONFIG, forget_caller, plant_decoy, remove_decoy

from wellkept.deployment.paths import PROJECT_ROOT

SEEN = PROJECT_ROOT / "tests" / "support" / "what_tests_see.py"
VARIABLES = (
    "WELLKEPT_HOME",
    "WELLKEPT_CONFIG",
    "WELLKEPT_THREADS",
    "AIRFLOW_HOME",
    "AIRFLOW__CORE__DAGS_FOLDER",
    "DBT_PROFILES_DIR",
    "MLFLOW_TRACKING_URI",
    "PGHOST",
    "PYTHONPATH",
)


def test_a_home_and_variables_of_the_caller_are_not_seen_in_a_test_nor_in_its_processes(tmp_path: Path) -> None:
    assert plant_decoy(tmp_path)
    words = ["-c", str(PROJECT_ROOT / "pyproject.toml"), "--rootdir", str(PROJECT_ROOT), "-n", "0", str(SEEN)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "theirs")],
        cwd=tmp_path,
        env={**os.environ, **dict.fromkeys(VARIABLES, "poisoned")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "3 passed" in done.stdout
    assert (tmp_path / "wellkept.toml").read_text() == DECOY_CONFIG


def test_only_what_is_of_the_caller_is_forgotten() -> None:
    environment = {**dict.fromkeys(VARIABLES, "poisoned"), "PATH": "/usr/bin", "HTTPS_PROXY": "http://proxy"}
    forget_caller(environment)
    assert environment == {"PATH": "/usr/bin", "HTTPS_PROXY": "http://proxy"}


def test_a_decoy_takes_the_place_of_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "wellkept.toml").touch()
    assert plant_decoy(tmp_path) == []
    (tmp_path / "wellkept.toml").unlink()
    remove_decoy(plant_decoy(tmp_path))
    assert list(tmp_path.iterdir()) == []
