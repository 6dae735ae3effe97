"""How to get at an object store: what wellkept.toml says, and the key behind its connection."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from wellkept.deployment.connections import read_connection
from wellkept.deployment.errors import BadInputError
from wellkept.sources.files.settings import FilesSource

# A secret may have slashes in it, where a parser of URLs would see its end.
_CONNECTION = re.compile(r"([a-z0-9_+-]+)://([^:@?]+):([^@?]+)@([^/?]*)[^?]*(?:\?(.*))?")
_OPTIONS = ("endpoint", "region", "url_style", "use_ssl")


@dataclass(frozen=True)
class Access:
    """What DuckDB is told about a store, by its names for it; the key is never shown."""

    options: dict[str, Any]
    key: dict[str, str] = field(default_factory=dict, repr=False)


def read_access(source: FilesSource) -> Access:
    """The way to the source's store: what its settings say, else what its connection says."""
    settings = {name: getattr(source, name) for name in _OPTIONS if name in source.model_fields_set}
    if source.connection is None:
        return Access(settings)
    access = _parse(source.connection, read_connection(source.connection))
    return Access({**access.options, **settings}, access.key)


def _parse(name: str, text: str) -> Access:
    """What `s3://KEY_ID:SECRET@region` says, or the URI that Airflow gives of an aws connection."""
    found = _CONNECTION.fullmatch(text.strip())
    more = _parse_more(found[5]) if found else {}
    if not found or "role_arn" in more:
        raise BadInputError(
            f"connection {name!r} is not a key for an object store; give it as s3://KEY_ID:SECRET@REGION, or as an aws "
            "connection of Airflow with both (a role cannot be assumed), or leave `connection` out to read with what the "
            "AWS_ variables of the environment say"
        )
    key = {"key_id": unquote(found[2]), "secret": unquote(found[3])}
    if "aws_session_token" in more:
        key["session_token"] = more["aws_session_token"]
    options: dict[str, Any] = {}
    if region := more.get("region_name") or found[4]:
        options["region"] = region
    if endpoint := more.get("endpoint_url"):
        options["endpoint"] = urlsplit(endpoint).netloc
        options["use_ssl"] = urlsplit(endpoint).scheme == "https"
    return Access(options, key)


def _parse_more(query: str | None) -> dict[str, str]:
    """What stands after the question mark; Airflow writes what is nested as JSON."""
    pairs = dict(parse_qsl(query or ""))
    if "__extra__" not in pairs:
        return pairs
    try:
        nested = json.loads(pairs["__extra__"])
    except ValueError:
        return pairs
    return {name: value for name, value in nested.items() if isinstance(value, str)}
