"""The last version of format 2, from the project's own history, runs a day; this one upgrades its home and runs the next."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from compare_editions import main as compare_editions
from deployments import FIRST_DAY, NEXT_DAY, Deployment, copy_of
from find_equivalent_definitions import find_project

from wellkept.deployment.paths import PROJECT_ROOT
from wellkept.deployment.settings import child_environment
from wellkept.project.definitions import group_names, label_names, read_definition
from wellkept.project.equivalent_definitions import has_equivalent

pytestmark = pytest.mark.soak

FORMER = "0f85721"


@pytest.fixture(scope="module")
def former_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of the former version; without the project's history there is none."""
    if subprocess.run(["git", "-C", str(PROJECT_ROOT), "cat-file", "-e", FORMER], check=False).returncode:
        pytest.skip(f"the history of this clone does not hold {FORMER}")
    folder = tmp_path_factory.mktemp("former")
    packed = subprocess.run(["git", "-C", str(PROJECT_ROOT), "archive", FORMER], capture_output=True, check=True).stdout
    subprocess.run(["tar", "x", "-C", str(folder)], input=packed, check=True)
    return folder


@pytest.fixture(scope="module")
def run_former(former_code: Path) -> Callable[[Deployment, date], None]:
    """Run a day with the code of the former version, in this environment."""

    def run(deployment: Deployment, day: date) -> None:
        command = [sys.executable, "-c", "from wellkept.cli import app; app()", *deployment.run_words(day)]
        done = subprocess.run(
            [*command, "--home", str(deployment.home)],
            capture_output=True,
            text=True,
            check=False,
            cwd=former_code,
            env=child_environment(PYTHONPATH=str(former_code), PYTHONSAFEPATH="1"),
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"

    return run


@pytest.fixture(scope="module")
def upgraded_and_not(
    run_former: Callable[[Deployment, date], None],
    deliveries: dict[date, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Deployment, Deployment, set[tuple[str, date, str]]]:
    """Two days, the second by this version after an upgrade, and by the former; with the snapshots held before."""
    folder = tmp_path_factory.mktemp("homes")
    first = Deployment(folder / "home", deliveries[FIRST_DAY])
    run_former(first, FIRST_DAY)
    upgraded = copy_of(first, folder / "upgraded", deliveries[NEXT_DAY])
    former = copy_of(first, folder / "former", deliveries[NEXT_DAY])
    held = read_snapshots(first)
    said = upgraded.call("upgrade").stdout
    assert "Applied" in said
    upgraded.run(NEXT_DAY)
    run_former(former, NEXT_DAY)
    return upgraded, former, held


def read_snapshots(deployment: Deployment) -> set[tuple[str, date, str]]:
    with duckdb.connect(str(deployment.home / "warehouse.duckdb"), read_only=True) as connection:
        return set(connection.execute("select table_name, as_of_date, run_id from features.snapshots").fetchall())


def test_every_table_of_the_former_version_has_its_equivalent(former_code: Path) -> None:
    former = find_project(str(former_code), former_code)
    missing = [
        table
        for table in [*group_names(former), *label_names(former)]
        if not has_equivalent(table, read_definition(table, former).digest)
    ]
    assert missing == [], "run scripts/find_equivalent_definitions.py"


def test_the_next_day_has_the_same_champion_and_the_same_rows(
    upgraded_and_not: tuple[Deployment, Deployment, set[tuple[str, date, str]]],
) -> None:
    upgraded, former, _ = upgraded_and_not
    champion = "select model_name, model_version, scores_missing_reason from edition"
    assert upgraded.query(champion) == former.query(champion)
    assert upgraded.query(champion)[0][1] is not None
    editions = [str((one.home / "published" / "wellkept.duckdb").resolve()) for one in (former, upgraded)]
    assert compare_editions(editions) == 0


def test_no_kept_day_is_rebuilt_that_the_former_version_would_have_kept(
    upgraded_and_not: tuple[Deployment, Deployment, set[tuple[str, date, str]]],
) -> None:
    upgraded, former, held = upgraded_and_not
    assert len(held) > 100
    assert held & read_snapshots(upgraded) == held & read_snapshots(former)
