"""What a test sees of whoever runs it: run by tests/unit/test_isolation.py from a folder with a home, with variables set."""

import json
import os
import subprocess
from pathlib import Path

from deployments import WELLKEPT

from wellkept.deployment.settings import child_environment, read_settings
from wellkept.operations.configuration import Config, read_config


def test_no_variable_of_the_caller_is_there() -> None:
    assert "poisoned" not in os.environ.values()


def test_neither_home_nor_configuration_of_the_caller_is_read() -> None:
    settings = read_settings()
    assert not settings.home_paths.root.exists()
    assert read_config(settings) == Config()
    assert list(Path.cwd().iterdir()) == []


def test_a_process_that_a_test_starts_sees_as_little() -> None:
    done = subprocess.run(
        [str(WELLKEPT), "status", "--json"], env=child_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["as_of_date"] is None
