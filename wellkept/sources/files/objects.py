"""Files in an object store, s3:// or gs://, through DuckDB's httpfs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.sources.files.access import Access, read_access
from wellkept.sources.files.listing import SUFFIXES, Found, name_strangers
from wellkept.sources.files.settings import FilesSource
from wellkept.warehouse.extensions import load_extension
from wellkept.warehouse.sql import literal

_RETRIES = 5
"""After a time-out, a 429 or a 5xx; they wait 0.1 s, then four times as long each."""


class ObjectFolder:
    """The objects under a URL."""

    def __init__(self, url: str, connection: duckdb.DuckDBPyConnection) -> None:
        self._url, self._connection = url, connection

    def find(self) -> list[Found]:
        """Every object under the URL."""
        rows = _ask(
            self._connection,
            self._url,
            "select filename, size, last_modified at time zone 'UTC' from read_blob($url)",
            {"url": f"{self._url}/**"},
        )
        found = [Found(name.removeprefix(f"{self._url}/"), size, modified_at) for name, size, modified_at in rows]
        name_strangers(self._url, found)
        return found

    def fetch(self, file: Found, scratch: Path) -> Path:
        """A copy of the object in the folder `scratch`, whole; a WellkeptError if it is not what was found."""
        url = f"{self._url}/{file.name}"
        copy = scratch / f"object{next(suffix for suffix in SUFFIXES if file.name.endswith(suffix))}"
        _ask(self._connection, url, "set s3_url_compatibility_mode = true")  # an asterisk in a name is an asterisk
        _ask(
            self._connection,
            url,
            f"copy (select content from read_blob($url)) to {literal(copy)} (format blob, compression none)",
            {"url": url},
        )
        if copy.stat().st_size != file.bytes:
            raise WellkeptError(f"{url} changed while it was read; run the day again")
        return copy


@contextmanager
def open_objects(source: FilesSource) -> Iterator[ObjectFolder]:
    """The source's folder in its object store, with the credentials of its connection.

    Without a connection those in the environment count (AWS_ACCESS_KEY_ID and so on), or none.
    """
    url = str(source.path)
    with duckdb.connect() as connection:
        try:
            load_extension(connection, "httpfs")
        except WellkeptError as error:
            raise BadInputError(f"{url} cannot be read: {error}") from None
        _ask(connection, url, "set allow_persistent_secrets = false")
        _ask(connection, url, f"set http_retries = {_RETRIES}")
        _give_access(connection, source, read_access(source))
        yield ObjectFolder(url, connection)


def _give_access(connection: duckdb.DuckDBPyConnection, source: FilesSource, access: Access) -> None:
    url = str(source.path)
    if not access.key and url.startswith("s3://"):  # a secret would hide what the environment has
        for name, value in access.options.items():
            _ask(connection, url, f"set s3_{name} = ?", [value])
        return
    options = {**access.options, **access.key}
    kind = "gcs" if url.startswith("gs://") else "s3"
    given = "".join(f", {name} ?" for name in options)
    _ask(connection, url, f"create secret of_the_source (type {kind}{given})", [*options.values()])


def _ask(
    connection: duckdb.DuckDBPyConnection, url: str, sql: str, bound: dict[str, Any] | list[Any] | None = None
) -> list[tuple[Any, ...]]:
    """The rows; what the store refuses is a BadInputError, what else goes wrong with it a WellkeptError."""
    try:
        return connection.execute(sql, bound or {}).fetchall()
    except duckdb.Error as error:
        status = getattr(error, "status_code", None) or 0
        kind = BadInputError if status in (400, 401, 403, 404) else WellkeptError
        first_line = str(error).splitlines()[0]  # what follows may be the store's own words
        raise kind(
            f"{url} cannot be read ({first_line}); check path, connection, endpoint and region of the source"
        ) from None
