"""A real PostgreSQL for the demo and for tests: on a Unix socket only, for us alone."""

import fcntl
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from wellkept.demo.postgres_programs import give_away, require_user_name, run_program
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.log import get_logger

READER = "wellkept_reader"
_LOG = get_logger(__name__)
_OWNER = "postgres"
_PORT = 5432
_LONGEST_SOCKET = 103
"""Bytes in the path of a Unix socket, on the system that allows the fewest."""
_SHORT_PREFIX = "wellkept-"
_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "max_connections": "30",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    # What it holds is made up and can be written again, so nothing waits for the disk.
    "fsync": "off",
    "full_page_writes": "off",
}
_MAKE_READER = f"""
do $$ begin
    if not exists (select from pg_roles where rolname = '{READER}') then create role {READER} login; end if;
end $$;
grant pg_read_all_data to {READER};
alter role {READER} set default_transaction_read_only = on;
"""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A PostgreSQL with its data under `folder`, and the URI of its owner (`reader_of` makes the reader's of it).

    All who use it at once share one server: the first starts it, the last stops it. One that was killed, or left behind
    by a process that was, is taken over with its data.
    """
    folder = folder.absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Everybody who uses the server shares this lock; the operating system takes it from who is killed.
    with (folder / "server.lock").open("a+") as users:
        try:
            with _nobody_else_starts_or_stops(folder):
                fcntl.flock(users, fcntl.LOCK_SH)
                sockets = _start(folder)
                _psql(folder, sockets, _MAKE_READER)
            yield _uri(sockets)
        finally:
            with _nobody_else_starts_or_stops(folder):
                if _is_last(users):
                    _stop(folder)


@contextmanager
def _nobody_else_starts_or_stops(folder: Path) -> Iterator[None]:
    with (folder / "start.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def reader_of(uri: str) -> str:
    """The same database for the role that may only read."""
    return uri.replace(f"//{_OWNER}@", f"//{READER}@", 1)


def _start(folder: Path) -> Path:
    """Where the server listens, once it does; one that runs already is left as it is."""
    if not _is_ready(folder):
        _start_anew(folder)
    note = _read_note(folder)
    if note is None:
        raise _failure(folder, "was stopped")
    return note.sockets


def _start_anew(folder: Path) -> None:
    if not (folder / "data").exists():
        _make(folder)
    give_away(folder / "data")
    _clear_away(folder)
    sockets = _choose_sockets(folder)
    options = " ".join(
        f"-c {shlex.quote(f'{name}={value}')}"
        for name, value in {**_SETTINGS, "unix_socket_directories": str(sockets)}.items()
    )
    # A server that was killed needs a moment until all its processes are gone and another may have its data.
    command = ("pg_ctl", "-w", "-t", "60", "-D", "data", "-l", "server.log", "-o", options, "start")
    attempts = Retrying(stop=stop_after_delay(4), wait=wait_fixed(0.2), retry=retry_if_result(lambda runs: not runs))
    try:
        attempts(lambda: run_program(folder, *command).returncode == 0 or _is_ready(folder))
    except RetryError:
        _remove_sockets(sockets)
        raise _failure(folder, "does not start") from None


def _make(folder: Path) -> None:
    """An empty database cluster; a half-made one is thrown away."""
    require_user_name()
    part = folder / "data.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    give_away(part)
    locale = ("--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    made = run_program(folder, "initdb", "-D", "data.part", "-U", _OWNER, "--auth=trust", "--no-sync", *locale)
    if made.returncode != 0:
        raise _failure(folder, f"cannot be made ({_last_line(made.stderr)})")
    part.rename(folder / "data")


def _choose_sockets(folder: Path) -> Path:
    """The folder itself, or a short private one where its path is too long for a socket, or not plain."""
    path = str(folder / f".s.PGSQL.{_PORT}")
    if len(os.fsencode(path)) <= _LONGEST_SOCKET and re.fullmatch(r"[\w./ +@=-]+", path, re.ASCII):
        return folder
    return Path(tempfile.mkdtemp(prefix=_SHORT_PREFIX, dir="/tmp"))


def _remove_sockets(sockets: Path) -> None:
    if sockets.name.startswith(_SHORT_PREFIX):
        shutil.rmtree(sockets, ignore_errors=True)


def _stop(folder: Path) -> None:
    note = _read_note(folder)
    if note is None or _is_foreign(note, folder):
        return
    stopped = run_program(folder, "pg_ctl", "-w", "-t", "60", "-D", "data", "-m", "fast", "stop")
    if stopped.returncode != 0 and _is_ready(folder):
        _LOG.warning("the demo's PostgreSQL in %s does not stop; %s says why", folder, folder / "server.log")
    else:
        _remove_sockets(note.sockets)


@dataclass(frozen=True)
class _Note:
    """What a server that runs, or was killed, left in postmaster.pid."""

    pid: int
    data: Path
    sockets: Path


def _read_note(folder: Path) -> _Note | None:
    try:
        lines = (folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return _Note(int(lines[0]), Path(lines[1]), Path(lines[4]))
    except (OSError, ValueError, IndexError):
        return None


def _is_ready(folder: Path) -> bool:
    note = _read_note(folder)
    if note is None or _is_foreign(note, folder):
        return False
    return run_program(folder, "pg_isready", "-q", "-h", str(note.sockets), "-U", _OWNER, "-t", "5").returncode == 0


def _is_foreign(note: _Note, folder: Path) -> bool:
    """Whether the note came with a copy of another server's data."""
    return note.data.resolve() != (folder / "data").resolve()


def _clear_away(folder: Path) -> None:
    """Remove what a killed server, or a copy of a living one, left that PostgreSQL itself would take for a server's."""
    note = _read_note(folder)
    if note and not _is_foreign(note, folder):
        if _is_alive(note.pid):
            return
        _remove_sockets(note.sockets)
    for leftover in ("data/postmaster.pid", f".s.PGSQL.{_PORT}", f".s.PGSQL.{_PORT}.lock"):
        (folder / leftover).unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    """Whether the process is a PostgreSQL, and no zombie: in containers there is often nobody to bury one.

    Where there is no /proc, PostgreSQL has to find out for itself.
    """
    try:
        _, name, rest = re.split(r" \(|\) ", Path(f"/proc/{pid}/stat").read_text(encoding="utf-8"), maxsplit=2)
    except FileNotFoundError:
        return not Path("/proc").is_dir()
    except (OSError, ValueError):
        return True
    return name == "postgres" and not rest.startswith("Z")


def _psql(folder: Path, sockets: Path, sql: str) -> None:
    done = run_program(folder, "psql", "-X", "-q", "-h", str(sockets), "-U", _OWNER, "-v", "ON_ERROR_STOP=1", "-c", sql)
    if done.returncode != 0:
        raise _failure(folder, f"refuses its set-up ({_last_line(done.stderr)})")


def _uri(sockets: Path) -> str:
    return f"postgresql://{_OWNER}@/{_OWNER}?host={quote(str(sockets), safe='/')}"


def _failure(folder: Path, what: str) -> WellkeptError:
    return WellkeptError(
        f"the demo's PostgreSQL in {folder} {what}; {folder / 'server.log'} says more. "
        "Take the folder away to begin anew: what it holds is made up"
    )


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no reason given")
