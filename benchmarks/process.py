"""A step in a process of its own, so that its time and peak memory are its own."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """What a process took, with those it waited for."""

    seconds: float
    peak_memory_mb: int


def run_measured(name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Measured:
    """What the command took; one that fails ends the benchmark and names the step."""
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{name} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Measured(time.monotonic() - started, round(usage.ru_maxrss * unit / 1e6))
