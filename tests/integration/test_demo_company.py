"""The demo company through its real database and CRM: whole days, only what changed, and nothing of anyone let out."""

import json
import re
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from demo_homes import DAY, ingest, open_systems, raw_differences, run_in
from deployments import Deployment, copy_of

from features.build import build_edition_tables
from wellkept.demo.systems import advance_company
from wellkept.landing.contract import ENTITIES
from wellkept.paths import Home

LAST = DAY + timedelta(days=7)
AUDIT = {"known_from", "is_known_on_assumed", "run_id"}
MARTS = ("customers", "orders", "lifecycle_states", "customer_contacts", "customer_keys")


def ask(home: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_raw_holds_the_rows_that_the_companys_systems_hold(founded: Deployment) -> None:
    truth = json.loads((founded.home / "demo" / "truth" / "rows.json").read_text())
    for source, entities in truth.items():
        for entity, told in entities.items():
            held = ask(founded.home, f"select count(*) from raw.{entity} where source_system = '{source}'")[0][0]
            duplicates = ask(
                founded.home,
                f"select sum(rows_duplicate) from raw.loads where source = '{source}' and entity = '{entity}'",
            )[0][0]
            assert (entity, held, duplicates) == (entity, told["rows"], told["duplicates"])
    assert {entity for entities in truth.values() for entity in entities} == set(ENTITIES)


def test_the_demo_says_how_far_the_model_is_from_the_truth(founded: Deployment) -> None:
    said = (founded.home.parent / "demo.txt").read_text()
    model, true = (float(figure) for figure in re.findall(r"AUC of the [a-z ]+ (0\.\d+)", said))
    assert 0.5 < model < true < 1


@dataclass(frozen=True)
class Week:
    """A home that took seven days one by one, one that takes the seventh at once, and what each day wrote and read."""

    daily: Path
    fresh: Path
    written: list[int]
    read: list[int]
    read_at_once: int


def count_incremental(rows: dict[str, int]) -> int:
    """Rows read of the tables that are read by what changed: catalogue and campaigns are read in full."""
    return sum(count for name, count in rows.items() if name not in {"shop.products", "shop.campaigns"})


@pytest.fixture(scope="module")
def week(founded: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Week:
    folder = tmp_path_factory.mktemp("week")
    daily, fresh = copy_of(founded, folder).home, folder / "fresh"
    written, read = [], []
    for passed in range(1, 8):
        changes = advance_company(Home(daily), days=1, horizon_days=90)
        written.append(sum(new + changed for new, changed in [*changes.shop.values(), *changes.crm.values()]))
        with open_systems(daily):
            read.append(count_incremental(ingest(run_in(daily, DAY + timedelta(days=passed)))))
    fresh.mkdir()
    (fresh / "wellkept.toml").write_text((daily / "wellkept.toml").read_text())
    with open_systems(daily):
        read_at_once = count_incremental(ingest(run_in(fresh, LAST)))
    for home in (daily, fresh):
        build_edition_tables(run_in(home, LAST))
    return Week(daily, fresh, written, read, read_at_once)


@pytest.mark.parametrize("mart", MARTS)
def test_seven_days_one_by_one_are_the_seventh_at_once(week: Week, mart: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{week.daily}/warehouse.duckdb' as daily (read_only)")
        connection.execute(f"attach '{week.fresh}/warehouse.duckdb' as fresh (read_only)")
        names = connection.execute(f"select column_name from (describe daily.marts.{mart})").fetchall()
        columns = ", ".join(name for (name,) in names if name not in AUDIT)
        left, right = (f"select {columns} from {side}.marts.{mart}" for side in ("daily", "fresh"))
        rows = connection.execute(f"select count(*) from ({left})").fetchall()[0][0]
        differing = connection.execute(f"({left} except all {right}) union all ({right} except all {left})").fetchall()
    assert rows > 200
    assert differing == []


def test_a_day_reads_what_changed_and_not_the_tables(week: Week) -> None:
    """What was written since the last loaded day began, and in the six hours before: at most two days' writing."""
    for day, read in enumerate(week.read):
        assert read <= sum(week.written[max(day - 1, 0) : day + 1]) + (0 if day else 500), (
            day,
            week.read,
            week.written,
        )
    assert sum(week.read) < week.read_at_once / 5


def test_token_and_addresses_are_in_nothing_that_others_read(founded: Deployment) -> None:
    home = founded.home
    token = (home / "demo" / "token").read_text()
    email = ask(home, "select min(email) from raw.customers where email is not null")[0][0]
    private = {home / "demo", home / "landing", home / "warehouse.duckdb", home / "warehouse.duckdb.wal"}
    files = [path for path in home.rglob("*") if path.is_file() and not private & {path, *path.parents}]
    assert {path.suffix for path in files} >= {".log", ".json", ".duckdb", ".db"}
    for path in files:
        content = path.read_bytes()
        assert token.encode() not in content, path
        assert str(email).encode() not in content, path
    with sqlite3.connect(home / "airflow" / "in_process.db") as airflow:
        values = [str(row) for row in airflow.execute("select value from xcom")]
    assert values
    assert not any(token in value or str(email) in value for value in values)
    columns = founded.query(
        "select table_name, column_name from duckdb_columns() where data_type = 'VARCHAR' and not internal"
    )
    assert len(columns) > 30
    for table, column in columns:
        found = founded.query(f"select count(*) from {table} where contains(lower({column}), lower('{email}'))")
        assert found == [(0,)], (table, column)


def test_raw_is_the_same_after_a_day_is_taken_twice(week: Week, tmp_path: Path) -> None:
    again = copy_of(Deployment(week.daily), tmp_path).home
    ingest(run_in(again, LAST))
    assert raw_differences(week.daily, again) == {}
