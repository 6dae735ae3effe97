"""The feature store holds what a rebuild from raw would give: after late rows, for any spine, and for scores as for training."""

import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import landings
import pyarrow as pa
import pytest
from deployments import FIRST_DAY, Deployment

import features
from features.build import Built, build_days
from features.day_reads import read_days
from features.registry import load
from features.snapshots import schema_of
from wellkept.deployment.settings import Settings
from wellkept.operations.home import open_home
from wellkept.operations.new_run import make_run
from wellkept.project.definitions import group_names, label_names
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

DAYS = [date(2026, 8, 31), date(2026, 10, 12), date(2026, 10, 26), FIRST_DAY]
UNTOUCHED_DAY = DAYS[0]
ODD_DAYS = [date(2026, 10, 15), date(2026, 11, 3)]
LATE_DAY = date(2026, 11, 7)
NEWCOMER = "only-a-lead"
DEPENDS_ON_EVERYONE = "feature_customer__lifecycle"
TABLES = [*group_names(), *label_names()]
MARK = -12345
"""Written over a column of every stored row: what is still there was not built again."""


@dataclass(frozen=True)
class Store:
    """A home whose store was repaired after a late first load, one that was rebuilt from the same raw, and what was marked."""

    repaired: Run
    rebuilt: Run
    done: Built
    late_customers: set[str]
    marked_before: dict[str, set[tuple[str, date]]]
    marked_after: dict[str, set[tuple[str, date]]]


