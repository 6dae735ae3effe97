"""What every source has in common: its settings' base, and what it is asked for."""

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class Source(BaseModel):
    """The settings of one source in wellkept.toml; an unknown key is an error. Each kind has its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str

    def at(self, folder: Path) -> "Source":
        """The same source, with relative paths starting from `folder`."""
        del folder
        return self

    def find_trouble(self) -> str | None:
        """What would keep the source from being read, as far as a look without reading can tell."""
        return None


@dataclass(frozen=True)
class Request:
    """What a source is asked for: all it has for a day, as landing files in a folder."""

    name: str
    """The source's name in wellkept.toml."""
    as_of_date: date
    folder: Path
    last_loaded: Mapping[str, date]
    """The last day loaded from this source, by entity; an entity that is absent was never loaded."""

    def since(self, entity: str, overlap: timedelta) -> datetime | None:
        """From when (UTC) an incremental source reads what was changed; None: from the beginning.

        What was written after the last loaded day began is read again, and `overlap` before it: a source's clock may be
        off, and a transaction may be long.
        """
        last = self.last_loaded.get(entity)
        return datetime.combine(last, time()) - overlap if last else None


def _check_timezone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a part of a name, such as Europe
        raise ValueError(f"{name!r} is not a known timezone; use a name like Europe/London") from None
    return name


Timezone = Annotated[str, AfterValidator(_check_timezone)]
"""In which times without a zone are read; they are kept as UTC."""
