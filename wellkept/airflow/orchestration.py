"""What the DAGs share: assets, defaults, and how a task finds its run. Imported at every DAG parse: keep it light."""

import inspect
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, CronPartitionTimetable, ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.exceptions import AirflowSkipException

from wellkept.airflow.pool import POOL
from wellkept.deployment.clock import find_as_of_date
from wellkept.deployment.errors import ModelRefusedError, NotDueError, WellkeptError
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run

# The edition as a BI tool sees it hangs on EDITION; what a person may train on hangs on RAW.
RAW = Asset(name="raw", uri="wellkept://raw")
EDITION = Asset(name="edition", uri="wellkept://edition")
CHAMPION = Asset(name="champion", uri="wellkept://champion")
TRAINING_DUE = Asset(name="training_due", uri="wellkept://training_due")

_MAX_RUN_ID_LENGTH = 80


def days(cron: str) -> CronPartitionTimetable:
    """A schedule whose run at a tick has the tick's own UTC day as partition key, so the key is the as_of_date."""
    return CronPartitionTimetable(cron, timezone="UTC", run_offset=0, key_format="%Y-%m-%d")


def dag_defaults() -> dict[str, Any]:
    """Arguments every DAG takes: owner, tags, the pool of writers, retries, timeouts, and the call on failure."""
    return {
        "start_date": datetime(2000, 1, 1, tzinfo=UTC),  # before any day a shop may want to backfill
        "catchup": False,
        "max_active_runs": 1,
        "tags": ["wellkept"],
        "default_args": {
            "owner": "wellkept",
            "pool": POOL,  # one writer at a time; a task that opens no warehouse says `pool="default_pool"`, and why
            "retries": 2,
            "retry_delay": timedelta(minutes=5),
            "execution_timeout": timedelta(hours=2),
            "retry_policy": fail_at_once_on(WellkeptError),
            "on_failure_callback": report_failure,
        },
    }


def fail_at_once_on(error: type[BaseException]) -> ExceptionRetryPolicy:
    """A policy that never repeats a task after such an error: what we refuse today we refuse in five minutes too."""
    return ExceptionRetryPolicy(rules=[RetryRule(exception=error, action=RetryAction.FAIL)])


def run_of(context: Mapping[str, Any]) -> Run:
    """The run a task belongs to: its day from the conf or the partition key, never from the wall clock."""
    dag_run = context["dag_run"]
    conf: Mapping[str, Any] = dag_run.conf or {}
    source = conf.get("source")
    return make_run(
        as_of_date=find_as_of_date(conf, dag_run.partition_key),
        run_id=conf.get("run_id") or _as_run_id(dag_run.run_id),
        overrides=conf.get("set"),
        source=Path(source) if source else None,
        is_re_extract=bool(conf.get("re_extract", False)),
        needs_approval=conf.get("approve"),
    )


def step(work: Callable[..., Any]) -> Callable[..., Any]:
    """A task's function from one that takes its Run: the step is in the run's record, with the counts it returns.

    A refused model (too little history, a suspected leak) is no failure, nor is something that is not due on the day: the
    task is skipped, saying why, hands over no asset, and what does not need it goes on.
    """

    def task_function(*arguments: Any, **context: Any) -> Any:
        from wellkept.deployment.permissions import keep_private
        from wellkept.operations.home import open_home
        from wellkept.runs.records import finish, record_step

        given = {name: context.pop(name) for name in parameters if name in context}
        run = run_of(context)
        open_home(run.home)
        name = ".".join([work.__name__, *map(str, [*arguments, *given.values()])])
        with record_step(run, name) as counts:
            result = _work_or_reason(counts, work, run, *arguments, **given)
        keep_private(run.home)  # what others write for us, MLflow and Airflow, comes with modes of its own
        if not context["task"].downstream_task_ids:
            finish(run, "succeeded")
        if "skipped" in counts:
            raise AirflowSkipException(counts["skipped"])
        return result

    parameters = list(inspect.signature(work).parameters)[1:]
    task_function.__name__ = work.__name__
    task_function.__qualname__ = work.__qualname__
    task_function.__doc__ = work.__doc__
    task_function.__module__ = work.__module__
    # TaskFlow reads the signature: the run is ours to give, the rest comes from other tasks or from Airflow's context.
    own = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in parameters]
    context = inspect.Parameter("context", inspect.Parameter.VAR_KEYWORD)
    task_function.__signature__ = inspect.Signature([*own, context])  # type: ignore[attr-defined]
    return task_function


def _work_or_reason(counts: dict[str, Any], work: Callable[..., Any], *arguments: Any, **given: Any) -> Any:
    try:
        result = work(*arguments, **given)
    except (ModelRefusedError, NotDueError) as error:
        counts["skipped"] = str(error)
        return None
    counts.update(result if isinstance(result, dict) else {})
    return result


def report_failure(context: Mapping[str, Any]) -> None:
    """Tell the alert webhook, if one is set, which step of which day failed and why. Never raises."""
    from wellkept.deployment.alerts import send_failure
    from wellkept.deployment.settings import read_settings

    try:
        webhook = read_settings().alert_webhook
    except WellkeptError:
        return  # the environment is wrong, and the task's own error says so
    task_instance, dag_run = context["task_instance"], context["dag_run"]
    conf: Mapping[str, Any] = dag_run.conf or {}
    send_failure(
        webhook,
        dag=task_instance.dag_id,
        step=task_instance.task_id,
        as_of_date=conf.get("as_of_date") or dag_run.partition_key,
        run_id=conf.get("run_id") or _as_run_id(dag_run.run_id),
        error=context.get("exception"),
    )


def _as_run_id(airflow_run_id: str) -> str:
    """Airflow's id as one that can be a file name: the same text each time a task of that run asks."""
    return re.sub(r"[^A-Za-z0-9]+", "-", airflow_run_id).strip("-")[:_MAX_RUN_ID_LENGTH]
