"""The one place that knows what day it is."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from wellkept.deployment.errors import BadInputError


def parse_day(text: str) -> date:
    """A day from `YYYY-MM-DD`; anything else is a BadInputError that shows the form."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"{text!r} is not a day; give one as YYYY-MM-DD, for example 2026-11-20") from None


def find_as_of_date(conf: Mapping[str, Any] | None, partition_key: str | None) -> date:
    """The run's as_of_date: `as_of_date` in its conf, else its partition key, else an error. Never the wall clock."""
    text = (conf or {}).get("as_of_date") or partition_key
    if not text:
        raise BadInputError(
            "this run has no day: trigger it with a partition key (YYYY-MM-DD), "
            'or with the conf {"as_of_date": "YYYY-MM-DD"}'
        )
    return parse_day(str(text))


def utc_now() -> datetime:
    """The wall clock, for audit columns, run ids and the age of an edition only."""
    return datetime.now(UTC)
