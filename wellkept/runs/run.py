"""One run of one day: what every step of it needs to know."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from wellkept.deployment.clock import utc_now
from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings
from wellkept.project.parameters import Parameters

if TYPE_CHECKING:  # DAG files import this module at every parse, and the sources bring their engines
    from wellkept.deployment.source_settings import Source


@dataclass(frozen=True)
class Run:
    """Where a run works, for which day, under which id and parameters, from which sources."""

    home: Home
    as_of_date: date
    run_id: str
    parameters: Parameters
    sources: Mapping[str, "Source"]
    settings: Settings
    is_re_extract: bool = False
    needs_approval: bool = False
    """A version that is trained waits for a person, and the champion so far speaks on."""


def new_run_id() -> str:
    """An id that sorts by time and is unique."""
    return f"{utc_now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
