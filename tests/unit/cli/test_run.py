"""Which days a backfill takes, and what is refused before any work begins."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import wellkept.cli.run as command
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run


def test_a_range_ends_with_its_last_day() -> None:
    days = command.list_days(date(2026, 1, 1), date(2026, 1, 3), "1d")
    assert days == [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)]


def test_a_range_by_weeks() -> None:
    assert command.list_days(date(2026, 1, 1), date(2026, 1, 20), "1w") == [
        date(2026, 1, 1),
        date(2026, 1, 8),
        date(2026, 1, 15),
    ]


@pytest.mark.parametrize("every", ["0d", "d", "1m", "-1d", "1"])
def test_a_step_that_is_no_step_is_refused(every: str) -> None:
    with pytest.raises(BadInputError, match="1d, 7d or 2w"):
        command.list_days(date(2026, 1, 1), date(2026, 1, 3), every)


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(BadInputError, match="earlier day first"):
        command.list_days(date(2026, 1, 3), date(2026, 1, 1), "1d")


def test_a_source_folder_that_is_not_there_is_refused_before_a_home_is_made(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no such folder"):
        command.run(as_of="2026-01-01", source=tmp_path / "nowhere", home=tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_a_file_as_source_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.touch()
    with pytest.raises(BadInputError, match=r"orders\.csv is a file; give the folder that holds it"):
        command.run(as_of="2026-01-01", source=file, home=tmp_path / "home")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("needs_training", "dags"),
    [
        (False, ["ingest_sources", "build_edition"]),
        (True, ["ingest_sources", "train_churn", "build_edition"]),
    ],
)
def test_a_day_trains_first_only_where_that_is_needed(
    needs_training: bool, dags: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    retraining = ModuleType("ml.monitoring.retraining")
    retraining.needs_training = lambda run: needs_training  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ml.monitoring.retraining", retraining)

    @contextmanager
    def not_recorded(run: Any) -> Iterator[None]:
        yield

    def note(run: Any, dag_id: str, *_: Any) -> dict[str, str]:
        ran.append(dag_id)
        return {}

    monkeypatch.setattr(command, "_recorded", not_recorded)
    monkeypatch.setattr(command, "run_dag", note)
    result = command.run_day(make_run(date(2026, 1, 1), settings=Settings(home=tmp_path, config=tmp_path / "none")))
    assert ran == dags
    assert result.is_trained is needs_training
