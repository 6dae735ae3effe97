"""Where data comes from. A further source is a module here and its lines in `AnySource` and `_READERS`."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Tag

from wellkept.deployment.source_settings import Source
from wellkept.landing.request import Request
from wellkept.sources import files, hubspot, postgres


def _type_of(given: Any) -> str:
    """A table without a type is a folder of files."""
    return str(given.get("type", "files") if isinstance(given, dict) else given.type)


AnySource = Annotated[
    Annotated[files.FilesSource, Tag("files")]
    | Annotated[postgres.PostgresSource, Tag("postgres")]
    | Annotated[hubspot.HubspotSource, Tag("hubspot")],
    Discriminator(
        _type_of, custom_error_type="source_type", custom_error_message="type must be files, postgres or hubspot"
    ),
]
"""The settings of any kind of source, told apart by `type`."""

_READERS: Mapping[str, Callable[[Any, Request], dict[str, Any]]] = {
    "files": files.read_files,
    "postgres": postgres.read_postgres,
    "hubspot": hubspot.read_hubspot,
}


def read_source(source: Source, request: Request) -> dict[str, Any]:
    """Write what the source has for the request's day to its folder; returns counts by entity, and what else there is to know."""
    return _READERS[source.type](source, request)
