"""Is this machine and this home fit to run? Each check says what it found and what to do next."""

import importlib.metadata
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.paths import PROJECT_ROOT, Home
from wellkept.deployment.settings import Settings, child_environment
from wellkept.editions.shelf import list_editions, read_linked
from wellkept.operations.configuration import find_config, read_config
from wellkept.operations.home import FORMAT, read_format, require_warehouse
from wellkept.warehouse.lock import read_holder

State = Literal["ok", "warn", "fail"]
_PYTHONS = ((3, 11), (3, 12))
_LOCKED = ("duckdb", "dbt-core", "dbt-duckdb", "apache-airflow", "great-expectations", "lightgbm", "mlflow")
_PORTS = {8080: "Airflow's pages", 8793: "task logs", 8794: "trigger logs"}
_LEAST_FREE_BYTES = 1_000_000_000
_IMPORT_SECONDS = 120


@dataclass(frozen=True)
class Check:
    """One thing looked at; `next_step` is empty where nothing is to be done."""

    name: str
    state: State
    found: str
    next_step: str = ""


def examine(settings: Settings) -> list[Check]:
    """Every check, in the order a person would mend them; changes nothing and waits for no lock."""
    home = settings.home_paths
    return [
        check_python(sys.version_info[:2]),
        check_versions(PROJECT_ROOT / "requirements.lock"),
        check_openmp(),
        check_config(settings),
        check_home(home),
        check_disk(home),
        check_lock(home),
        check_link(home),
        check_logs(home),
        *(check_port(port, use) for port, use in _PORTS.items()),
        check_proxy(urllib.request.getproxies_environment()),
    ]


def check_python(version: tuple[int, int]) -> Check:
    found = ".".join(map(str, version))
    if version in _PYTHONS:
        return Check("python", "ok", found)
    return Check("python", "fail", found, "install Python 3.11 or 3.12, remove .venv and run `make install`")


def check_versions(lock_file: Path, installed: Callable[[str], str] = importlib.metadata.version) -> Check:
    """Files written by another DuckDB or manifests by another dbt are the hardest faults to find later."""
    if not lock_file.exists():
        return Check(
            "versions", "warn", f"no {lock_file.name} to compare with", "work in a clone, or pin versions yourself"
        )
    locked = dict(re.findall(r"^([a-z0-9-]+)==([^\s;\\]+)", lock_file.read_text(encoding="utf-8"), flags=re.MULTILINE))
    differing = []
    for name in _LOCKED:
        try:
            found = installed(name)
        except importlib.metadata.PackageNotFoundError:
            found = "missing"
        if found != locked.get(name, found):
            differing.append(f"{name} {found} (locked: {locked[name]})")
    if differing:
        return Check("versions", "fail", ", ".join(differing), "run `make install`, which installs what is locked")
    return Check("versions", "ok", f"as locked: duckdb {locked.get('duckdb')}, dbt {locked.get('dbt-core')}")


def check_openmp(command: Sequence[str] = (sys.executable, "-c", "import lightgbm")) -> Check:
    """In a process of its own: a missing library would kill ours, and OpenMP used before a fork hangs."""
    try:
        done = subprocess.run(
            command, env=child_environment(), capture_output=True, text=True, check=False, timeout=_IMPORT_SECONDS
        )
        trouble = done.stderr.strip().splitlines()[-1:] if done.returncode else []
        is_fit = done.returncode == 0
    except subprocess.TimeoutExpired:
        trouble, is_fit = [f"no answer in {_IMPORT_SECONDS} s"], False
    if is_fit:
        return Check("openmp", "ok", "LightGBM loads")
    advice = "install OpenMP: `apt-get install libgomp1` on Debian, `brew install libomp` on macOS"
    return Check("openmp", "fail", f"LightGBM does not load: {' '.join(trouble)}", advice)


def check_config(settings: Settings) -> Check:
    try:
        config = read_config(settings)
    except WellkeptError as error:
        return Check("wellkept.toml", "fail", str(error), "correct what is named")
    if not find_config(settings).exists():
        return Check("wellkept.toml", "ok", f"no {settings.config}: defaults, and sources by --source")
    troubles = [f"{name}: {trouble}" for name, source in config.sources.items() if (trouble := source.find_trouble())]
    if troubles:
        return Check(
            "wellkept.toml", "fail", f"sources that cannot be read: {'; '.join(troubles)}", "mend what is named"
        )
    return Check("wellkept.toml", "ok", f"{len(config.sources)} sources, {len(config.parameters)} parameters")


