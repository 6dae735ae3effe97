"""The rules of dags/README.md, each as a test."""

import ast
from pathlib import Path
from typing import Any

import pytest

from wellkept.airflow.airflow_home import POOL
from wellkept.deployment.paths import DAGS

DAG_FILES = sorted(DAGS.glob("*.py"))
# Tasks that never open the warehouse for longer than a glance: extracts run beside each other, pruning moves files.
WITHOUT_POOL = {"extract_source", "prune_editions", "prune_landing"}
_LONGEST_FILE = 90
# CPU seconds for all files together, in a process that has Airflow loaded; a heavy import would cost more.
_SLOWEST_PARSE = 5.0


def test_every_dag_imports(described: dict[str, Any]) -> None:
    assert described["errors"] == {}
    assert sorted(described["dags"]) == ["build_edition", "ingest_sources", "maintain_warehouse", "train_churn"]


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


def test_writers_use_the_pool(described: dict[str, Any]) -> None:
    for dag in described["dags"].values():
        for task_id, task in dag["tasks"].items():
            expected = "default_pool" if task_id in WITHOUT_POOL else POOL
            assert task["pool"] == expected, task_id


def test_dags_hand_over_by_assets_with_the_day_as_partition(described: dict[str, Any]) -> None:
    dags = described["dags"]
    outlets = {
        dag_id: [name for task in dag["tasks"].values() for name in task["outlets"]] for dag_id, dag in dags.items()
    }
    assert outlets == {
        "ingest_sources": ["raw"],
        "build_edition": ["edition", "training_due"],
        "train_churn": ["champion", "champion"],
        "maintain_warehouse": [],
    }
    timetables = {dag_id: dag["timetable"] for dag_id, dag in dags.items()}
    followers = {dag_id: dags[dag_id]["follows"] for dag_id in ("build_edition", "train_churn")}
    assert followers == {"build_edition": "raw", "train_churn": "training_due"}
    assert {timetables.pop(dag_id) for dag_id in followers} == {"PartitionedAssetTimetable"}
    assert set(timetables.values()) == {"CronPartitionTimetable"}


def test_the_steps_of_a_day_come_in_order(described: dict[str, Any]) -> None:
    tasks = described["dags"]["build_edition"]["tasks"]
    order = ["build_marts", "value_customers", "score_models", "monitor_models", "build_what_reads_scores"]
    order += ["check_published", "publish_edition", "ask_for_training"]
    assert [tasks[name]["upstream"] for name in order] == [[], *[[name] for name in order[:-1]]]
    tasks = described["dags"]["ingest_sources"]["tasks"]
    assert tasks["extract_source"]["upstream"] == ["list_sources"]
    assert tasks["load_raw"]["upstream"] == ["check_landing"]
    tasks = described["dags"]["train_churn"]["tasks"]
    assert tasks["ask_for_approval"]["upstream"] == ["train_and_promote"]
    assert tasks["promote_approved"]["upstream"] == ["ask_for_approval"]


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda file: file.stem)
def test_a_dag_file_is_thin(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) <= _LONGEST_FILE
    tree = ast.parse(text)
    modules = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in tree.body if isinstance(node, ast.Import) for name in node.names}
    assert modules <= {
        "airflow.sdk",
        "typing",
        "wellkept.airflow.approval",
        "wellkept.airflow.orchestration",
        "wellkept.runs.run",
    }
    for function in [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name != file.stem]:
        imports, *calls = function.body
        assert isinstance(imports, ast.ImportFrom), f"{function.name} imports what it calls, inside"
        assert len(calls) == 1, f"{function.name} is one call"
