"""One page of a search, and the checks on a listing as its pages come."""

import math
from collections.abc import Sequence
from typing import Any

from wellkept.sources.hubspot.client import HubspotClient

Objects = list[dict[str, Any]]
SEARCH_LIMIT = 200
_MOST_EMPTY_PAGES = 10


class Listing:
    """What a listing has shown so far; a page that cannot be right is an error."""

    def __init__(self, client: HubspotClient, object_type: str, most_pages: float = math.inf) -> None:
        self._client, self._object_type, self._most_pages = client, object_type, most_pages
        self._cursors: set[str] = set()
        self._ids: set[str] = set()
        self._pages = self._empty_pages = 0

    @property
    def rows(self) -> int:
        return len(self._ids)

    def take(self, page: dict[str, Any]) -> str | None:
        """Note the page; its cursor to the next one, None where it is the last."""
        ids = [str(one.get("id", "")) for one in page["results"]]
        if not all(ids) or len({*ids}) < len(ids) or self._ids & {*ids}:
            raise self._wrong("an object came twice, or without an id")
        self._ids |= {*ids}
        self._pages += 1
        self._empty_pages += not ids
        after = next_cursor(page)
        if after is None:
            return None
        if after in self._cursors:
            raise self._wrong("a page's cursor came before, so the listing would never end")
        if self._pages >= self._most_pages or self._empty_pages > _MOST_EMPTY_PAGES:
            raise self._wrong("there are more pages than there can be objects for")
        self._cursors.add(after)
        return after

    def _wrong(self, what: str) -> Exception:
        return self._client.place.failure(self._object_type, what)


def count(client: HubspotClient, object_type: str, filters: Sequence[dict[str, Any]] = ()) -> int:
    """How many objects search finds."""
    return int(search(client, object_type, filters, limit=1)["total"])


def search(
    client: HubspotClient,
    object_type: str,
    filters: Sequence[dict[str, Any]],
    properties: Sequence[str] = (),
    after: str = "",
    limit: int = SEARCH_LIMIT,
    sort: tuple[str, str] = ("hs_object_id", "ASCENDING"),
) -> dict[str, Any]:
    """A page of a search, in the order of ids: they do not move when an object is written."""
    body: dict[str, Any] = {
        "filterGroups": [{"filters": [*filters]}] if filters else [],
        "sorts": [{"propertyName": sort[0], "direction": sort[1]}],
        "properties": [*properties],
        "limit": limit,
    }
    if after:
        body["after"] = after
    return client.post(object_type, objects_path(object_type, "search"), body)


def next_cursor(page: dict[str, Any]) -> str | None:
    """Where the next page begins."""
    after = ((page.get("paging") or {}).get("next") or {}).get("after")
    return str(after) if after else None


def objects_path(object_type: str, rest: str = "") -> str:
    """Where HubSpot has the objects of a type."""
    return f"/crm/v3/objects/{object_type}{f'/{rest}' if rest else ''}"
