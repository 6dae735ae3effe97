"""What wellkept.toml says about a source of files."""

import re
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from wellkept.deployment.connections import ConnectionName
from wellkept.deployment.source_settings import Source, Timezone

_OBJECT_URL = re.compile(r"(s3|gs)://[A-Za-z0-9._-]+(/[^?*\[\]]*)?")
_ONLY_FOR_OBJECTS = ("connection", "endpoint", "region", "url_style", "use_ssl")


class FilesSource(Source):
    """A folder with `<entity>.csv|parquet` files or `<entity>/` folders of them."""

    type: Literal["files"] = "files"
    path: Path | str = Field(description="a folder, or s3://bucket/folder, or gs://bucket/folder")
    timezone: Timezone = "UTC"
    encoding: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    connection: ConnectionName | None = Field(None, description="the key of the object store, by name")
    endpoint: str | None = Field(None, pattern=r"^[A-Za-z0-9.-]+(:\d{1,5})?$", description="host:port of the store")
    region: str | None = Field(None, pattern=r"^[a-z0-9-]+$")
    url_style: Literal["vhost", "path"] = "vhost"
    use_ssl: bool = True

    @property
    def is_in_object_store(self) -> bool:
        return isinstance(self.path, str)

    def at(self, folder: Path) -> Self:
        if isinstance(self.path, str):
            return self
        return self.model_copy(update={"path": folder / self.path.expanduser()})

    def find_trouble(self) -> str | None:
        if isinstance(self.path, str) or self.path.exists():
            return None
        return f"the folder {self.path} does not exist"

    @field_validator("path", mode="before")
    @classmethod
    def _is_a_folder_or_a_url(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        if "://" not in given:
            return Path(given)
        if not _OBJECT_URL.fullmatch(given):
            raise ValueError(
                f"{given!r} is not a place to read from; give a folder, s3://bucket/folder or gs://bucket/folder"
            )
        return given.rstrip("/")

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, name: str) -> str:
        try:
            "a".encode(name)  # a lookup alone would let codecs pass that are not for text, such as hex
        except (LookupError, ValueError):
            raise ValueError(f"{name!r} is not a known text encoding; use a name like utf-8 or cp1252") from None
        return name

    @model_validator(mode="after")
    def _fits_its_path(self) -> Self:
        strangers = [name for name in _ONLY_FOR_OBJECTS if name in self.model_fields_set]
        if strangers and not self.is_in_object_store:
            raise ValueError(f"{', '.join(strangers)} can only be given with a path that begins with s3:// or gs://")
        return self
