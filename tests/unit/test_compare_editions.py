"""Two editions are the same where their rows are, whatever two runs may say differently."""

from pathlib import Path

import duckdb
import pytest
from compare_editions import main

RISK = (
    "create table churn_risk as select * from (values ('c1', '2026-11-20-0123abcd', 0.5::double, 'x', 'f1', 1.5, 'one', 'f2', 0.5, "
    "timestamp '2026-11-20'), ('c2', '2026-11-20-0123abcd', 0.7, 'x', 'f1', 0.9, 'two', 'f3', 0.01, timestamp '2026-11-20')) "
    "as rows (customer_id, model_version, churn_risk, feature_set_hash, reason_1_feature, reason_1_contribution, "
    "reason_1_sentence, reason_2_feature, reason_2_contribution, scored_at)"
)
REGISTRY = "create table feature_registry as select 'f1' as feature_name, 'a' as definition_hash"


@pytest.fixture
def editions(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "old.duckdb", tmp_path / "new.duckdb"
    for file in (old, new):
        with duckdb.connect(str(file)) as connection:
            connection.execute(f"{RISK}; {REGISTRY}")
    return old, new


def change(file: Path, sql: str) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(sql)


def compare(editions: tuple[Path, Path], *more: str) -> int:
    return main([str(file) for file in editions] + list(more))


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "update churn_risk set scored_at = timestamp '2026-12-01'",
        "update churn_risk set feature_set_hash = 'y', model_version = '2026-11-20-4567cdef'",
        "update churn_risk set reason_1_sentence = 'said better'",
        "update churn_risk set reason_2_feature = null, reason_2_contribution = null where customer_id = 'c2'",
        "alter table feature_registry add column theme varchar default 'orders'",
    ],
)
def test_what_two_runs_may_say_differently_is_no_difference(editions: tuple[Path, Path], sql: str) -> None:
    change(editions[1], sql)
    assert compare(editions) == 0


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("update churn_risk set churn_risk = 0.6 where customer_id = 'c1'", "churn_risk': 0.6"),
        ("insert into churn_risk from churn_risk limit 1", "2 rows and 3; 0 only in old, 1 only in new"),
        ("delete from churn_risk where customer_id = 'c2'", "2 rows and 1; 1 only in old, 0 only in new"),
        ("update churn_risk set model_version = '2026-11-13-0123abcd'", "columns that differ: model_version"),
        (
            "update churn_risk set reason_2_feature = null, reason_2_contribution = null where customer_id = 'c1'",
            "columns that differ: reason_2_feature, reason_2_contribution",
        ),
        ("alter table churn_risk add column more integer", "only new has the column more"),
        ("alter table feature_registry drop column feature_name", "only old has the column feature_name"),
        ("alter table churn_risk alter column churn_risk type float", "churn_risk was DOUBLE and is FLOAT"),
        ("drop table feature_registry", "only old has it"),
        ("create table more as select 1 as one", "only new has it"),
    ],
)
def test_what_differs_is_named_with_examples_and_ends_with_1(
    editions: tuple[Path, Path], capsys: pytest.CaptureFixture[str], sql: str, said: str
) -> None:
    change(editions[1], sql)
    assert compare(editions) == 1
    assert said in capsys.readouterr().out


def test_values_that_differ_only_in_how_they_go_together_differ(
    editions: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    change(editions[1], "update churn_risk set churn_risk = 1.2 - churn_risk")
    assert compare(editions) == 1
    assert "only how they go together" in capsys.readouterr().out


def test_a_column_can_be_left_out(editions: tuple[Path, Path]) -> None:
    change(editions[1], "update churn_risk set churn_risk = 0")
    assert compare(editions, "--without", "churn_risk") == 0


def test_of_homes_marts_features_and_labels_are_compared(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        change(
            tmp_path / name / "warehouse.duckdb",
            f"create schema marts; create table marts.orders as select 1 as one; create schema features; "
            f"create table features.snapshots as select '{name}' as run; create schema raw; "
            f"create table raw.orders as select '{name}' as one",
        )
    assert compare((tmp_path / "old", tmp_path / "new")) == 0
    change(tmp_path / "new" / "warehouse.duckdb", "update marts.orders set one = 2")
    assert compare((tmp_path / "old", tmp_path / "new")) == 1


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="does not exist"):
        main([str(tmp_path / "none.duckdb"), str(tmp_path / "none.duckdb")])
