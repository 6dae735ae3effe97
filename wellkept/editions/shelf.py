"""The editions on disk: their names, their order, and what the link points to."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from filelock import FileLock

from wellkept.deployment.clock import parse_day
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.paths import Home

_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-([A-Za-z0-9][A-Za-z0-9_.+-]{0,120})\.duckdb")


@dataclass(frozen=True)
class Edition:
    """One edition file, told by its name alone."""

    path: Path
    as_of_date: date
    run_id: str

    @property
    def manifest_path(self) -> Path:
        return self.path.with_suffix(".json")


def name_edition(home: Home, as_of_date: date, run_id: str) -> Edition:
    """The edition of a day and run, whether it exists yet or not."""
    edition = _parse(home.editions / f"{as_of_date.isoformat()}-{run_id}.duckdb")
    if edition is None:
        raise BadInputError(f"run id {run_id!r} cannot be part of a file name: use letters, digits and _ . + -")
    return edition


def list_editions(home: Home) -> list[Edition]:
    """All editions, oldest day first; those of one day in the order they were published."""
    found = [edition for path in home.editions.glob("*.duckdb") if (edition := _parse(path))]
    return sorted(found, key=lambda edition: (edition.as_of_date, read_published_at(edition), edition.path.name))


def read_linked(home: Home) -> Edition | None:
    """The edition readers get; None where there is no link, or one that leads nowhere."""
    try:
        target = home.link.parent / home.link.readlink()
    except OSError:
        return None
    return _parse(target) if target.exists() else None


def read_pinned(home: Home) -> Edition | None:
    """The edition a person chose to keep readers on, if any."""
    try:
        name = json.loads(pin_file(home).read_text(encoding="utf-8"))["edition"]
    except (OSError, ValueError, KeyError):
        return None
    path = home.editions / str(name)
    return _parse(path) if path.exists() else None


def pin_file(home: Home) -> Path:
    return home.published / "pinned.json"


@contextmanager
def hold_shelf(home: Home) -> Iterator[None]:
    """Inside, nobody else moves the link or removes editions; not the writer lock, so a pin need not wait for a run."""
    home.editions.mkdir(parents=True, exist_ok=True)
    with FileLock(home.root / "published.lock"):
        yield


def sync_folder(folder: Path) -> None:
    """What was renamed in the folder survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, content: Any) -> None:
    """The whole file or none of it, on disk when this returns; who may read the folder may read it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(json.dumps(content, indent=2, default=_as_text) + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.chmod(path.parent.stat().st_mode & 0o666)
    temporary.replace(path)


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _parse(path: Path) -> Edition | None:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    try:
        return Edition(path, parse_day(match[1]), match[2])
    except BadInputError:
        return None


def read_published_at(edition: Edition) -> str:
    """When it was published, as text that sorts; empty where its manifest does not tell."""
    try:
        return str(json.loads(edition.manifest_path.read_text(encoding="utf-8"))["published_at"])
    except (OSError, ValueError, KeyError):
        return ""
