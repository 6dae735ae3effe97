"""What commands that read say in a home that holds nothing yet."""

from pathlib import Path

import duckdb
import pytest
from click.testing import Result
from typer.testing import CliRunner

from wellkept.cli import _app
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.paths import Home
from wellkept.operations.home import open_home

COMMANDS = (
    ("quarantine",),
    ("features", "training-set", "--days", "2026-01-01", "--out", "set.parquet"),
    ("features", "prove", "--as-of", "2026-01-01"),
)


def invoke(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(_app, [*arguments, "--home", str(home)])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("has_warehouse", [False, True])
def test_a_home_without_data_is_told_so(command: tuple[str, ...], has_warehouse: bool, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    open_home(home)
    if has_warehouse:
        duckdb.connect(str(home.warehouse)).close()
    result = invoke(home.root, *command)
    assert isinstance(result.exception, WellkeptError)
    assert str(result.exception) == (f"nothing is loaded in {home.root} yet; run a day first: wellkept run --as-of DAY")


def test_looking_into_the_quarantine_of_no_home_makes_none(tmp_path: Path) -> None:
    assert isinstance(invoke(tmp_path / "none", "quarantine").exception, WellkeptError)
    assert not (tmp_path / "none").exists()
