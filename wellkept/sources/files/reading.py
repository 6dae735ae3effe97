"""From files to landing files: what is new or changed since it was last loaded, entity by entity."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from wellkept.deployment.log import get_logger
from wellkept.landing.contract import ENTITIES, Entity
from wellkept.landing.record import LandingRecord
from wellkept.landing.request import FileState, Request
from wellkept.sources.files.listing import Found, files_by_entity, list_folder
from wellkept.sources.files.objects import open_objects
from wellkept.sources.files.settings import FilesSource
from wellkept.sources.files.staging import stage_file

log = get_logger(__name__)


def read_files(source: FilesSource, request: Request) -> dict[str, Any]:
    """Write the rows of every entity whose event lies before the day, and what could not be read.

    A file that is as it was when all its rows were loaded is not read again, one that is named for a later day not yet.
    Returns counts by entity, each with its `whole_files`: those that need not be read again while they stay as they are.
    A folder, required column or file that is missing or unreadable is a BadInputError.
    """
    states: dict[str, FileState] = {}
    with (
        _open(source) as folder,
        LandingRecord(request, source.timezone, source.decimal, redelivers=True) as record,
    ):
        for name, found in files_by_entity(source.path, folder.find()).items():
            entity = ENTITIES[name]
            read_as = _digest(source, entity)
            states |= {file.name: FileState(file.bytes, file.modified_at, read_as) for file in found}
            due = _find_due(request, name, found, states)
            if not due:
                record.note_unchanged(entity)
            for file in due:
                with TemporaryDirectory(prefix=".", dir=request.folder) as scratch:
                    copy = folder.fetch(file, Path(scratch))
                    stage_file(record.connection, source, f"{name}: {source.path}/{file.name}", copy, Path(scratch))
                record.keep_staged(entity, file.name)
        summary = record.finish()
    for counts in summary["entities"].values():
        whole = [file for file in counts["files"] if file not in counts["files_with_waiting_rows"]]
        counts["whole_files"] = {file: _as_json(states[file]) for file in whole}
    return summary


class _Folder(Protocol):
    def find(self) -> list[Found]:
        """The files in it."""

    def fetch(self, file: Found, scratch: Path) -> Path:
        """The file on this machine: itself, or a copy in `scratch`."""


class _LocalFolder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self) -> list[Found]:
        return list_folder(self._path)

    def fetch(self, file: Found, scratch: Path) -> Path:
        del scratch
        return self._path / file.name


@contextmanager
def _open(source: FilesSource) -> Iterator[_Folder]:
    if isinstance(source.path, Path):
        yield _LocalFolder(source.path)
    else:
        with open_objects(source) as objects:
            yield objects


def _digest(source: FilesSource, entity: Entity) -> str:
    """Changes with the folder, with what tells how its files are read, and with the columns that are looked for."""
    how = (source.path, source.timezone, source.encoding, source.delimiter, source.decimal, entity.columns)
    return hashlib.md5(repr(how).encode(), usedforsecurity=False).hexdigest()


def _find_due(request: Request, entity: str, found: Sequence[Found], states: Mapping[str, FileState]) -> list[Found]:
    """The files that are to be read for the day."""
    here = [file for file in found if file.day is None or file.day <= request.as_of_date]
    due = [file for file in here if request.known_files.get((entity, file.name)) != states[file.name]]
    log.info(
        "source %s, %s: %s files to read, %s unchanged since they were loaded, %s of later days",
        request.name,
        entity,
        len(due),
        len(here) - len(due),
        len(found) - len(here),
    )
    return due


def _as_json(state: FileState) -> dict[str, Any]:
    return {**asdict(state), "modified_at": state.modified_at.isoformat()}
