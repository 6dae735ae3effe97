"""The demo company through its real database and CRM: whole days, only what changed, and nothing of anyone let out."""

import json
import re
import sqlite3
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
            held = ask(founded.home, f"select count(*) from raw.{entity} where source = '{source}'")[0][0]
            duplicates = ask(
                founded.home,
                f"select sum(rows_duplicate) from raw.loads where source = '{source}' and entity = '{entity}'",
            )[0][0]
            assert (entity, held, duplicates) == (entity, told["rows"], told["duplicates"])
    assert {entity for entities in truth.values() for entity in entities} == set(ENTITIES)


def test_the_demo_says_how_far_the_model_is_from_the_truth(founded: Deployment) -> None:
    said = (founded.source / "demo.txt").read_text()
    model, true = (float(figure) for figure in re.findall(r"AUC of the [a-z ]+ (0\.\d+)", said))
    assert 0.5 < model < true < 1


@pytest.fixture(scope="module")
def seven_days(founded: Deployment, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[int]]:
    """A home that took seven days one by one, one that takes the seventh at once, and the rows read on each day."""
    folder = tmp_path_factory.mktemp("seven_days")
    daily, fresh = copy_of(founded, folder).home, folder / "fresh"
    read = []
    for passed in range(1, 8):
        advance_company(Home(daily), days=1, horizon_days=90)
        with open_systems(daily):
            read.append(sum(ingest(run_in(daily, DAY + timedelta(days=passed))).values()))
    fresh.mkdir()
    (fresh / "wellkept.toml").write_text((daily / "wellkept.toml").read_text())
    with open_systems(daily):
        read.append(sum(ingest(run_in(fresh, LAST)).values()))
    for home in (daily, fresh):
        build_edition_tables(run_in(home, LAST))
    return daily, fresh, read


@pytest.mark.parametrize("mart", MARTS)
def test_seven_days_one_by_one_are_the_seventh_at_once(seven_days: tuple[Path, Path, list[int]], mart: str) -> None:
    daily, fresh, _ = seven_days
    with duckdb.connect() as connection:
        connection.execute(f"attach '{daily}/warehouse.duckdb' as daily (read_only)")
        connection.execute(f"attach '{fresh}/warehouse.duckdb' as fresh (read_only)")
        names = connection.execute(f"select column_name from (describe daily.marts.{mart})").fetchall()
        columns = ", ".join(name for (name,) in names if name not in AUDIT)
        left, right = (f"select {columns} from {side}.marts.{mart}" for side in ("daily", "fresh"))
        rows = connection.execute(f"select count(*) from ({left})").fetchall()[0][0]
        differing = connection.execute(f"({left} except all {right}) union all ({right} except all {left})").fetchall()
    assert rows > 200
    assert differing == []


def test_a_day_reads_what_changed_and_not_the_tables(seven_days: tuple[Path, Path, list[int]]) -> None:
    *days, all_at_once = seven_days[2]
    assert all(0 < rows < all_at_once / 50 for rows in days)


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
    columns = founded.query("select table_name, column_name from duckdb_columns() where data_type = 'VARCHAR'")
    for table, column in columns:
        assert founded.query(
            f"select count(*) from {table} where contains({column}, ?)".replace("?", f"'{email}'")
        ) == [(0,)], (table, column)


def test_raw_is_the_same_after_a_day_is_taken_twice(seven_days: tuple[Path, Path, list[int]], tmp_path: Path) -> None:
    daily = seven_days[0]
    again = copy_of(Deployment(daily, daily), tmp_path).home
    ingest(run_in(again, LAST))
    assert raw_differences(daily, again) == {}
