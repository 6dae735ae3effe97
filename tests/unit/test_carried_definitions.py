"""An upgrade keeps what a definition made that still gives the same rows, and nothing else."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings
from wellkept.operations.carried_definitions import carry_definitions
from wellkept.operations.home import FORMAT, upgrade
from wellkept.operations.migrations import Migration
from wellkept.project.definitions import Definition, combine_feature_set, read_definition, table_hash
from wellkept.project.equivalent_definitions import Pair
from wellkept.project.parameters import Parameters

ORDERS, CALENDAR, LABEL = "feature_customer__orders", "feature_customer__calendar", "label_customer__purchase_churn"
PARAMETERS = Parameters({"horizon_days": 61})
FORMER = {table: f"{number:016x}" for number, table in enumerate((ORDERS, CALENDAR, LABEL))}
COLUMNS = {ORDERS: ("recency", "INTEGER", ORDERS), CALENDAR: ("season", "DOUBLE", CALENDAR)}
SETS = {table: combine_feature_set([COLUMNS[table]], FORMER) for table in COLUMNS}


@pytest.fixture
def equal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The release says of orders and the label that they give the same rows, and of the calendar nothing."""
    pairs = []
    for table in (ORDERS, LABEL):
        was = Definition(f"former {table}", ("horizon_days",))
        monkeypatch.setitem(FORMER, table, was.hash_with(PARAMETERS))
        pairs.append(Pair(table, was, read_definition(table).digest, ("a shop",)))
    for table, column in COLUMNS.items():
        monkeypatch.setitem(SETS, table, combine_feature_set([column], FORMER))
    monkeypatch.setattr("wellkept.project.equivalent_definitions.read_pairs", lambda project: tuple(pairs))


@pytest.fixture
def home(tmp_path: Path, equal: None) -> Home:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.format_file.write_text(json.dumps({"format": FORMAT - 1}))
    with duckdb.connect(str(home.warehouse)) as connection:
        fill(connection)
    for table in COLUMNS:
        write_version(home, table)
    return home


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    for schema in ("features", "labels", "marts", "scores", "quality", "intermediate"):
        connection.execute(f"create schema {schema}")
    connection.execute("create table quality.build as select ? as parameters", [PARAMETERS.as_json()])
    connection.execute("create table features.snapshots (table_name varchar primary key, definition_hash varchar)")
    connection.execute("create table features.loads as select 7 as number")
    connection.execute("create table features.feature_registry as select 'x' as definition_hash")
    connection.execute("create table quality.leak_audit (table_name varchar, definition_hash varchar)")
    connection.execute(
        "create table scores.model_versions (model_name varchar, model_version varchar, features varchar, "
        "feature_set_hash varchar)"
    )
    connection.execute("create table marts.model_versions as from scores.model_versions")
    for table, was in FORMER.items():
        schema = "labels" if table == LABEL else "features"
        connection.execute(f"create table {schema}.{table} as select 'c1' as customer_id")
        connection.execute("insert into features.snapshots values (?, ?)", [table, was])
        connection.execute("insert into quality.leak_audit values (?, ?), (?, null)", [table, was, table])
    for table, (name, _, _) in COLUMNS.items():
        row = ["churn_risk", f"v-{table}", json.dumps([name]), SETS[table]]
        connection.execute("insert into scores.model_versions values (?, ?, ?, ?)", row)


def write_version(home: Home, table: str) -> None:
    name, data_type, _ = COLUMNS[table]
    manifest = {
        "feature_set_hash": SETS[table],
        "features": [{"name": name, "data_type": data_type, "table": table}],
        "definition_hashes": {table: FORMER[table], LABEL: FORMER[LABEL]},
        "parameters": dict(PARAMETERS),
    }
    folder = home.models / "churn_risk" / f"v-{table}"
    folder.mkdir(parents=True)
    home.training.mkdir(exist_ok=True)
    for file in (folder / "training_set.json", home.training / f"{table}.json"):
        file.write_text(json.dumps(manifest))
    (folder / "manifest.json").write_text(json.dumps({"feature_set_hash": SETS[table], "sequence": "1"}))
    (folder / "card.md").write_text(f"**Features:** definition {SETS[table]}.")
    (folder / "model.txt").write_text(f"a model {SETS[table]}")


def query(home: Home, sql: str) -> dict[Any, Any]:
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return dict(connection.execute(sql).fetchall())


