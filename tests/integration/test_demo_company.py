"""The demo company through its real database and CRM: whole days, only what changed, and nothing of anyone let out."""

import json
import re
import sqlite3
from pathlib import Path

import duckdb
import pytest
from demo_homes import FEW_ROWS, MARTS, LivedDays, ingest, live_days, raw_differences, run_in
from deployments import Deployment, copy_of

from wellkept.landing.contract import ENTITIES
from wellkept.warehouse.dbt import dbt

WINDOWED = ("orders", "baskets", "sessions", "interactions", "payments")
"""Of which the company has rows that are older than the windows."""
ONLY_TABLES = ("--resource-type", "model", "--resource-type", "seed")
"""No data tests: they are run where the home is founded."""


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


@pytest.fixture(scope="module")
def lived(founded: Deployment, tmp_path_factory: pytest.TempPathFactory) -> LivedDays:
    folder = tmp_path_factory.mktemp("lived")
    lived = live_days(copy_of(founded, folder).home, folder / "fresh", 2, ingest)
    wanted = [f"+{model}" for model in (*MARTS, *(f"int_{what}_windowed" for what in WINDOWED))]
    for home in (lived.daily, lived.fresh):
        dbt(run_in(home, lived.last), "build", "--select", *wanted, *ONLY_TABLES)
    return lived


@pytest.mark.parametrize("mart", MARTS)
def test_days_one_by_one_are_the_last_at_once(lived: LivedDays, mart: str) -> None:
    rows, differing = lived.compare(mart)
    assert rows > (20 if mart in FEW_ROWS else 200)
    assert differing == 0


def test_a_day_reads_what_changed_and_not_the_tables(lived: LivedDays) -> None:
    lived.check_cost()


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


def test_windows_pass_over_rows_that_are_older_than_they_are(lived: LivedDays) -> None:
    """The bound on the days must reach the scans of staging: otherwise a day costs what all of history does."""
    for what in WINDOWED:
        [(_, plan)] = ask(lived.daily, f"explain (format json) select * from intermediate.int_{what}_windowed")
        assert re.search(r"\w+>='[0-9-]+'::DATE", str(plan)), what


def test_raw_is_the_same_after_a_day_is_taken_twice(lived: LivedDays, tmp_path: Path) -> None:
    again = copy_of(Deployment(lived.daily), tmp_path).home
    ingest(run_in(again, lived.last))
    assert raw_differences(lived.daily, again) == {}
