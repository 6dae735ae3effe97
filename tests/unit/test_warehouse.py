"""Opening the warehouse: privately, and with an error that says what to do."""

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from edition_builder import make_run

from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.deployment.settings import Settings
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect, open_database, read_memory_limit_gb


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    before = os.umask(0o022)
    yield make_run(tmp_path / "home")
    os.umask(before)


def read_mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_the_warehouse_and_its_log_are_the_owners_alone(run: Run) -> None:
    with connect(run, "a test") as connection:
        connection.execute("create table rows as select 1 as row")
        log = run.home.warehouse.with_name("warehouse.duckdb.wal")
        assert (read_mode(run.home.warehouse), read_mode(log)) == ("0o600", "0o600")
    assert os.umask(0o022) == 0o022


def test_a_warehouse_that_another_program_made_is_closed(run: Run) -> None:
    run.home.root.mkdir()
    duckdb.connect(str(run.home.warehouse)).close()
    assert read_mode(run.home.warehouse) == "0o644"
    with connect(run, "a test"):
        assert read_mode(run.home.warehouse) == "0o600"


@pytest.mark.parametrize("content", [b"short", b"x" * 20_000])
def test_a_damaged_warehouse_is_named_with_what_to_do(run: Run, content: bytes) -> None:
    run.home.root.mkdir()
    run.home.warehouse.write_bytes(content)
    message = r"warehouse\.duckdb could not be opened.*backup.*fresh folder"
    with pytest.raises(WellkeptError, match=message), connect(run, "a test"):
        pass
    assert run.home.warehouse.read_bytes() == content


@pytest.mark.parametrize(("limit", "gigabytes"), [("8GB", 8), ("500MB", 0.5), ("2GiB", 2.147), ("1TB", 1000)])
def test_the_memory_limit_is_read_in_gigabytes(limit: str, gigabytes: float) -> None:
    with duckdb.connect(config={"memory_limit": limit}) as connection:
        assert read_memory_limit_gb(connection) == pytest.approx(gigabytes, rel=0.01)


@pytest.mark.parametrize("limit", ["lots", "8 apples"])
def test_a_memory_limit_that_is_none_is_bad_input(run: Run, limit: str) -> None:
    other = replace(run, settings=Settings(memory_limit=limit))
    with pytest.raises(BadInputError, match=f"WELLKEPT_MEMORY_LIMIT is '{limit}'"), connect(other, "a test"):
        pass
    with pytest.raises(BadInputError, match="WELLKEPT_MEMORY_LIMIT"):
        open_database(":memory:", run.home.scratch, other.settings)