def bring_up(home: Home) -> None:
    upgrade(home, Settings(), [Migration(FORMAT, "m_nothing", lambda connection: None)])


def present(table: str) -> str:
    return table_hash(table, PARAMETERS)


def present_set(table: str) -> str:
    return combine_feature_set([COLUMNS[table]], {table: present(table)})


def test_snapshots_of_an_equal_definition_stay_and_others_are_noted_as_they_were(home: Home) -> None:
    bring_up(home)
    snapshots = query(home, "select table_name, definition_hash from features.snapshots")
    assert snapshots == {ORDERS: present(ORDERS), LABEL: present(LABEL), CALENDAR: FORMER[CALENDAR]}
    kept = query(home, "select schema_name || '.' || table_name, estimated_size from duckdb_tables()")
    assert {name for name in kept if name.split(".")[0] in ("features", "labels", "marts")} == {
        "features.snapshots",
        "features.loads",
        f"features.{ORDERS}",
        f"labels.{LABEL}",
    }


def test_a_version_whose_tables_all_have_an_equal_goes_on_and_another_does_not(home: Home) -> None:
    bring_up(home)
    assert query(home, "select model_version, feature_set_hash from scores.model_versions") == {
        f"v-{ORDERS}": present_set(ORDERS),
        f"v-{CALENDAR}": SETS[CALENDAR],
    }
    for file in (home.training / f"{ORDERS}.json", home.models / "churn_risk" / f"v-{ORDERS}" / "training_set.json"):
        manifest = json.loads(file.read_text())
        assert manifest["feature_set_hash"] == present_set(ORDERS)
        assert manifest["definition_hashes"] == {table: present(table) for table in (ORDERS, LABEL)}
    folder = home.models / "churn_risk" / f"v-{ORDERS}"
    assert json.loads((folder / "manifest.json").read_text())["feature_set_hash"] == present_set(ORDERS)
    assert (folder / "card.md").read_text() == f"**Features:** definition {present_set(ORDERS)}."
    assert (folder / "model.txt").read_text() == f"a model {SETS[ORDERS]}", "the model is the file that was trained"
    other = json.loads((home.models / "churn_risk" / f"v-{CALENDAR}" / "training_set.json").read_text())
    assert other["definition_hashes"][CALENDAR] == FORMER[CALENDAR]


def test_proofs_of_leaks_hold_for_the_equal_definition(home: Home) -> None:
    bring_up(home)
    proved = query(home, "select table_name, definition_hash from quality.leak_audit where definition_hash is not null")
    assert proved == {ORDERS: present(ORDERS), LABEL: present(LABEL), CALENDAR: FORMER[CALENDAR]}


def test_what_other_parameters_made_is_told_by_the_training_set_that_says_them(home: Home) -> None:
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("update quality.build set parameters = ?", [Parameters().as_json()])
    bring_up(home)
    snapshots = query(home, "select table_name, definition_hash from features.snapshots")
    assert snapshots[ORDERS] == present(ORDERS)


def test_an_upgrade_killed_among_the_files_goes_on_where_it_stopped(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace
    done: list[Path] = []

    def fail_at_the_second_card(self: Path, target: Path) -> Path:
        if target.parent == home.models / "churn_risk" / f"v-{ORDERS}":
            done.append(target)
            if len(done) == 2:
                raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail_at_the_second_card)
        with pytest.raises(KeyboardInterrupt):
            bring_up(home)
    assert len(done) == 2
    bring_up(home)
    test_files = [*home.models.glob(f"*/v-{ORDERS}/*.*"), home.training / f"{ORDERS}.json"]
    stale = [file.name for file in test_files if FORMER[ORDERS] in file.read_text() or SETS[ORDERS] in file.read_text()]
    assert stale == ["model.txt"]
    assert f"features.{ORDERS}" in query(home, "select schema_name || '.' || table_name, 1 from duckdb_tables()")


def test_a_manifest_that_was_never_finished_is_passed_over(home: Home) -> None:
    (home.models / "churn_risk" / f"v-{ORDERS}" / "training_set.json").write_text('{"features": [')
    with duckdb.connect(str(home.warehouse)) as connection:
        mapped = carry_definitions(connection, home, ("features",))
    assert mapped[FORMER[ORDERS]] == present(ORDERS)
