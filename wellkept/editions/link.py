"""The link readers open: moved whole, forward by itself, back only by a person's pin."""

import os
from datetime import date
from pathlib import Path

from wellkept.deployment.errors import BadInputError
from wellkept.deployment.log import get_logger
from wellkept.deployment.paths import Home
from wellkept.editions.shelf import (
    Edition,
    hold_shelf,
    list_editions,
    pin_file,
    read_linked,
    read_pinned,
    sync_folder,
    write_json,
)

_LOG = get_logger(__name__)


def advance_link(home: Home, edition: Edition) -> bool:
    """Readers get `edition` from now on, unless they are pinned or have a later day; the caller holds the shelf.

    Where the link is missing, the newest other edition stands for what they had.
    """
    linked, pinned = read_linked(home), read_pinned(home)
    if pinned is not None and pinned.path != edition.path:
        _LOG.warning(
            "the edition of %s is kept, but readers stay on %s, which is pinned: `wellkept publish --unpin` frees them",
            edition.as_of_date,
            pinned.as_of_date,
        )
        return False
    if linked is not None and linked.as_of_date > edition.as_of_date:
        _LOG.warning(
            "the edition of %s is kept, but readers stay on the later %s: `wellkept publish --pin %s` shows it to them",
            edition.as_of_date,
            linked.as_of_date,
            edition.as_of_date,
        )
        return False
    if linked is None and (newest := _newest_but(home, edition)) and newest.as_of_date > edition.as_of_date:
        _LOG.warning(
            "the edition of %s is kept, but not linked: there is a later one of %s and no link; "
            "`wellkept publish --unpin` gives readers the newest",
            edition.as_of_date,
            newest.as_of_date,
        )
        return False
    move_link(home, edition)
    return True


def pin(home: Home, as_of_date: date) -> Path:
    """Readers get the newest edition of that day, and keep it until it is unpinned."""
    with hold_shelf(home):
        editions = list_editions(home)
        of_day = [edition for edition in editions if edition.as_of_date == as_of_date]
        if not of_day:
            days = ", ".join(sorted({edition.as_of_date.isoformat() for edition in editions})) or "none"
            raise BadInputError(f"there is no edition of {as_of_date} to pin; kept are: {days}")
        write_json(pin_file(home), {"edition": of_day[-1].path.name})
        move_link(home, of_day[-1])
    return of_day[-1].path


def unpin(home: Home) -> Path | None:
    """Readers get the newest day's edition again; None where there is no edition."""
    with hold_shelf(home):
        pin_file(home).unlink(missing_ok=True)
        editions = list_editions(home)
        if not editions:
            return None
        move_link(home, editions[-1])
    return editions[-1].path


def move_link(home: Home, edition: Edition) -> None:
    """Both links by one rename each: a reader finds the old edition or the new one, never none."""
    _replace_link(home.link, edition.path)
    _replace_link(home.published / "manifest.json", edition.manifest_path)
    sync_folder(home.published)


def _newest_but(home: Home, edition: Edition) -> Edition | None:
    others = [other for other in list_editions(home) if other.path != edition.path]
    return others[-1] if others else None


def _replace_link(link: Path, target: Path) -> None:
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    # Relative, so that the home can be moved, mounted or copied elsewhere.
    temporary.symlink_to(target.relative_to(link.parent))
    temporary.replace(link)
