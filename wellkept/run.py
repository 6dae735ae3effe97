"""One run of one day: what every step of it needs to know."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wellkept.clock import utc_now
from wellkept.parameters import Parameters
from wellkept.paths import Home
from wellkept.settings import Settings, read_settings

if TYPE_CHECKING:  # DAG files import this module at every parse, and the sources bring their engines
    from wellkept.sources.source import Source

DEFAULT_SOURCE = "files"


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


def make_run(
    as_of_date: date,
    run_id: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    source: Path | None = None,
    is_re_extract: bool = False,
    settings: Settings | None = None,
    needs_approval: bool | None = None,
) -> Run:
    """A run from the environment, wellkept.toml and what was asked for this time (which wins)."""
    from wellkept.config import read_config
    from wellkept.sources.files import FilesSource

    settings = settings or read_settings()
    config = read_config(settings)
    sources: Mapping[str, Source] = {DEFAULT_SOURCE: FilesSource(path=source)} if source else config.sources
    return Run(
        home=settings.home_paths,
        as_of_date=as_of_date,
        run_id=run_id or new_run_id(),
        parameters=Parameters({**config.parameters, **(overrides or {})}),
        sources=sources,
        settings=settings,
        is_re_extract=is_re_extract,
        needs_approval=settings.approve_promotions if needs_approval is None else needs_approval,
    )
