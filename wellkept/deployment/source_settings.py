"""What the settings of every source have in common."""

import re
import zoneinfo
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict


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


def _check_timezone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a part of a name, such as Europe
        raise ValueError(f"{name!r} is not a known timezone; use a name like Europe/London") from None
    return name


Timezone = Annotated[str, AfterValidator(_check_timezone)]
"""In which times without a zone are read; they are kept as UTC."""

_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def _parse_duration(given: Any) -> timedelta:
    if isinstance(given, timedelta):
        return given
    found = re.fullmatch(r"(\d{1,6})(s|min|h|d)", str(given))
    if not found:
        raise ValueError(f"{given!r} is not a duration; give one like 90s, 10min, 6h or 2d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


Duration = Annotated[timedelta, BeforeValidator(_parse_duration)]
"""A length of time in wellkept.toml, such as 90s, 10min, 6h or 2d."""
