"""Which files there are, whose rows they hold, and of which day they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from wellkept.deployment.errors import BadInputError
from wellkept.deployment.log import get_logger
from wellkept.landing.contract import ENTITIES

log = get_logger(__name__)

SUFFIXES = (".csv", ".csv.gz", ".csv.zst", ".parquet")
# Ends of names under which somebody may have meant to deliver rows; README.md and _SUCCESS are none.
_DATA_SUFFIXES = (*SUFFIXES, ".bz2", ".gz", ".json", ".jsonl", ".orc", ".tsv", ".txt", ".xls", ".xlsx", ".zip", ".zst")
# 2026-11-20.csv, 2026-11-20/any.csv, 2026/11/20.csv, dt=2026-11-20/part-0.parquet
_DAY = re.compile(r"/(?:dt=)?(\d{4})([-/])(\d\d)\2(\d\d)(?=[/.])")


@dataclass(frozen=True)
class Found:
    """A file of the source."""

    name: str
    """Its path from the source's folder on, such as orders/2026-11-20.csv."""
    bytes: int
    modified_at: datetime
    """In UTC, without a zone."""

    @property
    def entity(self) -> str | None:
        """The entity whose rows it holds; None where it is not read."""
        top, _, rest = self.name.partition("/")
        suffix = next((suffix for suffix in SUFFIXES if self.name.endswith(suffix)), None)
        if suffix is None or _is_hidden(self.name):
            return None
        entity = top if rest else top.removesuffix(suffix)
        return entity if entity in ENTITIES else None

    @property
    def day(self) -> date | None:
        """The day that is its name, or a folder's; None where none is."""
        said = _DAY.search(self.name)
        try:
            return date(int(said[1]), int(said[3]), int(said[4])) if said else None
        except ValueError:  # 2026-02-30 is no day
            return None


def list_folder(folder: Path) -> list[Found]:
    """The files of a local folder; of the folders in it only those of an entity are looked into, others are named."""
    if not folder.is_dir():
        raise BadInputError(
            f"the source folder {folder} does not exist; give the folder that holds orders.csv or .parquet"
        )
    try:
        tops = sorted(folder.iterdir())
        files = [top for top in tops if top.is_file()]
        files += [file for top in tops if top.name in ENTITIES for file in top.rglob("*") if file.is_file()]
        found = [_look_at(folder, file) for file in files]
    except OSError as error:
        raise BadInputError(f"{folder} cannot be listed ({error.strerror}); let this user read it") from None
    name_strangers(folder, found, [f"{top.name}/" for top in tops if top.is_dir() and top.name not in ENTITIES])
    return found


def files_by_entity(place: Path | str, found: Sequence[Found]) -> dict[str, list[Found]]:
    """The files to read of each entity that has any, in order; without orders a BadInputError."""
    files = {name: [file for file in found if file.entity == name] for name in ENTITIES}
    if not files["orders"]:
        raise BadInputError(
            f"{place} has no orders (orders.csv, orders.parquet or orders/); orders are the one entity that must be there"
        )
    return {name: sorted(own, key=lambda file: ("/" in file.name, file.name)) for name, own in files.items() if own}


def name_strangers(place: Path | str, found: Sequence[Found], folders: Sequence[str] = ()) -> None:
    """Warn of what lies there and is not read: a file misspelt is a file not read."""
    files = [file.name for file in found if not file.entity and file.name.lower().endswith(_DATA_SUFFIXES)]
    strangers = [name for name in sorted({*files, *folders}) if not _is_hidden(name)]
    if strangers:
        some = ", ".join(strangers[:10]) + (f" and {len(strangers) - 10} more" if len(strangers) > 10 else "")
        log.warning("%s: not read, because no entity has that name or it is not %s: %s", place, _kinds(), some)


def _kinds() -> str:
    return f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def _look_at(folder: Path, file: Path) -> Found:
    seen = file.stat()
    modified_at = datetime.fromtimestamp(seen.st_mtime, UTC).replace(tzinfo=None)
    return Found(file.relative_to(folder).as_posix(), seen.st_size, modified_at)
