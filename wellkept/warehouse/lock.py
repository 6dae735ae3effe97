"""One writer at a time: an operating system lock on the home, and a note that says who holds it."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from wellkept.deployment.clock import utc_now
from wellkept.deployment.errors import LockTimeoutError
from wellkept.deployment.log import get_logger
from wellkept.deployment.paths import Home

_LOG = get_logger(__name__)
_POLL_SECONDS = 0.1
_REMIND_SECONDS = 30.0


@dataclass(frozen=True)
class LockHolder:
    """Who holds the writer lock, in words a waiting person can act on."""

    holder: str
    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"{self.holder} (pid {self.pid} on {self.host}, since {self.since})"


class _ProcessLock:
    """The lock of one home in this process: taken once from the operating system, counted for nested calls."""

    def __init__(self, path: Path) -> None:
        self._file_lock = FileLock(path, thread_local=False, on_acquired=self._keep_descriptor)
        self._mutex = threading.Lock()
        self._depth = 0
        self._pid = os.getpid()
        self._descriptor: int | None = None

    def is_of_this_process(self) -> bool:
        return self._pid == os.getpid()

    def descriptors(self) -> tuple[int, ...]:
        return () if self._descriptor is None else (self._descriptor,)

    def take(self, note: Path, holder: str) -> bool:
        """Take the lock, or count one more if this process has it; False when another process has it."""
        with self._mutex:
            if self._depth == 0:
                try:
                    self._file_lock.acquire(timeout=0)
                except Timeout:
                    return False
                _write_note(note, holder)
            self._depth += 1
            return True

    def give_back(self, note: Path) -> None:
        with self._mutex:
            self._depth -= 1
            if self._depth == 0:
                with suppress(OSError):
                    note.unlink(missing_ok=True)
                self._descriptor = None
                self._file_lock.release()

    def _keep_descriptor(self, descriptor: int) -> None:
        self._descriptor = descriptor


_LOCKS: dict[Path, _ProcessLock] = {}
_LOCKS_MUTEX = threading.Lock()


@contextmanager
def hold_writer_lock(home: Home, holder: str, timeout_seconds: float) -> Iterator[None]:
    """Inside, no other process writes to the home; nested calls of one process share the lock.

    Who waits logs the holder, at once and every half minute; past the timeout a LockTimeoutError names it.
    A killed holder frees the lock: it belongs to the process, and the note beside it is only a note.
    """
    lock, note = _process_lock(home), _note_path(home)
    _take_or_wait(lock, note, holder, timeout_seconds)
    try:
        yield
    finally:
        lock.give_back(note)


def read_holder(home: Home) -> LockHolder | None:
    """Who holds the writer lock now; None when nobody does, even if a killed process left its note behind."""
    note = _note_path(home)
    if not home.lock.exists():
        return None
    lock = _process_lock(home)
    if not lock.descriptors():
        try:
            with FileLock(home.lock, thread_local=False).acquire(timeout=0):
                return None
        except (Timeout, PermissionError):
            pass
    return _read_note(note)


def inherited_descriptors(home: Home) -> tuple[int, ...]:
    """For `pass_fds` of a child process that writes: the lock then outlives a killed parent until the child ends."""
    return _process_lock(home).descriptors()


def _process_lock(home: Home) -> _ProcessLock:
    path = home.lock.resolve()
    with _LOCKS_MUTEX:
        lock = _LOCKS.get(path)
        # A forked child inherits this dictionary, but must queue like anyone else.
        if lock is None or not lock.is_of_this_process():
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = _LOCKS[path] = _ProcessLock(path)
        return lock


def _take_or_wait(lock: _ProcessLock, note: Path, holder: str, timeout_seconds: float) -> None:
    started = time.monotonic()
    next_reminder = started
    while not lock.take(note, holder):
        now = time.monotonic()
        if now - started >= timeout_seconds:
            raise LockTimeoutError(
                f"{holder}: waited {timeout_seconds:.0f} s for the warehouse, which is held by {_who(note)}; "
                "wait for it or stop it, then run this again (WELLKEPT_LOCK_TIMEOUT_SECONDS sets the patience)"
            )
        if now >= next_reminder:
            _LOG.info("%s: waiting for %s", holder, _who(note))
            next_reminder = now + _REMIND_SECONDS
        time.sleep(_POLL_SECONDS)


def _who(note: Path) -> str:
    return str(_read_note(note) or "another process, which has not given its name yet")


def _note_path(home: Home) -> Path:
    return home.lock.with_name(home.lock.name + ".holder.json")


def _write_note(note: Path, holder: str) -> None:
    content = LockHolder(holder, os.getpid(), socket.gethostname(), utc_now().isoformat(timespec="seconds"))
    temporary = note.with_name(f"{note.name}.{os.getpid()}")
    # A full disk must not keep anyone from the lock: the note is for people only.
    with suppress(OSError):
        temporary.write_text(json.dumps(asdict(content)), encoding="utf-8")
        temporary.replace(note)


def _read_note(note: Path) -> LockHolder | None:
    try:
        return LockHolder(**json.loads(note.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
