"""What a source is asked for, and what raw knows of how far it was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class FileState:
    """What a file was when it was read. While it is the same, so are its rows."""

    bytes: int
    modified_at: datetime
    """In UTC, without a zone."""
    read_as: str
    """A digest of where it lay and how it was read: with other settings the same file has other rows."""


@dataclass(frozen=True)
class LastRead:
    """How far a table or an object type was read the last time."""

    as_of_date: date
    read_as: str
    """A digest of how: read in another way, the same rows say something else."""
    read_up_to: datetime | None
    """The newest time of writing that was seen (UTC); None where no row was."""


@dataclass(frozen=True)
class Request:
    """What a source is asked for: all it has for a day, as landing files in a folder."""

    name: str
    """The source's name in wellkept.toml."""
    as_of_date: date
    folder: Path
    last_reads: Mapping[tuple[str, str], LastRead] = field(default_factory=dict)
    """How far this source was read before the day, by entity and origin (a table, an object type)."""
    known_files: Mapping[tuple[str, str], FileState] = field(default_factory=dict)
    """Files whose rows are all in raw, as they were when they were loaded, by entity and file."""
    engine: Mapping[str, Any] = field(default_factory=dict)
    """What the DuckDB that reads is opened with: threads, memory limit, where it may spill."""

    def since(self, entity: str, origin: str, read_as: str, overlap: timedelta) -> datetime | None:
        """From when (UTC) an incremental source reads what was written; None: from the beginning.

        That is when the last day that was read began, or the newest writing seen then, if that is earlier, and `overlap`
        before it: a run may be ahead of its source, a source's clock may be off, and a transaction may be long. What was
        never read, or read in another way, is read from the beginning.
        """
        last = self.last_reads.get((entity, origin))
        if last is None or last.read_as != read_as or last.read_up_to is None:
            return None
        return min(datetime.combine(last.as_of_date, time()), last.read_up_to) - overlap
