"""Airflow under our home: the environment it must see before it is imported, and its database made ready."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wellkept.airflow.pool import POOL
from wellkept.deployment.paths import DAGS, PROJECT_ROOT
from wellkept.deployment.settings import Settings, child_environment
from wellkept.operations.configuration import find_config

_IN_PROCESS = "in_process.db"
_CONNECTION = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


@dataclass(frozen=True)
class Ports:
    """Where a scheduler's web pages and log servers listen, on 127.0.0.1 only."""

    web: int = 8080
    worker_logs: int = 8793
    trigger_logs: int = 8794

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web}"


DEFAULT_PORTS = Ports()


def scheduler_environment(settings: Settings, ports: Ports = DEFAULT_PORTS) -> dict[str, str]:
    """The whole environment for a process that runs Airflow's scheduler and pages; a database the user set stays."""
    changes = _common(settings) | _hardened(ports)
    present = child_environment()
    changes[_CONNECTION] = present.get(_CONNECTION) or _sqlite(settings.home_paths.airflow / "airflow.db")
    # `airflow standalone` starts the other processes by the bare name `airflow`.
    changes["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), present.get("PATH", "")])
    return child_environment(**changes)


def in_process_environment(settings: Settings) -> dict[str, str]:
    """The whole environment of a process that runs DAGs by itself.

    The database is its own: a scheduler that shared it would see a running DAG run and start its tasks a second time.
    """
    return child_environment(**_common(settings), **{_CONNECTION: _sqlite(settings.home_paths.airflow / _IN_PROCESS)})


@contextmanager
def entered(settings: Settings) -> Iterator[None]:
    """Airflow in this process belongs to this home from here on; our own settings are in the environment inside only."""
    environment = in_process_environment(settings)
    is_another = os.environ.get(_CONNECTION) != environment[_CONNECTION]
    settings.home_paths.airflow.mkdir(parents=True, exist_ok=True)
    before = dict(os.environ)
    os.environ.update(environment)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if "airflow" in sys.modules and is_another:
        _reconnect()
    try:
        yield
    finally:
        for name in filter(lambda name: name.startswith("WELLKEPT_"), environment):
            if name in before:
                os.environ[name] = before[name]
            else:
                os.environ.pop(name, None)


def _reconnect() -> None:
    """Airflow opened its database when it was imported; a second home in one process (tests, mostly) needs its own."""
    from airflow import settings as airflow_settings

    airflow_settings.dispose_orm(do_log=False)
    airflow_settings.configure_vars()
    airflow_settings.configure_orm()


def prepare(settings: Settings) -> None:
    """Airflow's database, as this process's environment names it, is there, in this version's form, with our pool.

    Call it inside `entered`, or in a process started with `scheduler_environment`. A second call is one file read.
    """
    from importlib.metadata import version

    connection = os.environ[_CONNECTION]
    folder = settings.home_paths.airflow
    marker = folder / ("in_process.ready" if _IN_PROCESS in connection else "scheduler.ready")
    file = Path(connection.removeprefix("sqlite:///").partition("?")[0])
    is_file = connection.startswith("sqlite")
    place = file.name if is_file else connection.rpartition("@")[2]  # a home that is moved keeps its database
    wanted = f"{version('apache-airflow')} {place}\n"
    exists = file.exists() or not is_file
    if exists and marker.exists() and marker.read_text() == wanted:
        return
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb

    initdb()
    Pool.create_or_update_pool(POOL, slots=1, description="One writer at a time.", include_deferred=False)
    marker.write_text(wanted)


def _common(settings: Settings) -> dict[str, str]:
    home = settings.home_paths
    dumped = settings.model_dump(exclude={"config"}, exclude_none=True)  # "None" would be read as a value
    own = {f"WELLKEPT_{name.upper()}": str(value) for name, value in dumped.items()}
    paths = [str(PROJECT_ROOT), *filter(None, child_environment().get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **own,
        **_config(settings),
        # Tasks may run in another folder than the command did.
        "WELLKEPT_HOME": str(home.root),
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "AIRFLOW_HOME": str(home.airflow),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
    }


def _config(settings: Settings) -> dict[str, str]:
    """Named only where it is there: a named file that is missing is an error, the default's absence is none."""
    path = find_config(settings)
    return {"WELLKEPT_CONFIG": str(path.absolute())} if path.exists() else {}


def _hardened(ports: Ports) -> dict[str, str]:
    """Bound to loopback, and patient: each value is what a busy two-core machine needed (docs/stack.md)."""
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(ports.web),
        "AIRFLOW__API__BASE_URL": ports.url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{ports.url}/execution/",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(ports.worker_logs),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(ports.trigger_logs),
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "10",
        "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "20",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "15",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
    }


def _sqlite(file: Path) -> str:
    return f"sqlite:///{file}?timeout=60"
