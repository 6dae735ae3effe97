"""The demo's PostgreSQL: started, found, left alone and recovered, wherever its folder lies."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from databases import run_sql

from wellkept.demo.postgres_server import reader_of, running
from wellkept.errors import WellkeptError


def pid_of(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def test_it_keeps_its_data_and_is_stopped_after_use(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    with running(folder) as uri:
        run_sql(uri, "create table kept as select 1 as one")
    assert not (folder / "data" / "postmaster.pid").exists()
    with running(folder) as uri:
        assert run_sql(uri, "select one from kept") == "1"


def test_the_reader_reads_and_writes_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as uri:
        run_sql(uri, "create table kept as select 1 as one")
        reader = reader_of(uri)
        assert run_sql(reader, "select one from kept") == "1"
        for sql in (
            "insert into kept values (2)",
            "set default_transaction_read_only = off; insert into kept values (2)",
        ):
            with pytest.raises(AssertionError, match=r"permission denied|read-only"):
                run_sql(reader, sql)


def test_one_that_runs_already_is_used_and_left_running(tmp_path: Path) -> None:
    with running(tmp_path) as uri:
        pid = pid_of(tmp_path)
        with running(tmp_path) as same:
            assert same == uri
        assert run_sql(uri, "select 1") == "1"
        assert pid_of(tmp_path) == pid


def test_a_folder_with_a_long_path_and_blanks_is_served(tmp_path: Path) -> None:
    folder = tmp_path / "a folder's name, long" / ("x" * 120)
    with running(folder) as uri:
        assert run_sql(uri, "select 1") == "1"
        sockets = Path(uri.partition("?host=")[2])
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert not sockets.exists()


def test_no_folder_above_the_data_is_opened_to_others(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with running(home / "demo"):
        assert stat.S_IMODE((home / "demo" / "data").stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in (home, home / "demo")] == [0o700, 0o700]


def kill_server(folder: Path) -> None:
    os.kill(pid_of(folder), signal.SIGKILL)


@pytest.mark.parametrize("number_is_taken", [False, True])
def test_one_that_was_killed_comes_back_with_its_data(tmp_path: Path, number_is_taken: bool) -> None:
    """Also when its process number has gone to another program since."""
    with running(tmp_path) as uri:
        run_sql(uri, "create table kept as select 1 as one")
        kill_server(tmp_path)
    with subprocess.Popen(["sleep", "600"]) as stranger:
        note = tmp_path / "data" / "postmaster.pid"
        if number_is_taken:
            note.write_text("\n".join([str(stranger.pid), *note.read_text().splitlines()[1:]]) + "\n")
        with running(tmp_path) as uri:
            assert run_sql(uri, "select one from kept") == "1"
        stranger.kill()


def test_one_whose_starter_was_killed_is_taken_over(tmp_path: Path) -> None:
    starter = (
        "import sys, time; from pathlib import Path; from wellkept.demo.postgres_server import running\n"
        "with running(Path(sys.argv[1])) as uri: print(uri, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", starter, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        left = process.stdout.readline().strip()
        process.kill()
    with running(tmp_path) as uri:
        assert uri == left
    assert not (tmp_path / "data" / "postmaster.pid").exists()


def test_a_copy_of_one_that_runs_is_another(tmp_path: Path) -> None:
    """Copied while it runs, a folder holds the note of the first server."""
    with running(tmp_path / "first") as first:
        run_sql(first, "checkpoint")
        subprocess.run(
            ["cp", "-r", str(tmp_path / "first"), str(tmp_path / "second")], check=False, capture_output=True
        )
        with running(tmp_path / "second") as second:
            assert second != first
            assert pid_of(tmp_path / "first") != pid_of(tmp_path / "second")


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "data.part").mkdir()
    (tmp_path / "data.part" / "PG_VERSION").write_text("18")
    with running(tmp_path) as uri:
        assert run_sql(uri, "select 1") == "1"


def test_one_that_cannot_start_says_where_to_look(tmp_path: Path) -> None:
    with running(tmp_path):
        pass
    (tmp_path / "data" / "global" / "pg_control").unlink()
    with pytest.raises(WellkeptError, match=r"server\.log says more"), running(tmp_path):
        pass
