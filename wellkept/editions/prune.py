"""Old editions are removed; what readers are linked to never is."""

from datetime import date
from pathlib import Path

from wellkept.deployment.log import get_logger
from wellkept.editions.shelf import (
    Edition,
    hold_shelf,
    list_editions,
    read_linked,
    read_pinned,
    read_published_at,
)
from wellkept.runs.run import Run

_LOG = get_logger(__name__)
# A reader that has just followed the link must still find the file, so the one before it stays.
_LEAST_KEPT = 2


def prune(run: Run) -> int:
    """Keeps the newest `kept_editions` days, one edition each, within `max_edition_bytes`; returns how many were removed.

    The linked and the pinned edition and the run's own stay whatever the limits say, and where there is room the one
    that was published before the linked. Readers keep what they have open.
    """
    with hold_shelf(run.home):
        editions = list_editions(run.home)
        doomed = _choose(editions, run)
        for edition in doomed:
            edition.path.unlink(missing_ok=True)
            edition.manifest_path.unlink(missing_ok=True)
    if doomed:
        _LOG.info("removed %d old editions: %s", len(doomed), ", ".join(edition.path.name for edition in doomed))
    return len(doomed)


def _choose(editions: list[Edition], run: Run) -> list[Edition]:
    kept_count = max(_LEAST_KEPT, run.parameters.integer("kept_editions"))
    room = run.parameters.integer("max_edition_bytes")
    linked = read_linked(run.home)
    safe = [edition.path for edition in (linked, read_pinned(run.home)) if edition]
    of_days = _one_a_day(editions, safe)
    kept = {edition.path for edition in of_days[:kept_count]} | _before(editions, linked)
    doomed = []
    reruns = [edition for edition in reversed(editions) if edition not in of_days]
    for place, edition in enumerate([*of_days, *reruns]):
        room -= edition.path.stat().st_size
        is_safe = edition.path in safe or edition.run_id == run.run_id
        if not is_safe and (edition.path not in kept or (room < 0 and place > 0)):
            doomed.append(edition)
            room += edition.path.stat().st_size
    return doomed


def _one_a_day(editions: list[Edition], safe: list[Path]) -> list[Edition]:
    """Newest day first: of each day the edition that must stay, else the one published last."""
    of_days: dict[date, Edition] = {}
    for edition in sorted(editions, key=lambda edition: edition.path in safe):
        of_days[edition.as_of_date] = edition
    return [of_days[day] for day in sorted(of_days, reverse=True)]


def _before(editions: list[Edition], linked: Edition | None) -> set[Path]:
    """What was published last but for the linked edition: a reader may just have followed the link to it."""
    others = [edition for edition in editions if edition != linked]
    return {max(others, key=read_published_at).path} if others else set()
