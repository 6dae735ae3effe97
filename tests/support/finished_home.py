"""Real runs of the command line on a small demo company; each home is made once a session and copied."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from deployments import FIRST_DAY, NEXT_DAY, Deployment, copy_of
from filelock import FileLock

from wellkept.demo.company import write_landing
from wellkept.deployment.paths import Home

CUSTOMERS = 500


@pytest.fixture(scope="session")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> dict[date, Path]:
    """What the demo company delivers on each of the two days: the second with later rows, late rows and corrections."""

    def write(folder: Path) -> None:
        for day in (FIRST_DAY, NEXT_DAY):
            write_landing(folder / str(day), customers=CUSTOMERS, last_day=day)

    folder = make_once(tmp_path_factory, "deliveries", write)
    return {day: folder / str(day) for day in (FIRST_DAY, NEXT_DAY)}


@pytest.fixture(scope="session")
def finished(deliveries: dict[date, Path], tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A home after its first day, with a champion. Copy it; never write to it."""

    def run(folder: Path) -> None:
        Deployment(folder / "home", deliveries[FIRST_DAY]).run(FIRST_DAY)

    return Deployment(make_once(tmp_path_factory, "finished", run) / "home", deliveries[FIRST_DAY])


@pytest.fixture(scope="session")
def continued(
    finished: Deployment, deliveries: dict[date, Path], tmp_path_factory: pytest.TempPathFactory
) -> Deployment:
    """The same home after its next day too, undisturbed. Copy it; never write to it."""

    def run(folder: Path) -> None:
        copy_of(finished, folder, deliveries[NEXT_DAY]).run(NEXT_DAY)

    return Deployment(make_once(tmp_path_factory, "continued", run) / "home", deliveries[NEXT_DAY])


@pytest.fixture(scope="module", autouse=True)
def project_known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Once the finished home is there, dbt need not read the whole project anew for every home made after it."""
    home = shared_folder(tmp_path_factory, "finished")
    with pytest.MonkeyPatch.context() as patch:
        if (home / "made").exists():
            patch.setenv("DBT_PARTIAL_PARSE_FILE_PATH", str(Home(home / "home").dbt_memory))
        yield


def share_project(known: Path, fresh: Path) -> None:
    """Give a home that is being made what dbt has read of the project in another; parameters must be the same."""
    memory = Home(fresh).dbt_memory
    memory.parent.mkdir(parents=True)
    shutil.copy(Home(known).dbt_memory, memory)


def make_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` that all workers of the session share; the first to ask makes it, the others wait."""
    folder = shared_folder(tmp_path_factory, name)
    with FileLock(folder.with_name(f"{name}.lock")):
        if not (folder / "made").exists():
            folder.mkdir()
            make(folder)
            (folder / "made").touch()
    return folder


def shared_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    """Where `make_once` makes the folder, whether or not it is there yet."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if base.name.startswith("popen-") else base
    return root / f"shared-{name}"
