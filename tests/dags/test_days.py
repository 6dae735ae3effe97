"""Which day a run is for."""

import os
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from wellkept.deployment.errors import BadInputError


@pytest.fixture
def in_a_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("WELLKEPT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WELLKEPT_CONFIG", os.devnull)


def _context(conf: dict[str, Any] | None = None, partition_key: str | None = None) -> dict[str, Any]:
    run_id = "manual__2026-11-20T02:00:00+00:00__aB3"
    return {"dag_run": SimpleNamespace(conf=conf, partition_key=partition_key, run_id=run_id)}


def test_the_run_at_two_oclock_is_for_that_same_day() -> None:
    from airflow.serialization.encoders import coerce_to_core_timetable

    from wellkept.airflow.orchestration import days

    timetable = coerce_to_core_timetable(days("0 2 * * *"))
    tick = datetime(2026, 11, 20, 2, tzinfo=UTC)
    infos = list(timetable.iter_partition_dagrun_infos(earliest=tick.replace(hour=0), latest=tick.replace(hour=23)))
    assert [(info.run_after, info.partition_key) for info in infos] == [(tick, "2026-11-20")]


@pytest.mark.usefixtures("in_a_home")
def test_the_conf_wins_over_the_partition_key() -> None:
    from wellkept.airflow.orchestration import run_of

    assert run_of(_context({"as_of_date": "2026-01-02"}, "2026-01-03")).as_of_date == date(2026, 1, 2)
    assert run_of(_context(None, "2026-01-03")).as_of_date == date(2026, 1, 3)


@pytest.mark.usefixtures("in_a_home")
def test_a_run_without_a_day_says_how_to_give_one() -> None:
    from wellkept.airflow.orchestration import run_of

    with pytest.raises(BadInputError, match="partition key"):
        run_of(_context())


@pytest.mark.usefixtures("in_a_home")
def test_tasks_of_one_airflow_run_share_a_run_id_that_can_name_a_file() -> None:
    from wellkept.airflow.orchestration import run_of

    ids = {run_of(_context(None, "2026-01-03")).run_id for _ in range(2)}
    assert ids == {"manual-2026-11-20T02-00-00-00-00-aB3"}
    assert run_of(_context({"run_id": "mine"}, "2026-01-03")).run_id == "mine"


@pytest.mark.usefixtures("in_a_home")
def test_overrides_and_source_come_from_the_conf(tmp_path: Any) -> None:
    from wellkept.airflow.orchestration import run_of

    conf = {"set": {"horizon_days": 60}, "source": str(tmp_path), "re_extract": True}
    run = run_of(_context(conf, "2026-01-03"))
    assert run.parameters.integer("horizon_days") == 60
    assert [source.path for source in run.sources.values()] == [tmp_path]
    assert run.is_re_extract