@pytest.fixture(scope="module")
def store(deliveries: dict[date, Path], tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The shop first; a day later come its first leads, of weeks before."""
    folder = tmp_path_factory.mktemp("store")
    first = run_in(folder / "home", FIRST_DAY, deliveries[FIRST_DAY])
    open_home(first.home)
    landings.load(first)
    build_days(first, DAYS)
    customers = {
        customer
        for (customer,) in landings.query(
            first,
            f"select customer_id from features.{group_names()[0]} where as_of_date = '{DAYS[1]}' order by 1 limit 3",
        )
    }
    late = shutil.copytree(deliveries[FIRST_DAY], folder / "late")
    leads = [f"l{number},2026-10-06 10:00:00,{name}" for number, name in enumerate(sorted({*customers, NEWCOMER}))]
    landings.write(late, "leads.csv", "lead_id,created_at,customer_id", *leads)
    second = run_in(folder / "home", LATE_DAY, late)
    landings.load(second)
    shutil.copytree(first.home.root, folder / "rebuilt")
    marks = {table: mark(second, table) for table in group_names()}
    before = {table: marked(second, table, column) for table, column in marks.items()}
    done = build_days(second, DAYS)
    after = {table: marked(second, table, column) for table, column in marks.items()}
    for table, column in marks.items():
        unmark(second, table, column)
    rebuilt = run_in(folder / "rebuilt", LATE_DAY, late)
    with connect(rebuilt, "forgetting the store") as connection:
        connection.execute("drop schema features cascade; drop schema labels cascade")
    with pytest.MonkeyPatch.context() as patch:  # as where memory is short: in several calls of dbt
        patch.setattr("features.build.chunk_days", lambda run, days: [part for part in (days[:3], days[3:]) if part])
        build_days(rebuilt, [*DAYS, *ODD_DAYS])
    return Store(second, rebuilt, done, {*customers, NEWCOMER}, before, after)


def run_in(home: Path, day: date, source: Path) -> Run:
    settings = Settings(home=home, lock_timeout_seconds=60)
    return make_run(day, source=source, overrides={"horizon_days": 30}, settings=settings)


def mark(run: Run, table: str) -> str:
    """Keep a copy of the table and write MARK over its first number, whose name is returned."""
    with connect(run, "marking") as connection:
        column = first_number(connection, table)
        connection.execute("create schema if not exists kept")
        connection.execute(f"create table kept.{table} as from features.{table}")
        connection.execute(f"update features.{table} set {column} = {MARK}")
        return column


def first_number(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    (row,) = connection.execute(
        "select column_name from duckdb_columns() where schema_name = 'features' and table_name = ? "
        "and data_type in ('BIGINT', 'DOUBLE') order by column_index limit 1",
        [table],
    ).fetchall()
    return str(row[0])


def marked(run: Run, table: str, column: str) -> set[tuple[str, date]]:
    return set(landings.query(run, f"select customer_id, as_of_date from features.{table} where {column} = {MARK}"))


def unmark(run: Run, table: str, column: str) -> None:
    with connect(run, "unmarking") as connection:
        connection.execute(
            f"update features.{table} as marked set {column} = kept.{column} from kept.{table} as kept "
            f"where marked.{column} = {MARK} and marked.customer_id = kept.customer_id and marked.as_of_date = kept.as_of_date"
        )


def differing_rows(one: Run, other: Run, table: str, days: list[date]) -> tuple[int, int]:
    """Rows of a table on the days, and rows that only one of two stores has."""
    name, wanted = f"{schema_of(table)}.{table}", ", ".join(f"date '{day}'" for day in days)
    with duckdb.connect() as connection:
        for side, run in (("one", one), ("other", other)):
            connection.execute(f"attach '{run.home.warehouse}' as {side} (read_only)")
        left, right = (f"select * from {side}.{name} where as_of_date in ({wanted})" for side in ("one", "other"))
        differing = f"(({left} except all {right}) union all ({right} except all {left}))"
        rows, others = (
            connection.execute(f"select count(*) from {query}").fetchall()[0][0] for query in (f"({left})", differing)
        )
        return rows, others


@pytest.mark.parametrize("table", TABLES)
def test_what_is_stored_after_late_rows_is_what_a_rebuild_from_raw_gives(store: Store, table: str) -> None:
    rows, differing = differing_rows(store.repaired, store.rebuilt, table, DAYS)
    assert rows > 500 or table == "label_customer__subscription_churn"  # nobody subscribes here: it is empty in both
    assert differing == 0


@pytest.mark.parametrize("table", group_names())
def test_only_what_late_rows_touch_is_built_again(store: Store, table: str) -> None:
    untouched = {
        (name, day)
        for name, day in store.marked_before[table]
        if day == UNTOUCHED_DAY or (name not in store.late_customers and table != DEPENDS_ON_EVERYONE)
    }
    assert len(store.marked_before[table]) > len(untouched) > 100
    assert store.marked_after[table] == untouched


def test_the_repair_is_counted(store: Store) -> None:
    assert store.done.repaired.days == tuple(DAYS[1:])
    assert store.done.built == []
    assert store.done.repaired.rows > 500
    assert build_days(store.repaired, DAYS).repaired.days == (), "a second time there is nothing to repair"


def test_a_backfill_of_what_is_there_builds_nothing(store: Store) -> None:
    wellkept = Deployment(store.repaired.home.root)
    words = ("features", "backfill", "--from", str(DAYS[1]), "--every", "2w", "--set", "horizon_days=30", "--json")
    done = json.loads(wellkept.call(*words, "--to", str(DAYS[2])).stdout)
    assert done == {"held": [str(DAYS[1]), str(DAYS[2])], "built": [], "repaired": {"days": [], "rows": 0}}
    late = wellkept.call(*words, "--to", "2026-11-09", expect=2)
    assert "the last loaded day is 2026-11-07; end there" in late.stderr


def test_someone_of_whom_only_a_late_row_tells_has_features_now(store: Store) -> None:
    days = landings.query(
        store.repaired,
        f"select as_of_date from features.{group_names()[0]} where customer_id = '{NEWCOMER}' order by 1",
    )
    assert {day for (day,) in days} >= set(DAYS[1:])
    assert (UNTOUCHED_DAY,) not in days


@pytest.fixture(scope="module")
def spine(store: Store) -> pa.Table:
    """Customers on held days, on odd ones, on one before all, and on none; with repeats, in no order."""
    with connect(store.repaired, "choosing a spine") as connection:
        return connection.execute(
            "select hash(customer_id, as_of_date) as note, customer_id, as_of_date from (select distinct customer_id from raw.orders "
            "union all select unnest(['nobody', null, 'nobody'])) as customers "
            "cross join (select unnest(?::date[]) as as_of_date) as days order by hash(customer_id, as_of_date, 'mixed')",
            [[*DAYS, *ODD_DAYS, date(2001, 1, 1), None]],
        ).to_arrow_table()


@pytest.fixture(scope="module")
def rows_read(store: Store, spine: pa.Table) -> tuple[pa.Table, list[Any], list[Any]]:
    """The spine with every feature, and what the store held before and after it was read."""
    held = "select table_name, as_of_date, count(*) from features.snapshots group by all order by all"
    before = landings.query(store.repaired, held)
    rows = features.read(store.repaired, spine, [feature.name for feature in load()]).read_all()
    return rows, before, landings.query(store.repaired, held)


def test_days_that_are_not_held_are_computed_and_forgotten_again(
    store: Store, spine: pa.Table, rows_read: tuple[pa.Table, list[Any], list[Any]]
) -> None:
    rows, before, after = rows_read
    assert before == after
    assert rows.select(spine.column_names).equals(spine)
    whole = {day: rows_of(store.rebuilt, day) for day in [*DAYS, *ODD_DAYS]}
    assert all(len(of_day) > 100 for of_day in whole.values())
    nothing = dict.fromkeys(feature.name for feature in load())
    for row in rows.to_pylist():
        expected = whole.get(row["as_of_date"], {}).get(row["customer_id"], nothing)
        assert {name: row[name] for name in nothing} == expected, (row["customer_id"], row["as_of_date"])


def rows_of(run: Run, day: date) -> dict[str, dict[str, Any]]:
    """Every feature of every customer of a day, straight from the tables."""
    joined = " join ".join(
        f"features.{table}" + (" using (customer_id, as_of_date)" if place else "")
        for place, table in enumerate(group_names())
    )
    with connect(run, "reading a day") as connection:
        rows = connection.execute(f"select * from {joined} where as_of_date = ?", [day]).to_arrow_table().to_pylist()
    return {
        row.pop("customer_id"): {name: value for name, value in row.items() if name != "as_of_date"} for row in rows
    }


@pytest.mark.parametrize("day", [DAYS[1], DAYS[2], FIRST_DAY])
def test_a_score_row_is_the_training_row_of_its_customer_and_day(
    store: Store, rows_read: tuple[pa.Table, list[Any], list[Any]], day: date
) -> None:
    names = [feature.name for feature in load()]
    training = {row["customer_id"]: row for row in rows_read[0].to_pylist() if row["as_of_date"] == day}
    customers = sorted(name for name in training if name)
    asked = pa.table({"row_number": range(len(customers)), "customer_id": customers})
    with connect(store.repaired, "scoring") as connection:
        scored = {
            customers[number]: row
            for rows in read_days(connection, asked, names, [day])
            for number, row in zip(rows.row_numbers, rows.features[0].to_pylist(), strict=True)
        }
    assert len(scored) == len(customers) > 100
    assert scored == {name: {feature: training[name][feature] for feature in names} for name in customers}
