"""The real DAG files through the in-process runner, with every step replaced by one that only notes its name."""

import ast
import importlib
import io
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from wellkept.airflow.in_process import conf_of, log_file, log_to, run_dag
from wellkept.deployment.errors import GateError, LeakSuspectedError, NotDueError, NotEnoughDataError, WellkeptError
from wellkept.deployment.paths import DAGS
from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run
from wellkept.project.parameters import parse_overrides
from wellkept.runs.records import read_run
from wellkept.runs.run import Run

pytestmark = pytest.mark.slow

DAY = date(2011, 9, 10)
ANSWERS: dict[str, Any] = {"names": ["shop"], "load_day": {"shop.orders.new": 3}}
"""What a step answers where something hangs on it; the others answer nothing."""


def steps_of(file: Path) -> list[tuple[str, str]]:
    """Module and name of the function that each task of a DAG file calls, in the order of the file."""
    functions = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)]
    imports = [node for function in functions for node in function.body if isinstance(node, ast.ImportFrom)]
    return [(str(node.module), name.name) for node in imports for name in node.names]


FILES = sorted(DAGS.glob("*.py"))


@dataclass
class Steps:
    """What was called, and what each step shall do instead of its work."""

    called: list[tuple[str, Run]] = field(default_factory=list)
    instead: dict[str, Callable[[], Any]] = field(default_factory=dict)

    def make(self, name: str, answer: Any) -> Callable[..., Any]:
        def work(run: Run, *_: Any) -> Any:
            self.called.append((name, run))
            return self.instead[name]() if name in self.instead else answer

        return work

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.called]


class Lines:
    """A watcher that keeps what it is told."""

    def __init__(self) -> None:
        self.ends: list[tuple[str, str, str]] = []

    def started(self, step: str) -> None:
        pass

    def ended(self, step: str, outcome: str, reason: str) -> None:
        if step != "start_airflow":
            self.ends.append((step, outcome, reason))


class Replaced(ModuleType):
    """Stands where the module lies whose functions the DAGs call."""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    importlib.import_module("wellkept.operations.home")  # it stands on what is replaced here
    steps = Steps()
    for module_name, name in (step for file in FILES for step in steps_of(file)):
        if not isinstance(sys.modules.get(module_name), Replaced):
            monkeypatch.setitem(sys.modules, module_name, Replaced(module_name))
        setattr(sys.modules[module_name], name, steps.make(name, ANSWERS.get(name)))
    return steps


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("in_process")


@pytest.fixture
def run(home: Path) -> Run:
    settings = Settings(home=home, config=home / "none.toml")
    return make_run(DAY, overrides=parse_overrides(["horizon_days=60"]), settings=settings)


def _run(run: Run, dag_id: str, source: Path | None = None) -> tuple[dict[str, str], Lines]:
    lines = Lines()
    with log_to(log_file(run)):
        return run_dag(run, dag_id, conf_of(run, source), lines), lines


def _fail(error: BaseException) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_dag_runs_here_step_by_step(file: Path, run: Run, steps: Steps) -> None:
    _run(run, file.stem)
    expected = {name for _, name in steps_of(file)} - {"promote_waiting"}  # which waits for a person's yes
    assert sorted(steps.names) == sorted(expected)
    assert {seen.as_of_date for _, seen in steps.called} == {DAY}


def test_each_step_gets_the_very_run(run: Run, steps: Steps, tmp_path: Path) -> None:
    _run(run, "ingest_sources", source=tmp_path)
    assert steps.names == ["names", "extract", "check_landing", "load_day"]
    for _, seen in steps.called:
        assert (seen.as_of_date, seen.run_id, seen.home) == (DAY, run.run_id, run.home)
        assert seen.parameters.integer("horizon_days") == 60
        assert [source.path for source in seen.sources.values()] == [tmp_path]


def test_steps_are_in_the_record_with_their_counts(run: Run, steps: Steps) -> None:
    _run(run, "ingest_sources")
    record = read_run(run.home, run.run_id)
    assert record is not None
    assert [step["step"] for step in record["steps"]] == [
        "list_sources",
        "extract_source.shop",
        "check_landing",
        "load_raw",
    ]
    assert record["steps"][3]["rows"] == {"shop.orders.new": 3}
    assert record["status"] == "succeeded"


def test_a_day_without_a_source_to_extract_is_loaded_all_the_same(run: Run, steps: Steps) -> None:
    steps.instead["names"] = list
    _run(run, "ingest_sources")
    assert steps.names == ["names", "check_landing", "load_day"]


