"""No test sees the home, the configuration or the environment of whoever runs it."""

import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path

import pytest

CALLERS = ("WELLKEPT_", "AIRFLOW", "_AIRFLOW", "DBT_", "MLFLOW_", "PG")
"""What the names of variables begin with that our programs read, or the libraries they stand on."""
PATHS = {"PYTHONPATH", "PYTHONSTARTUP"}
DECOY_CONFIG = "[nobodys_table]\nwhoever_reads_this = 'reads the home of the one who runs the tests'\n"


def forget_caller(environment: MutableMapping[str, str]) -> None:
    """Take away what the caller set for their own Wellkept; what the tests want they set themselves."""
    for name in [name for name in environment if name.startswith(CALLERS) or name in PATHS]:
        del environment[name]


@pytest.fixture(scope="session", autouse=True)
def nobodys_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Every test starts in an empty folder: not in the clone, whose `.wellkept` and wellkept.toml are somebody's."""
    folder = tmp_path_factory.mktemp("nobodys")
    before = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)
    left = sorted(path.name for path in folder.iterdir())
    assert not left, f"a test wrote {left} where it was started; give it a home under tmp_path"


def plant_decoy(folder: Path) -> list[Path]:
    """A home and a configuration that whoever reads them fails on, where there are none; returns what was made."""
    home, config = folder / ".wellkept", folder / "wellkept.toml"
    if home.exists() or config.exists():
        return []
    home.mkdir()
    made = [home / "wellkept.toml", home / "warehouse.duckdb", config]
    for file in made:
        file.write_text(DECOY_CONFIG, encoding="utf-8")
    return [*made, home]


def remove_decoy(made: list[Path]) -> None:
    """Remove what `plant_decoy` made; what a test put beside it stays, and shows."""
    for path in made:
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