def check_home(home: Home) -> Check:
    if not home.format_file.exists():
        if home.warehouse.exists():
            advice = "restore home.json from a backup, or set WELLKEPT_HOME to another folder"
            return Check("home", "fail", f"{home.root} has a warehouse but no home.json", advice)
        return _check_writable(home, f"{home.root} will be made by the first run")
    try:
        require_warehouse(home)
        found = read_format(home)
    except WellkeptError as error:
        return Check("home", "fail", str(error), "see the message")
    if found != FORMAT:
        advice = "run `wellkept upgrade`" if found < FORMAT else "install the newer Wellkept that made it"
        return Check("home", "fail", f"{home.root} has format {found}, this version needs {FORMAT}", advice)
    return _check_writable(home, f"{home.root}, format {found}")


def check_disk(home: Home, free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free) -> Check:
    folder = _existing(home.root)
    free = free_bytes(folder)
    editions = list_editions(home)
    two_editions = 2 * editions[-1].path.stat().st_size if editions else 0
    warehouse = home.warehouse.stat().st_size if home.warehouse.exists() else 0
    found = f"{free / 1e9:.1f} GB free at {folder}"
    advice = "make room, or lower kept_editions and kept_landing_days"
    if free < two_editions:
        return Check("disk", "fail", f"{found}, two editions need {two_editions / 1e9:.1f}", advice)
    # A day's build may rewrite every table before the old blocks are free again.
    if free < max(_LEAST_FREE_BYTES, two_editions + warehouse):
        return Check("disk", "warn", f"{found}, next to a warehouse of {warehouse / 1e9:.1f} GB", advice)
    return Check("disk", "ok", found)


def check_lock(home: Home) -> Check:
    holder = read_holder(home)
    if holder is None:
        return Check("lock", "ok", "nobody writes")
    return Check("lock", "warn", f"held by {holder}", "nothing, if that run is meant to be running; others wait for it")


def check_link(home: Home) -> Check:
    linked = read_linked(home)
    if linked is not None:
        return Check("edition", "ok", f"readers get {linked.as_of_date}")
    advice = "run `wellkept publish --unpin`, which links the newest edition, or run a day"
    if list_editions(home):
        return Check("edition", "fail", f"there are editions, but {home.link} leads to none of them", advice)
    if home.link.is_symlink():
        return Check("edition", "fail", f"{home.link} leads to an edition that is gone", advice)
    return Check("edition", "ok", "none published yet")


def check_logs(home: Home) -> Check:
    """A write-ahead log beside an edition breaks it for readers; one beside the idle warehouse is a killed run's."""
    beside_editions = sorted(path.name for path in home.editions.glob("*.duckdb.wal") if not path.name.startswith("."))
    if beside_editions:
        advice = "close the program that opened the edition for writing, then move the file away"
        return Check("leftover .wal", "fail", f"beside editions: {', '.join(beside_editions)}", advice)
    if home.warehouse.with_name(home.warehouse.name + ".wal").exists() and read_holder(home) is None:
        advice = "leave it: it holds committed rows, and the next run takes them in. Never delete it"
        return Check("leftover .wal", "warn", "beside the warehouse, from a killed run", advice)
    return Check("leftover .wal", "ok", "none")


def check_port(port: int, use: str) -> Check:
    name = f"port {port}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            advice = f"needed by `wellkept airflow` only ({use}): see its options, or stop what listens there"
            return Check(name, "warn", f"taken ({error.strerror})", advice)
    return Check(name, "ok", f"free, for {use}")


def check_proxy(proxies: Mapping[str, str]) -> Check:
    """The proxy's address may hold a password, so it is never shown."""
    if not set(proxies) & {"http", "https", "all"}:
        return Check("proxy", "ok", "none set")
    past = {host.strip() for host in proxies.get("no", "").split(",")}
    caught = [] if "*" in past else [host for host in ("127.0.0.1", "localhost") if host not in past]
    if caught:
        advice = "set NO_PROXY=127.0.0.1,localhost, else calls on this machine go to the proxy"
        return Check("proxy", "warn", f"set, and catches {', '.join(caught)}", advice)
    return Check("proxy", "ok", "set, and loopback goes past it")


def _check_writable(home: Home, found: str) -> Check:
    folder = _existing(home.root)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = "set WELLKEPT_HOME to a folder you may write to"
        return Check("home", "fail", f"{folder} cannot be written to ({error.strerror})", advice)
    return Check("home", "ok", found)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next((one for one in (folder, *folder.parents) if one.is_dir()), Path("/"))
