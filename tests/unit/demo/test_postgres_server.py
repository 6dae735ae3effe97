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
from wellkept.deployment.errors import BadInputError, WellkeptError

pytestmark = pytest.mark.slow


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


class User:
    """Another process that uses the server until it is told to leave."""

    CODE = (
        "import sys; from pathlib import Path; from wellkept.demo.postgres_server import running\n"
        "with running(Path(sys.argv[1])) as uri: print(uri, flush=True); sys.stdin.read()"
    )

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", self.CODE, str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def uri(self) -> str:
        """Where the server is, once it answers."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()

    def kill(self) -> None:
        self.process.kill()
        self.wait()

    def wait(self) -> int:
        with self.process:
            return self.process.wait(60)


def test_who_comes_second_keeps_it_when_the_first_leaves(tmp_path: Path) -> None:
    first = User(tmp_path)
    first.uri()
    with running(tmp_path) as uri:
        first.leave()
        assert first.wait() == 0
        assert run_sql(uri, "select 1") == "1"
    assert not (tmp_path / "data" / "postmaster.pid").exists()


def test_who_comes_second_keeps_it_when_the_first_is_killed(tmp_path: Path) -> None:
    first = User(tmp_path)
    left = first.uri()
    with running(tmp_path) as uri:
        assert uri == left
        first.kill()
        assert run_sql(uri, "select 1") == "1"
    assert not (tmp_path / "data" / "postmaster.pid").exists()


def test_who_comes_while_the_last_is_leaving_finds_one_that_runs(tmp_path: Path) -> None:
    """As often as it takes for some of them to meet in the stopping."""
    for _ in range(5):
        leaving, coming = User(tmp_path), User(tmp_path)
        leaving.uri()
        leaving.leave()
        assert run_sql(coming.uri(), "select 1") == "1"
        coming.leave()
        assert (leaving.wait(), coming.wait()) == (0, 0)
    assert not (tmp_path / "data" / "postmaster.pid").exists()


def test_a_user_without_a_name_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    with pytest.raises(BadInputError, match="a user with a name"), running(tmp_path / "new"):
        pass


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
    starter = User(tmp_path)
    left = starter.uri()
    starter.kill()
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
