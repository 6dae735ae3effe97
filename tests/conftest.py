"""What every test may ask for: a fresh home, and a run of a day in it."""

import os
from collections.abc import Callable, Generator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from begun_home import begun, project_known
from crm_fixtures import crm, server
from databases import database, database_server
from demo_homes import founded, whole_company
from finished_home import continued, deliveries, finished
from isolation import forget_caller, nobodys_folder, plant_decoy, remove_decoy
from skips import EXCUSED, forbid_skip

from wellkept.deployment.paths import PROJECT_ROOT
from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run

MakeRun = Callable[..., Run]

forget_caller(os.environ)
# The search for tunables is tested by itself; every home that trains would pay for it again.
os.environ["WELLKEPT_TUNING_TRIALS"] = "0"
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(PROJECT_ROOT / ".hypothesis"))

__all__ = [
    "begun",
    "continued",
    "crm",
    "database",
    "database_server",
    "deliveries",
    "finished",
    "founded",
    "nobodys_folder",
    "project_known",
    "server",
    "whole_company",
]


_DECOY = pytest.StashKey[list[Path]]()

# Two workers take files in this order, the rest after it: both stay busy, and none waits for a home being made.
_FIRST = (
    "test_demo_company",  # makes the founded home
    "test_days",  # makes the finished one meanwhile
    "test_demo_disturbed",
    "test_scheduler",
    "test_other_shops",
    "test_feature_store",
    "test_prover",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first, the quick ones last, so that neither worker waits at the end for the other."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    is_integration = item.path.parent.name == "integration"
    if is_integration and item.path.stem in _FIRST:
        return _FIRST.index(item.path.stem)
    return len(_FIRST) + (0 if is_integration or item.get_closest_marker("slow") else 1)


def pytest_sessionstart(session: pytest.Session) -> None:
    """In continuous integration a home lies in the clone, on which whoever reads it fails, as after `make demo`."""
    is_first = not hasattr(session.config, "workerinput")
    session.config.stash[_DECOY] = plant_decoy(PROJECT_ROOT) if is_first and os.environ.get("CI") == "true" else []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    forbid_skip(report, is_excused=item.get_closest_marker(EXCUSED) is not None)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    remove_decoy(session.config.stash.get(_DECOY, []))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run_of(tmp_path: Path, home: Path) -> MakeRun:
    """`run_of("2026-03-10", source=folder, horizon_days=60)`: a run in this test's home."""

    def make(day: str, source: Path | None = None, is_re_extract: bool = False, **parameters: Any) -> Run:
        home.mkdir(exist_ok=True)
        overrides: Mapping[str, Any] = parameters
        settings = Settings(home=home, config=tmp_path / "wellkept.toml", lock_timeout_seconds=5)
        return make_run(
            date.fromisoformat(day), overrides=overrides, source=source, is_re_extract=is_re_extract, settings=settings
        )

    return make
