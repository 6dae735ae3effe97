"""The manifest of a training set: what it holds, what it was made from, and how far to trust it."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.manifest import describe_training_set, hash_rows, write_manifest
from features.registry import load
from wellkept.project.definitions import table_hash
from wellkept.runs.run import Run

DAYS = [date(2026, 1, 5), date(2026, 1, 12)]
ROWS = pa.table(
    {
        "customer_id": ["a", "b", "a", None],
        "as_of_date": [DAYS[0], DAYS[0], DAYS[1], DAYS[1]],
        "is_churned": [True, None, False, None],
        "days_since_last_order": pa.array([1, 2, None, 4], pa.int64()),
    }
)


@pytest.mark.parametrize("size", [1, 3, 4])
def test_the_content_hash_does_not_hang_on_batches(size: int) -> None:
    assert hash_rows(ROWS.schema, ROWS.to_batches(max_chunksize=size)) == hash_rows(ROWS.schema, ROWS.to_batches())


@pytest.mark.parametrize("name", ROWS.column_names)
def test_the_content_hash_changes_with_any_value_name_or_type(name: str) -> None:
    place = ROWS.column_names.index(name)
    before = hash_rows(ROWS.schema, ROWS.to_batches())
    turned = ROWS.set_column(place, name, ROWS[name].take([3, 2, 1, 0]))
    renamed = ROWS.rename_columns([f"{column}_" if column == name else column for column in ROWS.column_names])
    assert before not in {hash_rows(other.schema, other.to_batches()) for other in (turned, renamed)}


def test_the_manifest_says_what_the_file_holds_and_what_it_was_made_from(
    run_of: Callable[..., Run], tmp_path: Path
) -> None:
    run, file = run_of("2026-05-01", horizon_days=60), tmp_path / "set.parquet"
    pq.write_table(ROWS, file)
    feature = next(feature for feature in load() if feature.name == "days_since_last_order")
    label = "label_customer__purchase_churn"
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        connection.execute(
            "create table raw.loads as select * from (values (date '2026-04-30', 'shop'), (date '2026-05-01', 'shop'), "
            "(date '2026-04-30', 'crm'), (date '2026-05-02', 'crm')) as loads (as_of_date, source)"
        )
        manifest = json.loads(
            write_manifest(file, describe_training_set(connection, run, file, [feature], label)).read_text()
        )
    assert file.with_suffix(".json").exists()
    assert (manifest["rows"], manifest["days"]) == (4, ["2026-01-05", "2026-01-12"])
    assert manifest["by_day"] == [
        {"as_of_date": "2026-01-05", "rows": 2, "labels_known": 1, "labels_positive": 1},
        {"as_of_date": "2026-01-12", "rows": 2, "labels_known": 1, "labels_positive": 0},
    ]
    assert manifest["features"] == [
        {"name": "days_since_last_order", "data_type": "bigint", "table": "feature_customer__orders"}
    ]
    assert manifest["definition_hashes"] == {
        table: table_hash(table, run.parameters) for table in ("feature_customer__orders", label)
    }
    assert manifest["parameters"]["horizon_days"] == 60
    assert manifest["raw_watermark"] == {"crm": "2026-04-30", "shop": "2026-05-01"}
    assert manifest["content_hash"] == hash_rows(ROWS.schema, ROWS.to_batches())
    assert manifest["leak_verdict"]["verdict"] == "not proved"
