"""Old editions are removed; what readers are linked to never is."""

from wellkept.editions.shelf import Edition, hold_shelf, list_editions, read_linked, read_pinned
from wellkept.log import get_logger
from wellkept.run import Run

_LOG = get_logger(__name__)
# A reader that has just followed the link must still find the file, so the one before it stays.
_LEAST_KEPT = 2


def prune(run: Run) -> int:
    """Keeps the newest `kept_editions` within `max_edition_bytes`; returns how many were removed.

    The linked and the pinned edition and the run's own stay whatever the limits say. Readers keep what they
    have open.
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
    safe = [edition.path for edition in (read_linked(run.home), read_pinned(run.home)) if edition]
    doomed = []
    newest_first = editions[::-1]
    for place, edition in enumerate(newest_first):
        room -= edition.path.stat().st_size
        is_safe = edition.path in safe or edition.run_id == run.run_id
        if not is_safe and (place >= kept_count or (room < 0 and place > 0)):
            doomed.append(edition)
            room += edition.path.stat().st_size
    return doomed
