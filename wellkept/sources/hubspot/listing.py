"""Reading every object of a type, page by page."""

import math
from collections.abc import Iterator, Sequence

from wellkept.sources.hubspot.client import HubspotClient
from wellkept.sources.hubspot.pages import Listing, Objects, count, objects_path

_LIMIT = 100
_MOST_COUNTS, _PAUSE_SECONDS = 3, 5
"""How often search is asked for its total after a list, and how long it is given in between."""


def read_list(
    client: HubspotClient, object_type: str, properties: Sequence[str], links: Sequence[str], is_archived: bool = False
) -> Iterator[Objects]:
    """Every object of a type, the archived ones or the others; how many there are must be what search says."""
    before = None if is_archived else count(client, object_type)
    # A search's total may lag behind the list: a tenth more than it says, and ten pages, is still a listing that ends.
    listing = Listing(client, object_type, math.inf if before is None else before / _LIMIT * 1.1 + 10)
    params = {"limit": str(_LIMIT), "properties": ",".join(properties), "archived": str(is_archived).lower()}
    if links:
        params["associations"] = ",".join(links)
    after: str | None = ""
    while after is not None:
        page = client.get(object_type, objects_path(object_type), params | ({"after": after} if after else {}))
        after = listing.take(page)
        yield page["results"]
    if before is not None:
        _check_count(client, object_type, listing.rows, before)


def _check_count(client: HubspotClient, object_type: str, rows: int, before: int) -> None:
    """The rows of a list lie within what search counts before and after it; search may need a moment to catch up."""
    for attempt in range(_MOST_COUNTS):
        after = count(client, object_type)
        if min(before, after) <= rows <= max(before, after):
            return
        if attempt < _MOST_COUNTS - 1:
            client.pause(_PAUSE_SECONDS)
    what = f"the list gave {rows} objects, search counted {before} before and {after} after it"
    raise client.place.failure(object_type, what)
