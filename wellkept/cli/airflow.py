"""`wellkept airflow`: Airflow's scheduler and pages for our DAGs, on this machine only."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import Annotated

import typer
from rich.console import Console

from wellkept.airflow.airflow_home import Ports, scheduler_environment
from wellkept.demo.opening import company_open
from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.deployment.settings import read_settings
from wellkept.operations.home import open_home

_PASSWORDS = "simple_auth_manager_passwords.json.generated"
_SECONDS_TO_STOP = 30
_PREPARE = "from wellkept.airflow.airflow_home import prepare; from wellkept.deployment.settings import read_settings; prepare(read_settings())"


def airflow(
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where its pages are served.")] = 8080,
    worker_log_port: Annotated[int, typer.Option(min=1, max=65535, help="Where task logs are served.")] = 8793,
    trigger_log_port: Annotated[int, typer.Option(min=1, max=65535, help="Where trigger logs are served.")] = 8794,
) -> None:
    """Start Airflow for this home on 127.0.0.1, until Ctrl-C."""
    settings, ports = read_settings(), Ports(port, worker_log_port, trigger_log_port)
    require_free(ports)
    open_home(settings.home_paths)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Airflow for {settings.home_paths.root} will answer at [bold]{ports.url}[/] in half a minute.")
    console.print(f"User admin; password: {settings.home_paths.airflow / _PASSWORDS}")
    console.print("Unpause ingest_sources to run every day. Ctrl-C stops everything.")
    with company_open(settings.home_paths):
        environment = scheduler_environment(settings, ports)
        subprocess.run([sys.executable, "-c", _PREPARE], env=environment, check=True)
        code = _run_until_stopped([sys.executable, "-m", "airflow", "standalone"], environment)
    if code:
        raise WellkeptError(f"Airflow ended by itself with {code}; its last lines above say why")


def require_free(ports: Ports) -> None:
    """A BadInputError that names the port and its option, if another program listens there."""
    options = {"--port": ports.web, "--worker-log-port": ports.worker_logs, "--trigger-log-port": ports.trigger_logs}
    for option, port in options.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise BadInputError(
                    f"port {port} on 127.0.0.1 is taken ({error.strerror}); choose another with {option}"
                ) from None


def _run_until_stopped(command: list[str], environment: dict[str, str]) -> int:
    """Its exit code, or 0 when Ctrl-C or SIGTERM asked us to end it; none of its processes is left."""
    # Set before the start: a child inherits an ignored SIGINT (ours is, if a shell put us in the background).
    previous = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    # A session of its own: Ctrl-C reaches us alone, and we stop its parts in order.
    child = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        return child.wait()
    except KeyboardInterrupt:
        _end(child)
        return 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        for number, handler in previous.items():
            signal.signal(number, handler)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask as a terminal would, and wait; a second Ctrl-C does not wait."""
    child.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        child.wait(_SECONDS_TO_STOP)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
