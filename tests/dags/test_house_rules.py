"""The rules of dags/README.md, each as a test."""

import ast
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from wellkept.airflow.pool import POOL
from wellkept.deployment.paths import DAGS

DAG_FILES = sorted(DAGS.glob("*.py"))
_LONGEST_FILE = 90
# CPU seconds for all files together, in a process that has Airflow loaded; a heavy import would cost more.
_SLOWEST_PARSE = 5.0


def test_every_dag_imports(described: dict[str, Any]) -> None:
    assert described["errors"] == {}
    assert sorted(described["dags"]) == [file.stem for file in DAG_FILES]


def test_parsing_is_light(described: dict[str, Any]) -> None:
    assert described["heavy"] == []
    assert described["seconds"] < _SLOWEST_PARSE


def test_dag_id_is_the_file_name(described: dict[str, Any]) -> None:
    assert {Path(dag["file"]).stem: dag_id for dag_id, dag in described["dags"].items()} == {
        file.stem: file.stem for file in DAG_FILES
    }


def test_every_dag_says_what_it_makes_and_what_to_do_when_it_fails(described: dict[str, Any]) -> None:
    for dag_id, dag in described["dags"].items():
        assert "Makes" in dag["doc_md"] or "Removes" in dag["doc_md"], dag_id
        assert "fails" in dag["doc_md"], dag_id


def test_defaults_hold_everywhere(described: dict[str, Any]) -> None:
    for dag_id, dag in described["dags"].items():
        assert dag["tags"] == ["wellkept"], dag_id
        assert (dag["max_active_runs"], dag["catchup"]) == (1, False), dag_id
        for task_id, task in dag["tasks"].items():
            told = f"{dag_id}.{task_id}"
            assert task["owner"] == "wellkept", told
            assert task["timeout"], told
            assert task["retries"] == 2, told
            assert task["has_failure_callback"], told
            assert task["has_retry_policy"], told


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda file: file.stem)
def test_a_task_waits_for_the_pool_of_writers_or_its_file_says_why_not(file: Path, described: dict[str, Any]) -> None:
    lines = file.read_text().splitlines()
    pools = {task_id: task["pool"] for task_id, task in described["dags"][file.stem]["tasks"].items()}
    assert set(pools.values()) <= {POOL, "default_pool"}
    without = {task_id for task_id, pool in pools.items() if pool != POOL}
    said = set()
    for function in functions_of(ast.parse(file.read_text())):
        first = min(decorator.lineno for decorator in function.decorator_list) - 1
        if 'pool="default_pool"' in lines[first]:
            assert "#" in lines[first] or lines[first - 1].startswith("#"), f"{function.name}: why does it not wait?"
            said.add(function.name)
    assert without == said


def test_dags_hand_over_by_assets_with_the_day_as_partition(described: dict[str, Any]) -> None:
    dags = described["dags"]
    made = {name for dag in dags.values() for task in dag["tasks"].values() for name in task["outlets"]}
    for dag_id, dag in dags.items():
        expected = "PartitionedAssetTimetable" if dag["follows"] else "CronPartitionTimetable"
        assert dag["timetable"] == expected, dag_id
        assert not dag["follows"] or dag["follows"] in made, f"{dag_id} follows what nobody makes"
    followed = {dag_id: dags[dag_id]["follows"] for dag_id in ("ingest_sources", "build_edition", "train_churn")}
    assert followed == {"ingest_sources": None, "build_edition": "raw", "train_churn": "training_due"}
    assert made >= {"raw", "edition", "training_due", "champion"}


def test_the_tasks_of_a_dag_come_one_after_the_other(described: dict[str, Any]) -> None:
    for dag_id, dag in described["dags"].items():
        upstream = [task["upstream"] for task in dag["tasks"].values()]
        assert sorted(upstream, key=len)[0] == [], dag_id
        follow = [names[0] for names in upstream if len(names) == 1]
        assert len(follow) == len(set(follow)) == len(upstream) - 1, f"{dag_id} is no chain"


@pytest.mark.parametrize(
    ("dag_id", "order"),
    [
        ("ingest_sources", ["list_sources", "extract_source", "check_landing", "load_raw"]),
        ("build_edition", ["build_marts", "value_customers", "score_models", "monitor_models"]),
        ("build_edition", ["score_models", "build_what_reads_scores", "check_published", "publish_edition"]),
        ("build_edition", ["publish_edition", "ask_for_training"]),
        ("train_churn", ["train_and_promote", "ask_for_approval", "promote_approved"]),
    ],
)
def test_nothing_reads_what_is_not_made_or_checked_yet(
    dag_id: str, order: list[str], described: dict[str, Any]
) -> None:
    tasks = described["dags"][dag_id]["tasks"]
    for earlier, later in pairwise(order):
        assert earlier in all_before(tasks, later), f"{earlier} comes before {later}"


def all_before(tasks: dict[str, Any], task_id: str) -> set[str]:
    """The tasks that are over when the task begins."""
    return {name for above in tasks[task_id]["upstream"] for name in (above, *all_before(tasks, above))}


def functions_of(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda file: file.stem)
def test_a_dag_file_is_thin(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) <= _LONGEST_FILE
    tree = ast.parse(text)
    modules = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in tree.body if isinstance(node, ast.Import) for name in node.names}
    others = {name for name in modules if name and not name.startswith("wellkept.airflow.")}
    assert others <= {"airflow.sdk", "typing", "wellkept.runs.run"}
    for function in [function for function in functions_of(tree) if function.name != file.stem]:
        imports, *calls = function.body
        assert isinstance(imports, ast.ImportFrom), f"{function.name} imports what it calls, inside"
        assert len(calls) == 1, f"{function.name} is one call"
