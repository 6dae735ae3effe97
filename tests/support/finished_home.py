"""Real runs of the command line on a small demo company; each home is made once a session and copied."""

from datetime import date
from pathlib import Path

import pytest
from begun_home import begin_home, make_once
from deployments import FIRST_DAY, NEXT_DAY, Deployment, copy_of

from wellkept.demo.company import write_landing

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
def finished(begun: Path, deliveries: dict[date, Path], tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A home after its first day, with a champion. Copy it; never write to it."""

    def run(folder: Path) -> None:
        begin_home(begun, folder / "home")
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
