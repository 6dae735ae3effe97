"""Run a DAG here and now, in this process: no scheduler, the same tasks, and the step's own error."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import FileIO, TextIOWrapper
from pathlib import Path
from typing import Any, Protocol, TextIO

from wellkept.airflow.airflow_home import entered, prepare
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.paths import DAGS
from wellkept.runs.records import read_run
from wellkept.runs.run import Run

_START = "start_airflow"


class Watcher(Protocol):
    """Who hears of steps as they go by."""

    def started(self, step: str) -> None: ...

    def ended(self, step: str, outcome: str, reason: str) -> None: ...


@dataclass
class _Outcomes:
    """What Airflow swallows: the errors and skips of one DAG run, in order."""

    failures: list[tuple[str, BaseException]] = field(default_factory=list)
    skips: dict[str, str] = field(default_factory=dict)
    is_starting: bool = False
    on_terminate: Any = field(default_factory=lambda: signal.getsignal(signal.SIGTERM))


def run_dag(run: Run, dag_id: str, conf: Mapping[str, Any], watcher: Watcher) -> dict[str, str]:
    """Run one of our DAGs to its end; returns the skipped steps and why. The first failure is raised as it was.

    Call it inside `log_to`, holding the writer lock.
    """
    outcomes = _Outcomes(is_starting="airflow" not in sys.modules)
    if outcomes.is_starting:
        watcher.started(_START)
    with entered(run.settings):
        prepare(run.settings)
        dag = _load(dag_id)
        for task in dag.tasks:
            _watch(run, task, outcomes, watcher)
        try:
            result = dag.test(run_conf=dict(conf))
        finally:
            _take_sigterm_back(outcomes)
    if outcomes.failures:
        _raise(run, dag_id, *outcomes.failures[0])
    if str(result.state) not in ("success", "DagRunState.SUCCESS"):
        raise WellkeptError(f"{dag_id} ended as {result.state} for {run.as_of_date}; see {log_file(run)}")
    return outcomes.skips


def conf_of(run: Run, source: Path | None) -> dict[str, Any]:
    """The conf from which `orchestration.run_of` makes this run again; `source` as it was asked for, if it was."""
    return {
        "as_of_date": run.as_of_date.isoformat(),
        "run_id": run.run_id,
        "source": str(source.expanduser().resolve()) if source else None,
        "set": dict(run.parameters.overridden),
        "re_extract": run.is_re_extract,
        "approve": run.needs_approval,
    }


def log_file(run: Run) -> Path:
    """Where all that Airflow and the steps say in this run goes."""
    return run.home.runs / f"{run.run_id}.log"


@contextmanager
def log_to(path: Path) -> Iterator[TextIO]:
    """Inside, whatever this process or a child prints goes to the file; yields the stderr that was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    streams = sys.stdout, sys.stderr
    for stream in streams:
        stream.flush()
    saved = [os.dup(number) for number in (1, 2)]
    terminal = _text_on(saved[1]) if _is_descriptor(sys.stderr, 2) else sys.stderr
    with path.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    # Airflow's loggers keep the stream they find: it must stay open, and follow descriptor 1 from log to log.
    sys.stdout = sys.stderr = _stream_of_descriptor_1()
    try:
        yield terminal
    finally:
        sys.stdout.flush()
        terminal.flush()
        sys.stdout, sys.stderr = streams
        for number, copy in zip((1, 2), saved, strict=True):
            os.dup2(copy, number)
            os.close(copy)


def _load(dag_id: str) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(DAGS / f"{dag_id}.py")
    if bag.import_errors:
        raise WellkeptError(f"dags/{dag_id}.py does not import: {next(iter(bag.import_errors.values()))}")
    return _without_waiting(bag.dags[dag_id])


def _without_waiting(dag: Any) -> Any:
    """The DAG without what waits for a person on Airflow's pages, and what follows that: here the person is at hand."""
    from airflow.providers.standard.operators.hitl import HITLOperator

    waiting = [task for task in dag.tasks if isinstance(task, HITLOperator)]
    left_out = {task.task_id for task in waiting} | {name for task in waiting for name in task.get_flat_relative_ids()}
    kept = [name for name in dag.task_ids if name not in left_out]
    return dag.partial_subset(kept, include_downstream=False, include_upstream=False) if left_out else dag


def _watch(run: Run, task: Any, outcomes: _Outcomes, watcher: Watcher) -> None:
    """Hear of the task's end; and never wait for a retry: the person who can act is at the terminal."""
    from wellkept.airflow.orchestration import fail_at_once_on

    def report(outcome: str) -> Callable[[Mapping[str, Any]], None]:
        def reported(context: Mapping[str, Any]) -> None:
            name, error = _name(context), context.get("exception")
            reason = _skip_reason(run, name) if outcome == "skipped" else str(error or "")
            if outcome == "failed":
                outcomes.failures.append((name, error or WellkeptError(f"step {name} failed without an error")))
            if outcome == "skipped":
                outcomes.skips[name] = reason
            watcher.ended(name, outcome, reason)

        return reported

    def report_start(context: Mapping[str, Any]) -> None:
        _take_sigterm_back(outcomes)
        if outcomes.is_starting:
            watcher.ended(_START, "done", "")
            outcomes.is_starting = False
        watcher.started(_name(context))

    task.retry_policy = fail_at_once_on(BaseException)
    task.on_execute_callback = [report_start]
    task.on_success_callback = [report("done")]
    task.on_skipped_callback = [report("skipped")]
    given = task.on_failure_callback  # one function, or a list of them
    task.on_failure_callback = [*(given if isinstance(given, list) else [given]), report("failed")]


def _take_sigterm_back(outcomes: _Outcomes) -> None:
    """Before each task Airflow makes SIGTERM do nothing at all: no `kill` and no supervisor could end us in order."""
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may, and only its signals are ours
    signal.signal(signal.SIGTERM, outcomes.on_terminate)


def _skip_reason(run: Run, step: str) -> str:
    """Why a step was skipped, from the run's record: Airflow does not pass it on."""
    record = read_run(run.home, run.run_id) or {"steps": []}
    reasons = [
        entry["rows"].get("skipped", "") for entry in record["steps"] if entry["step"] == step and "rows" in entry
    ]
    return str(reasons[-1]) if reasons else ""


def _name(context: Mapping[str, Any]) -> str:
    task_instance = context["task_instance"]
    if task_instance.map_index < 0:
        return str(task_instance.task_id)
    return f"{task_instance.task_id} ({task_instance.rendered_map_index or task_instance.map_index})"


def _raise(run: Run, dag_id: str, step: str, error: BaseException) -> None:
    if isinstance(error, WellkeptError) or not isinstance(error, Exception):
        raise error
    raise WellkeptError(
        f"{dag_id}, step {step}, {run.as_of_date}: {type(error).__name__}: {error}\nThe whole story: {log_file(run)}"
    ) from error


def _is_descriptor(stream: Any, number: int) -> bool:
    try:
        return bool(stream.fileno() == number)
    except (AttributeError, OSError, ValueError):
        return False


def _text_on(descriptor: int) -> TextIOWrapper:
    return TextIOWrapper(FileIO(descriptor, "w", closefd=False), encoding="utf-8", line_buffering=True)


_streams: list[TextIOWrapper] = []


def _stream_of_descriptor_1() -> TextIOWrapper:
    if not _streams:
        _streams.append(_text_on(1))
    return _streams[0]
