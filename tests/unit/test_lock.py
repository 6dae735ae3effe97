"""One writer at a time, with real processes."""

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from wellkept.deployment.errors import LockTimeoutError
from wellkept.deployment.paths import Home
from wellkept.warehouse.lock import hold_writer_lock, inherited_descriptors, read_holder

# Holds the lock, says so, and keeps it until it is told or killed.
HOLD = """
import sys
from pathlib import Path
from wellkept.warehouse.lock import hold_writer_lock
from wellkept.deployment.paths import Home
with hold_writer_lock(Home(Path(sys.argv[1])), "the other run", 30):
    print("held", flush=True)
    sys.stdin.readline()
print("released", flush=True)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def start_holder(home: Home) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_nested_holds_of_one_process_share_the_lock(home: Home) -> None:
    with hold_writer_lock(home, "outer", 0):
        with hold_writer_lock(home, "inner", 0):
            assert str(read_holder(home)).startswith(f"outer (pid {os.getpid()} on ")
        assert read_holder(home) is not None
    assert read_holder(home) is None


def test_threads_of_one_process_share_the_lock(home: Home) -> None:
    held: list[bool] = []

    def hold() -> None:
        with hold_writer_lock(home, "thread", 0):
            held.append(True)

    with hold_writer_lock(home, "main", 0):
        thread = threading.Thread(target=hold)
        thread.start()
        thread.join()
        assert held
        assert read_holder(home) is not None


def test_an_error_inside_releases_the_lock(home: Home) -> None:
    with pytest.raises(ValueError, match="inside"), hold_writer_lock(home, "failing", 0):
        raise ValueError("inside")
    assert read_holder(home) is None


def test_who_waits_too_long_is_told_the_holder_and_the_next_step(home: Home) -> None:
    holder = start_holder(home)
    try:
        with pytest.raises(LockTimeoutError) as error, hold_writer_lock(home, "this run", 0.2):
            pass
        assert f"the other run (pid {holder.pid} on " in str(error.value)
        assert "wait for it or stop it" in str(error.value)
    finally:
        holder.communicate("\n", timeout=30)


def test_the_second_process_waits_says_for_whom_and_gets_it(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    holder = start_holder(home)
    assert holder.stdin is not None

    class FreeOnFirstWait(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            assert holder.stdin is not None
            holder.stdin.write("\n")
            holder.stdin.flush()

    logger = logging.getLogger("wellkept.warehouse.lock")
    handler = FreeOnFirstWait()
    logger.addHandler(handler)
    try:
        with caplog.at_level(logging.INFO, "wellkept.warehouse.lock"), hold_writer_lock(home, "this run", 30):
            assert str(read_holder(home)).startswith("this run")
    finally:
        logger.removeHandler(handler)
        holder.communicate(timeout=30)
    assert [f"waiting for the other run (pid {holder.pid}" in message for message in caplog.messages] == [True]


def test_a_killed_holder_frees_the_lock_and_its_note_blocks_nobody(home: Home) -> None:
    holder = start_holder(home)
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate(timeout=30)
    assert (home.root / "writer.lock.holder.json").exists()
    assert read_holder(home) is None
    with hold_writer_lock(home, "next", 5):
        assert str(read_holder(home)).startswith("next")


def test_a_child_that_was_given_the_lock_keeps_it_after_its_parent_was_killed(home: Home) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLD.replace('print("held", flush=True)', "import os, subprocess; from wellkept.warehouse.lock import *; "
            "child = subprocess.Popen(['cat'], stdin=sys.stdin, "
            "pass_fds=inherited_descriptors(Home(Path(sys.argv[1])))); print('held', flush=True); "
            "os.kill(os.getpid(), 9)"),
            str(home.root),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert parent.stdout is not None
    assert parent.stdout.readline() == "held\n"
    assert parent.wait(timeout=30) == -signal.SIGKILL
    with pytest.raises(LockTimeoutError), hold_writer_lock(home, "next", 0.2):
        pass
    parent.communicate(timeout=30)  # closes the child's input, which ends it
    with hold_writer_lock(home, "next", 10):
        assert inherited_descriptors(home)
