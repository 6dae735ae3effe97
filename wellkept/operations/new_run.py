"""Make a run from the environment, wellkept.toml and what was asked for this time."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wellkept.deployment.settings import Settings, read_settings
from wellkept.project.parameters import Parameters
from wellkept.runs.run import Run, new_run_id

if TYPE_CHECKING:  # DAG files import this module at every parse, and the sources bring their engines
    from wellkept.deployment.source_settings import Source

DEFAULT_SOURCE = "files"


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
    from wellkept.operations.configuration import read_config
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
