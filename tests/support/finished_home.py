"""Real runs of the command line on a small demo company; one finished home is made once and copied."""

from datetime import date
from pathlib import Path

import pytest
from deployments import FIRST_DAY, NEXT_DAY, Deployment, copy_of

from wellkept.demo.company import write_landing

CUSTOMERS = 500


@pytest.fixture(scope="session")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> dict[date, Path]:
    """What the demo company delivers on each of the two days: the second with later rows, late rows and corrections."""
    folder = tmp_path_factory.mktemp("deliveries")
    for day in (FIRST_DAY, NEXT_DAY):
        write_landing(folder / str(day), customers=CUSTOMERS, last_day=day)
    return {day: folder / str(day) for day in (FIRST_DAY, NEXT_DAY)}


@pytest.fixture(scope="session")
def finished(deliveries: dict[date, Path], tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A home after its first day, with a champion. Copy it; never write to it."""
    deployment = Deployment(tmp_path_factory.mktemp("finished") / "home", deliveries[FIRST_DAY])
    deployment.run(FIRST_DAY)
    return deployment


@pytest.fixture(scope="session")
def continued(
    finished: Deployment, deliveries: dict[date, Path], tmp_path_factory: pytest.TempPathFactory
) -> Deployment:
    """The same home after its next day too, undisturbed. Copy it; never write to it."""
    deployment = copy_of(finished, tmp_path_factory.mktemp("continued"), deliveries[NEXT_DAY])
    deployment.run(NEXT_DAY)
    return deployment
