"""Reading objects, and what they are associated with, by their ids."""

from collections.abc import Iterator, Sequence
from typing import Any

from wellkept.sources.hubspot.client import HubspotClient
from wellkept.sources.hubspot.pages import Objects, objects_path

_LIMIT = 100


def read_batch(
    client: HubspotClient, object_type: str, ids: Sequence[str], properties: Sequence[str]
) -> Iterator[Objects]:
    """The objects of these ids; those that do not exist are left out, as the CRM must say."""
    for some in _in_batches(ids):
        body = {"inputs": [{"id": one} for one in some], "properties": [*properties]}
        page = client.post(object_type, objects_path(object_type, "batch/read"), body)
        given = {str(one.get("id", "")) for one in page["results"]}
        missing = {str(one) for error in page.get("errors", []) for one in error.get("context", {}).get("ids", [])}
        if len(given) != len(page["results"]) or given | missing != {*some}:
            raise client.place.failure(object_type, f"{len(some)} objects were asked for, {len(given)} came")
        yield page["results"]


def read_links(client: HubspotClient, object_type: str, to: str, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each of these objects that has an associated one, with its id."""
    for some in _in_batches(ids):
        body = {"inputs": [{"id": one} for one in some]}
        page = client.post(object_type, f"/crm/v3/associations/{object_type}/{to}/batch/read", body)
        found = {str(one.get("from", {}).get("id", "")): one.get("to", []) for one in page["results"]}
        if not {*found} <= {*some} or len(found) + int(page.get("numErrors", 0)) != len(some):
            raise client.place.failure(
                object_type, f"associations of {len(some)} objects were asked for, {len(found)} came"
            )
        yield from ((one, linked) for one, to_them in found.items() if (linked := lowest_id(to_them)))


def lowest_id(linked: Sequence[dict[str, Any]]) -> str | None:
    """The one of several associated objects that we take: the eldest, so that a new one changes nothing."""
    ids = [str(one.get("id") or one.get("toObjectId") or "") for one in linked]
    return min((one for one in ids if one), key=lambda one: (len(one), one), default=None)


def _in_batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _LIMIT] for start in range(0, len(ids), _LIMIT))
