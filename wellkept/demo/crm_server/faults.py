"""How the server fails when it is told to: `faults.json` in its folder, which it watches while it runs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from wellkept.deployment.errors import BadInputError

FAULTS: dict[str, str] = {
    "drop": "the connection is cut in the middle of a page",
    "storm": "429 Too Many Requests, with Retry-After",
    "errors": "500 Internal Server Error",
    "slow": "the answer comes later than any client waits",
    "missing_scope": "403, the token lacks a scope",
    "duplicate_page": "a page comes twice, and the cursor moves on",
    "repeated_cursor": "a page names as the next one the page that was asked for",
    "short_page": "a page lacks a row that its total counts",
    "broken_page": "a page is not JSON to its end",
    "column_added": "objects carry a property that nobody asked for",
    "column_removed": "a property is gone from the portal",
    "column_retyped": "a property that held numbers or times holds words",
    "not_utf8": "an e-mail address holds bytes that are not UTF-8",
    "clock_off": "the CRM's own timestamps are an hour behind",
}
"""Every fault by its name, with what it does."""

_SPOILED_PROPERTY = {"column_removed": ("contacts", "country"), "column_retyped": ("feedback_submissions", "hs_value")}
_FILE = "faults.json"


@dataclass(frozen=True)
class Fault:
    """One way to fail, for the first `times` requests that it fits, or for ever."""

    name: str
    times: int | None = None
    object_type: str = ""
    """Only in requests about this type; empty: about any."""
    property_name: str = ""
    """For column_removed and column_retyped."""
    seconds: float = 60
    """For slow: how long an answer takes. For storm: what Retry-After says."""

    def __post_init__(self) -> None:
        if self.name not in FAULTS:
            raise BadInputError(f"{self.name!r} is no fault of the demo's CRM; it has {', '.join(FAULTS)}")


def set_faults(folder: Path, faults: Sequence[Fault] = ()) -> None:
    """Tell the server of this folder, running or not, how to fail; without faults it is well again."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{_FILE}.part"
    part.write_text(json.dumps([asdict(_completed(fault)) for fault in faults], indent=2))
    part.replace(folder / _FILE)


class Faults:
    """The faults told so far; each is used up by the requests that it fits."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._seen: tuple[int, int] | None = None
        self._left: list[tuple[Fault, int | None]] = []

    def take(self, name: str, object_type: str) -> Fault | None:
        """The fault, if this request is to have it."""
        self._notice_changes()
        for place, (fault, left) in enumerate(self._left):
            if fault.name == name and fault.object_type in {"", object_type} and left != 0:
                self._left[place] = (fault, None if left is None else left - 1)
                return fault
        return None

    def _notice_changes(self) -> None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._seen, self._left = None, []
            return
        if self._seen != (stat.st_mtime_ns, stat.st_ino):
            self._seen = (stat.st_mtime_ns, stat.st_ino)
            faults: list[dict[str, Any]] = json.loads(self._path.read_text())
            self._left = [(fault, fault.times) for fault in (Fault(**one) for one in faults)]


def _completed(fault: Fault) -> Fault:
    """A column fault that names no property spoils one that the default mapping reads."""
    if fault.name not in _SPOILED_PROPERTY or fault.property_name:
        return fault
    object_type, name = _SPOILED_PROPERTY[fault.name]
    return Fault(**asdict(fault) | {"object_type": fault.object_type or object_type, "property_name": name})
