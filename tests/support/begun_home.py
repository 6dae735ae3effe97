"""What every home must make before its first step, made once a session: what dbt reads of the project, Airflow's database."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock

from wellkept.airflow.airflow_home import in_process_environment
from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run
from wellkept.warehouse.dbt import dbt

_PREPARE = (
    "from wellkept.airflow.airflow_home import entered, prepare; from wellkept.deployment.settings import Settings\n"
    "import sys; settings = Settings(home=sys.argv[1])\n"
    "with entered(settings): prepare(settings)"
)


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that no step was run in. Give what is in it to others by `begin_home`; never write to it."""
    return make_once(tmp_path_factory, "begun", lambda folder: _begin(folder / "home")) / "home"


def _begin(home: Path) -> None:
    settings = Settings(home=home)
    (home / "airflow").mkdir(parents=True)
    airflow = subprocess.Popen([sys.executable, "-c", _PREPARE, str(home)], env=in_process_environment(settings))
    dbt(make_run(date(2026, 11, 20), settings=settings), "parse")
    assert airflow.wait(240) == 0


def begin_home(begun: Path, home: Path) -> None:
    """A new home that need not read the project nor make Airflow's database; its parameters must be the defaults."""
    share_project(begun, home)
    for name in ("in_process.db", "in_process.ready"):
        _copy(begun / "airflow" / name, home / "airflow" / name)


def begin_scheduler(begun: Path, home: Path) -> None:
    """The same for a home in which Airflow's scheduler runs, whose database has another name."""
    share_project(begun, home)
    _copy(begun / "airflow" / "in_process.db", home / "airflow" / "airflow.db")
    made = (begun / "airflow" / "in_process.ready").read_text()
    (home / "airflow" / "scheduler.ready").write_text(made.replace("in_process.db", "airflow.db"))


def share_project(known: Path, fresh: Path) -> None:
    """Give a home that is being made what dbt has read of the project in another; parameters must be the same."""
    _copy(Home(known).dbt_memory, Home(fresh).dbt_memory)


def _copy(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, to)


@pytest.fixture(scope="module", autouse=True)
def project_known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Once dbt has read the project for `begun`, it need not read all of it anew for a home made without it."""
    folder = shared_folder(tmp_path_factory, "begun")
    with pytest.MonkeyPatch.context() as patch:
        if (folder / "made").exists():
            patch.setenv("DBT_PARTIAL_PARSE_FILE_PATH", str(Home(folder / "home").dbt_memory))
        yield


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