def test_a_failed_step_raises_its_own_error_and_nothing_follows(run: Run, steps: Steps) -> None:
    error = GateError("customers, 2011-09-10: 3 rows have no key; mend the file")
    steps.instead["check_published"] = _fail(error)
    with pytest.raises(GateError) as raised:
        _run(run, "build_edition")
    assert raised.value is error
    assert "publish_and_prune" not in steps.names
    record = read_run(run.home, run.run_id)
    assert record is not None
    assert record["status"] == "failed"


def test_an_unexpected_error_names_the_step_the_day_and_the_log(run: Run, steps: Steps) -> None:
    steps.instead["score_all"] = _fail(ZeroDivisionError("by zero"))
    with pytest.raises(WellkeptError, match=r"step score_models, 2011-09-10: ZeroDivisionError: by zero") as raised:
        _run(run, "build_edition")
    assert str(log_file(run)) in str(raised.value)
    assert steps.names.count("score_all") == 1, "nobody at a terminal wants to wait for a retry"
    assert "ZeroDivisionError" in log_file(run).read_text()


def test_ctrl_c_in_a_step_ends_the_run(run: Run, steps: Steps) -> None:
    steps.instead["build_edition_tables"] = _fail(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        _run(run, "build_edition")
    assert steps.names == ["build_edition_tables"]


@pytest.mark.parametrize("refusal", [NotEnoughDataError, LeakSuspectedError])
def test_a_refused_model_is_a_skip_that_says_why(run: Run, steps: Steps, refusal: type[WellkeptError]) -> None:
    steps.instead["train"] = _fail(refusal("orders: 3 days of history, 200 needed"))
    skipped, lines = _run(run, "train_churn")
    assert skipped == {"train_and_promote": "orders: 3 days of history, 200 needed"}
    assert lines.ends == [("train_and_promote", "skipped", "orders: 3 days of history, 200 needed")]


def test_nobody_waits_for_a_page_in_process(run: Run, steps: Steps) -> None:
    steps.instead["train"] = lambda: {"models": {"churn_risk": {"is_promoted": False}}}
    skipped, lines = _run(replace(run, needs_approval=True), "train_churn")
    assert skipped == {}
    assert [name for name, _, _ in lines.ends] == ["train_and_promote"]
    assert steps.called[-1][1].needs_approval


def test_training_is_asked_for_by_an_asset_event_and_only_where_it_is_due(run: Run, steps: Steps) -> None:
    before = _count_events(run)
    _run(run, "build_edition")
    assert steps.names[-2:] == ["publish_and_prune", "ask_for_training"]
    assert _count_events(run) == before + 1
    steps.instead["ask_for_training"] = _fail(NotDueError("no training is due on 2011-09-10"))
    skipped, _ = _run(run, "build_edition")
    assert skipped == {"ask_for_training": "no training is due on 2011-09-10"}
    assert _count_events(run) == before + 1
    record = read_run(run.home, run.run_id)
    assert record is not None
    assert record["status"] == "succeeded"


def _count_events(run: Run) -> int:
    """How often Airflow was told that training is due: what `train_churn` follows."""
    file = run.home.airflow / "in_process.db"
    if not file.exists():
        return 0
    with closing(sqlite3.connect(file)) as connection:
        query = "select count(*) from asset_event join asset on asset.id = asset_event.asset_id where asset.name = ?"
        return int(connection.execute(query, ["training_due"]).fetchone()[0])


def test_the_terminal_is_left_to_us(run: Run, steps: Steps, capfd: pytest.CaptureFixture[str]) -> None:
    steps.instead["score_all"] = lambda: sys.stdout.write("a library speaks\n") and {}
    with log_to(log_file(run)) as terminal:
        run_dag(run, "build_edition", conf_of(run, None), Lines())
        terminal.write("we speak\n")
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "we speak\n")
    assert "a library speaks" in log_file(run).read_text()


def test_a_replaced_stderr_is_given_back(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = io.StringIO()
    monkeypatch.setattr(sys, "stderr", mine)
    with log_to(log_file(run)) as terminal:
        assert terminal is mine
    assert sys.stderr is mine


def test_our_settings_are_in_the_environment_inside_only(run: Run, steps: Steps) -> None:
    before = dict(os.environ)
    seen: list[str] = []
    steps.instead["score_all"] = lambda: seen.append(os.environ["WELLKEPT_HOME"])
    _run(run, "build_edition")
    assert seen == [str(run.home.root)]
    assert {name for name in os.environ if name.startswith("WELLKEPT_")} == {
        name for name in before if name.startswith("WELLKEPT_")
    }
