"""Homes of a demo company with its real database and CRM, made once a session and copied by the tests that need one."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from begun_home import begin_home, make_once, share_project
from deployments import Deployment

from wellkept.demo.opening import company_open
from wellkept.demo.systems import advance_company
from wellkept.demo.truth import LAST_DAY
from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings
from wellkept.landing.contract import ENTITIES
from wellkept.landing.load import load_day
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run
from wellkept.sources.extract import extract

CUSTOMERS = 300
DAY = LAST_DAY


@pytest.fixture(scope="session")
def founded(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The home that `wellkept demo` leaves, with what it said beside it in demo.txt. Copy it; never write to it."""

    def found(folder: Path) -> None:
        begin_home(begun, folder / "home")
        done = Deployment(folder / "home").call("demo", "--customers", str(CUSTOMERS))
        (folder / "demo.txt").write_text(done.stdout + done.stderr)

    folder = make_once(tmp_path_factory, "founded", found)
    return Deployment(folder / "home")


@pytest.fixture(scope="session")
def whole_company(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The demo as everybody gets it, with 4,000 customers: for soak tests. Never write to it."""
    folder = make_once(tmp_path_factory, "whole_company", lambda folder: Deployment(folder / "home").call("demo"))
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


MARTS = (
    "attributions",
    "cohort_retention",
    "customer_contacts",
    "customer_keys",
    "customers",
    "journey_steps",
    "journeys",
    "lifecycle_flow",
    "lifecycle_states",
    "orders",
    "retention_kpis",
    "segments",
    "subscription_periods",
    "subscriptions",
    "touchpoints",
)
FEW_ROWS = ("journey_steps", "subscription_periods", "subscriptions")
"""Marts that are small whatever the company's size, or hold few of its customers."""
_KNOWLEDGE = {"known_from", "is_known_on_assumed", "run_id"}


@dataclass(frozen=True)
class LivedDays:
    """A home that took days one by one, one that took the last at once, and what each day wrote and read."""

    daily: Path
    fresh: Path
    last: date
    written: list[int]
    read: list[int]
    read_at_once: int

    def compare(self, mart: str) -> tuple[int, int]:
        """Rows of a mart in the daily home, and rows that only one of the two homes has."""
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.daily}/warehouse.duckdb' as daily (read_only)")
            connection.execute(f"attach '{self.fresh}/warehouse.duckdb' as fresh (read_only)")
            names = connection.execute(f"select column_name from (describe daily.marts.{mart})").fetchall()
            columns = ", ".join(name for (name,) in names if name not in _KNOWLEDGE)
            left, right = (f"select {columns} from {side}.marts.{mart}" for side in ("daily", "fresh"))
            differing = f"({left} except all {right}) union all ({right} except all {left})"
            rows, others = (
                connection.execute(f"select count(*) from ({query})").fetchall()[0][0] for query in (left, differing)
            )
            return rows, others

    def check_cost(self) -> None:
        """What is read follows what was written; of each table the last six hours before its newest row come twice."""
        assert sum(self.read) <= 2 * sum(self.written) + 600, (self.read, self.written)
        assert max(self.read) < self.read_at_once / 8, (self.read, self.read_at_once)


def live_days(daily: Path, fresh: Path, days: int, take: Callable[[Run], object]) -> LivedDays:
    """Let days pass one by one in `daily`, taking each; and take the last at once in `fresh`, from the same systems."""
    written, read = [], []
    for passed in range(1, days + 1):
        changes = advance_company(Home(daily), days=1, horizon_days=90)
        written.append(sum(new + changed for new, changed in [*changes.shop.values(), *changes.crm.values()]))
        run = run_in(daily, DAY + timedelta(days=passed))
        with open_systems(daily):
            take(run)
        read.append(_count_incremental(rows_read(run)))
    fresh.mkdir()
    share_project(daily, fresh)
    (fresh / "wellkept.toml").write_text((daily / "wellkept.toml").read_text())
    last = run_in(fresh, DAY + timedelta(days=days))
    with open_systems(daily):
        take(last)
    return LivedDays(daily, fresh, last.as_of_date, written, read, _count_incremental(rows_read(last)))


def _count_incremental(rows: dict[str, int]) -> int:
    """Rows read of the tables that are read by what changed: catalogue and campaigns are read in full."""
    return sum(count for name, count in rows.items() if name not in {"shop.products", "shop.campaigns"})
