"""Reading what was written since a time, by searches that HubSpot lets page through 10,000 objects each."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from wellkept.sources.hubspot.client import HubspotClient
from wellkept.sources.hubspot.pages import Listing, Objects, count, next_cursor, search
from wellkept.sources.hubspot.slicing import Slice, cut

_MOST_READS = 3
"""How often a slice is read, where the CRM changes meanwhile."""


def read_changes(
    client: HubspotClient, object_type: str, properties: Sequence[str], modified: str, since: datetime
) -> Iterator[Objects]:
    """Every object written since, archived ones aside; one that changes while we read may come again, newer."""

    def total(start: int, end: int | None) -> int:
        return count(client, object_type, _between(modified, start, end))

    start = _milliseconds(since)
    for piece in cut(start, lambda: _latest(client, object_type, modified, start), total):
        yield from _read_slice(client, object_type, properties, modified, piece)


def _read_slice(
    client: HubspotClient, object_type: str, properties: Sequence[str], modified: str, piece: Slice
) -> Iterator[Objects]:
    """All of a slice; it is read again where its total moves under us."""
    seen: list[tuple[int, int]] = []
    for _ in range(_MOST_READS):
        listing, total, is_steady = Listing(client, object_type), -1, True
        for page in _slice_pages(client, object_type, properties, modified, piece):
            left = page["total"] + (listing.rows if piece.is_by_id else 0)
            total = left if total < 0 else total
            is_steady = left == total
            if not is_steady:
                break
            listing.take(page)
            yield page["results"]
        if is_steady and listing.rows == total:
            return
        seen.append((listing.rows, total))
    said = ", ".join(f"{rows} of {total}" for rows, total in seen)
    raise client.place.failure(
        object_type, f"a slice of what changed does not add up (objects read of those counted: {said})"
    )


def _slice_pages(
    client: HubspotClient, object_type: str, properties: Sequence[str], modified: str, piece: Slice
) -> Iterator[dict[str, Any]]:
    """The slice's pages: by cursor, or by rising ids where a cursor does not reach far enough."""
    filters, after, above = _between(modified, piece.start, piece.end), "", "0"
    while True:
        higher = [{"propertyName": "hs_object_id", "operator": "GT", "value": above}] if piece.is_by_id else []
        page = search(client, object_type, [*filters, *higher], properties, after)
        if not piece.is_by_id:
            yield page
            if not (after := next_cursor(page) or ""):
                return
            continue
        yield {**page, "paging": None}
        if not page["results"]:
            return
        above = str(page["results"][-1]["id"])


def _latest(client: HubspotClient, object_type: str, modified: str, start: int) -> int:
    newest = (modified, "DESCENDING")
    page = search(client, object_type, _between(modified, start, None), [modified], limit=1, sort=newest)
    try:
        return _milliseconds(datetime.fromisoformat(page["results"][0]["properties"][modified]))
    except (LookupError, TypeError, ValueError):
        raise client.place.failure(
            object_type, f"no object says when it was last written ({modified})", "Correct `modified` in the mapping"
        ) from None


def _between(modified: str, start: int, end: int | None) -> list[dict[str, str]]:
    least = [{"propertyName": modified, "operator": "GTE", "value": str(start)}]
    return [*least, {"propertyName": modified, "operator": "LT", "value": str(end)}] if end is not None else least


def _milliseconds(time: datetime) -> int:
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)
