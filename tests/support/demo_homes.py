"""Homes of a demo company with its real database and CRM, made once a session and copied by the tests that need one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pytest
from deployments import Deployment
from finished_home import make_once

from wellkept.demo.opening import company_open
from wellkept.demo.truth import LAST_DAY
from wellkept.landing.contract import ENTITIES
from wellkept.landing.extract import extract
from wellkept.landing.load import load_day
from wellkept.paths import Home
from wellkept.run import Run, make_run
from wellkept.settings import Settings

CUSTOMERS = 300
DAY = LAST_DAY


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The home that `wellkept demo` leaves, with what it said beside it in demo.txt. Copy it; never write to it."""

    def found(folder: Path) -> None:
        done = Deployment(folder / "home").call("demo", "--customers", str(CUSTOMERS))
        (folder / "demo.txt").write_text(done.stdout + done.stderr)

    folder = make_once(tmp_path_factory, "founded", found)
    return Deployment(folder / "home")


def run_in(home: Path, day: date, run_id: str | None = None) -> Run:
    """A run of a day in a home, as its own wellkept.toml says."""
    return make_run(day, run_id=run_id, settings=Settings(home=home, lock_timeout_seconds=60))


def ingest(run: Run) -> dict[str, int]:
    """Extract every source of the run's day and load it; returns the rows read by source and entity."""
    for source in sorted(run.sources):
        extract(run, source)
    load_day(run)
    return rows_read(run)


def rows_read(run: Run) -> dict[str, int]:
    """What was extracted for the run's day, from its landing files."""
    counts = {}
    for source in sorted(run.sources):
        file = run.home.landing(run.as_of_date, source) / "extract.json"
        record = json.loads(file.read_text()) if file.exists() else {"entities": {}}
        counts |= {f"{source}.{entity}": kept["rows_read"] for entity, kept in record["entities"].items()}
    return counts


@contextmanager
def open_systems(home: Path) -> Iterator[None]:
    """The database and CRM of a home's company answer; their connections are in the environment."""
    with company_open(Home(home)):
        yield


def raw_differences(one: Path, other: Path) -> dict[str, int]:
    """For each raw table that differs between two homes' warehouses: how many rows only one of them has."""
    audit = {"run_id"}
    found = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}/warehouse.duckdb' as one (read_only)")
        connection.execute(f"attach '{other}/warehouse.duckdb' as other (read_only)")
        for table in [*ENTITIES, "loads", "quarantine", "waiting"]:
            names = connection.execute(f"select column_name from (describe one.raw.{table})").fetchall()
            columns = ", ".join(name for (name,) in names if name not in audit)
            left, right = (f"select {columns} from {side}.raw.{table}" for side in ("one", "other"))
            rows = connection.execute(
                f"select count(*) from (({left} except all {right}) union all ({right} except all {left}))"
            ).fetchall()[0][0]
            if rows:
                found[table] = rows
    return found
