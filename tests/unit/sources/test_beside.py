"""Sources are read beside each other in one process, and each says in its own step what became of it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.landing.request import Request
from wellkept.runs.run import Run
from wellkept.sources import extract as extracting
from wellkept.sources.beside import read_beside_each_other
from wellkept.sources.extract import extract
from wellkept.sources.files import FilesSource

_PATIENCE = 10
DONE: dict[str, Any] = {"entities": {}}
Reader = Callable[[str, Request], dict[str, Any]]


@pytest.fixture
def run(run_of: Callable[..., Run], tmp_path: Path) -> Run:
    sources = {name: FilesSource.model_validate({"path": tmp_path / name}) for name in ("crm", "shop")}
    return replace(run_of("2026-03-10"), sources=sources)


@pytest.fixture
def read_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[Reader], None]:
    """`read_as(f)`: sources are read by f, which gets the name and the request."""
    return lambda reader: monkeypatch.setattr(extracting, "read", lambda _, request: reader(request.name, request))


def landed(run: Run, name: str) -> bool:
    return (run.home.landing(run.as_of_date, name) / "extract.json").exists()


def test_the_first_step_reads_every_source_at_once(run: Run, read_as: Callable[[Reader], None]) -> None:
    meeting, read = threading.Barrier(2, timeout=_PATIENCE), []

    def meet(name: str, _: Request) -> dict[str, Any]:
        meeting.wait()  # whoever is read alone waits in vain
        read.append(name)
        return DONE

    read_as(meet)
    with read_beside_each_other(run.run_id):
        assert [extract(run, name)["status"] for name in ("shop", "crm")] == ["extracted", "extracted"]
    assert sorted(read) == ["crm", "shop"]
    assert landed(run, "shop")
    assert landed(run, "crm")


def test_steps_of_their_own_processes_read_their_own_source(run: Run, read_as: Callable[[Reader], None]) -> None:
    read: list[str] = []
    read_as(lambda name, _: read.append(name) or DONE)
    extract(run, "crm")
    assert read == ["crm"]


def test_an_error_is_raised_in_its_own_step_and_the_other_source_is_whole(
    run: Run, read_as: Callable[[Reader], None]
) -> None:
    error = WellkeptError("source crm: HubSpot answered 500")

    def fail(name: str, _: Request) -> dict[str, Any]:
        if name == "crm":
            raise error
        return DONE

    read_as(fail)
    with read_beside_each_other(run.run_id):
        extract(run, "shop")
        with pytest.raises(WellkeptError) as raised:
            extract(run, "crm")
    assert raised.value is error
    assert landed(run, "shop")
    assert not landed(run, "crm")


def test_a_connection_that_only_the_step_itself_can_ask_for_is_asked_for_there(
    run: Run, read_as: Callable[[Reader], None]
) -> None:
    """Airflow gives its connections to the thread of a task and to no other."""

    def ask(name: str, _: Request) -> dict[str, Any]:
        if threading.current_thread() is not threading.main_thread():
            raise BadInputError(f"connection {name!r} is not known")
        return DONE

    read_as(ask)
    with read_beside_each_other(run.run_id):
        assert extract(run, "crm")["status"] == "extracted"


def test_nothing_lands_after_a_run_was_stopped(run: Run, read_as: Callable[[Reader], None]) -> None:
    began, stopped, readers = threading.Event(), threading.Event(), []

    def outlast(name: str, _: Request) -> dict[str, Any]:
        if name == "shop":
            began.wait(_PATIENCE)
            return DONE
        readers.append(threading.current_thread())
        began.set()
        stopped.wait(_PATIENCE)
        return DONE

    read_as(outlast)
    with read_beside_each_other(run.run_id):
        extract(run, "shop")
    stopped.set()
    readers[0].join(_PATIENCE)
    assert landed(run, "shop")
    assert not landed(run, "crm")
    assert not run.home.landing(run.as_of_date, "crm").with_name(".crm.part").exists()
