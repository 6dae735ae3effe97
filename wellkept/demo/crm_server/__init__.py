"""The demo company's CRM: a server on this machine that keeps HubSpot's paging, search, limits and errors.

It is for the demo and for tests: it holds what `write_crm` wrote, serves it, and fails on request (faults.py).
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx

from wellkept.demo.crm_server.faults import FAULTS, Fault, set_faults
from wellkept.demo.crm_server.limits import INCREASED, Limits
from wellkept.demo.crm_server.records import write_crm
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.settings import child_environment

__all__ = ["FAULTS", "INCREASED", "TOKEN_CONNECTION", "Fault", "Limits", "running", "set_faults", "write_crm"]

TOKEN_CONNECTION = "crm_server"  # noqa: S105 - the name under which the child finds its token, not the token
_START_SECONDS = 60
_STOP_SECONDS = 10


@contextmanager
def running(
    folder: Path, token: str, faults: Sequence[Fault] | None = None, limits: Limits | None = None, port: int = 0
) -> Iterator[str]:
    """Inside, the CRM in `folder` answers at the base URL that is given; the server is a child and ends with us.

    `faults` replaces what the folder says of them; None leaves that as it is. Port 0 is a free one.
    """
    if faults is not None:
        set_faults(folder, faults)
    with (folder / "server.log").open("ab") as log, _start(folder, token, limits or Limits(), port, log) as child:
        try:
            yield _wait_until_it_answers(child, folder, token)
        finally:
            _stop(child)


def _start(folder: Path, token: str, limits: Limits, port: int, log: IO[bytes]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", __name__, "--folder", str(folder), "--port", str(port), "--stop-with-stdin"]
    command += ["--requests", str(limits.requests), "--searches", str(limits.searches)]
    secret = {f"WELLKEPT_CONNECTION_{TOKEN_CONNECTION.upper()}": token}
    return subprocess.Popen(
        command,
        env=child_environment(**secret),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )


def _wait_until_it_answers(child: "subprocess.Popen[str]", folder: Path, token: str) -> str:
    """The server says its address once its port is open; the first answer may then take until it has started."""
    url = child.stdout.readline().strip() if child.stdout else ""
    try:
        with httpx.Client(trust_env=False, timeout=_START_SECONDS) as client:
            answer = client.get(f"{url}/_demo/ready", headers={"Authorization": f"Bearer {token}"})
        is_ready = answer.is_success
    except httpx.HTTPError:
        is_ready = False
    if not is_ready:
        raise WellkeptError(f"the demo's CRM server did not start; {folder / 'server.log'} says why")
    return url


def _stop(child: "subprocess.Popen[str]") -> None:
    child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
