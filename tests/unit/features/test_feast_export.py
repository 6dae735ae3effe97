"""The Feast export: which folder it may write, which names it refuses, and that it is whole or not there."""

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from features.feast_export import MANIFEST, check_names, export_feast
from features.registry import Feature
from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.runs.run import Run

GROUP = "feature_customer__orders"
DAYS = [date(2026, 1, 5), date(2026, 1, 12)]
ORDERS = Feature(
    "orders_count_30d", GROUP, "bigint", 'It\'s "one".', "ml", "-", 0, None, "none", models=("churn_risk",)
)
AMOUNT = replace(ORDERS, name="amount_30d", data_type="double", models=())


@pytest.fixture
def run(run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> Run:
    """A home that holds two days of one group, the second by an older definition for another."""
    run = run_of("2026-01-12")
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.execute("create schema features")
        connection.execute(
            f"create table features.{GROUP} as select 'c' || i as customer_id, day as as_of_date, i as orders_count_30d, "
            "case when i > 1 then i / 2 end as amount_30d from range(4) as numbers (i), "
            "(values (date '2026-01-05'), (date '2026-01-12')) as days (day)"
        )
        connection.execute(
            "create table features.snapshots as select table_name, as_of_date, 'now' as definition_hash, 0::bigint as loads_seen, "
            "as_of_date as known_on, 'r1' as run_id, timestamp '2026-01-12 02:30:00' as built_at from "
            f"(values ('{GROUP}')) as tables (table_name), "
            "(values (date '2026-01-05'), (date '2026-01-12')) as days (as_of_date)"
        )
    monkeypatch.setattr("features.feast_export.load", lambda: [ORDERS, AMOUNT])
    monkeypatch.setattr("features.feast_export.table_hash", lambda *arguments: "now")
    return run


def test_rows_are_stamped_with_the_instant_they_describe_and_hold_nothing_but_features(
    run: Run, tmp_path: Path
) -> None:
    assert export_feast(run, tmp_path / "feast") == {GROUP: 8}
    rows = pq.read_table(tmp_path / "feast" / "data" / f"{GROUP}.parquet")
    assert rows.column_names == [
        "customer_id",
        "event_timestamp",
        "created_timestamp",
        "orders_count_30d",
        "amount_30d",
    ]
    stamps = sorted({stamp.isoformat() for stamp in rows["event_timestamp"].to_pylist()})
    assert stamps == ["2026-01-05T00:00:00+00:00", "2026-01-12T00:00:00+00:00"]
    assert {stamp.isoformat() for stamp in rows["created_timestamp"].to_pylist()} == {"2026-01-12T02:30:00+00:00"}
    assert rows["amount_30d"].null_count == 4


def test_definitions_are_python_and_a_service_names_the_features_of_its_model(run: Run, tmp_path: Path) -> None:
    export_feast(run, tmp_path / "feast")
    text = (tmp_path / "feast" / "definitions.py").read_text()
    assert ast.parse(text)
    assert f"{GROUP}[['orders_count_30d']]" in text


@pytest.mark.parametrize("name", ["profit_y", "rn", "entity_row_id", "event_timestamp"])
def test_a_name_that_feast_would_lose_is_refused(name: str) -> None:
    with pytest.raises(WellkeptError, match=f"named {name}:"):
        check_names([ORDERS, replace(ORDERS, name=name)])


def test_only_days_that_are_held_are_written(run: Run, tmp_path: Path) -> None:
    assert export_feast(run, tmp_path / "feast", days=[DAYS[0]]) == {GROUP: 4}
    assert export_feast(run, tmp_path / "feast", first=date(2026, 1, 6)) == {GROUP: 4}
    assert json.loads((tmp_path / "feast" / MANIFEST).read_text())["days"] == ["2026-01-12"]
    with pytest.raises(BadInputError, match=f"{GROUP} holds no snapshot of 2026-01-06"):
        export_feast(run, tmp_path / "feast", days=[date(2026, 1, 6)])
    with pytest.raises(WellkeptError, match="no day of those is held"):
        export_feast(run, tmp_path / "feast", last=date(2025, 1, 1))
    with pytest.raises(BadInputError, match="--from 2026-01-12 lies after --to 2026-01-05"):
        export_feast(run, tmp_path / "feast", first=DAYS[1], last=DAYS[0])


def test_a_folder_of_others_is_refused_and_an_export_replaced_with_what_feast_keeps_in_it(
    run: Run, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    with pytest.raises(BadInputError, match="not an export of ours"):
        export_feast(run, other)
    assert [path.name for path in other.iterdir()] == ["mine.txt"]
    ours = tmp_path / "feast"
    ours.mkdir()
    export_feast(run, ours)
    (ours / "feast" / "registry.db").write_text("applied")
    (ours / "data" / "left.parquet").write_text("of an older export")
    export_feast(run, ours)
    assert (ours / "feast" / "registry.db").read_text() == "applied"
    assert [path.name for path in (ours / "data").iterdir()] == [f"{GROUP}.parquet"]


def test_an_export_that_fails_leaves_what_was_there(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = tmp_path / "feast"
    export_feast(run, ours)
    before = (ours / MANIFEST).read_text()
    monkeypatch.setattr("features.feast_export.write_definitions", lambda *arguments: 1 / 0)
    for folder in (ours, tmp_path / "new"):
        with pytest.raises(ZeroDivisionError):
            export_feast(run, folder)
    assert (ours / MANIFEST).read_text() == before
    assert sorted(path.name for path in tmp_path.iterdir() if "feast" in path.name or "new" in path.name) == ["feast"]
