"""Parse our DAGs and write what they are as one line of JSON; run as a process, so that its imports can be seen."""

import json
import sys
import time
from typing import Any

from airflow.dag_processing.dagbag import DagBag

from wellkept.deployment.paths import DAGS

_HEAVY = ("duckdb", "lightgbm", "mlflow", "great_expectations", "pandas", "pyarrow", "sklearn", "dbt", "ml", "features")


def describe() -> dict[str, Any]:
    """Import errors, heavy modules that parsing brought in, seconds it took, and the DAGs."""
    before = set(sys.modules)
    began = time.process_time()
    bag = DagBag(DAGS)
    seconds = time.process_time() - began
    new = {name.partition(".")[0] for name in set(sys.modules) - before}
    return {
        "errors": bag.import_errors,
        "heavy": sorted(new & set(_HEAVY)),
        "seconds": seconds,
        "dags": {dag_id: _describe(dag) for dag_id, dag in bag.dags.items()},
    }


def _describe(dag: Any) -> dict[str, Any]:
    return {
        "file": dag.fileloc,
        "doc_md": dag.doc_md,
        "tags": sorted(dag.tags),
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "timetable": type(dag.timetable).__name__,
        "follows": getattr(dag.timetable.asset_condition, "name", None),
        "tasks": {task.task_id: _describe_task(task) for task in dag.tasks},
    }


def _describe_task(task: Any) -> dict[str, Any]:
    return {
        "owner": task.owner,
        "pool": task.pool,
        "retries": task.retries,
        "timeout": task.execution_timeout.total_seconds() if task.execution_timeout else None,
        "has_failure_callback": bool(task.on_failure_callback),
        "has_retry_policy": bool(task.retry_policy),
        "outlets": [asset.name for asset in task.outlets],
        "upstream": sorted(task.upstream_task_ids),
    }


if __name__ == "__main__":
    answer = json.dumps(describe())
    sys.stdout.write(f"\n{answer}\n")
