"""From a portal to landing files, object type by object type."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from wellkept.deployment.connections import read_connection
from wellkept.deployment.log import get_logger
from wellkept.landing.contract import ENTITIES
from wellkept.landing.record import LandingRecord
from wellkept.landing.request import Request
from wellkept.sources.hubspot import staging
from wellkept.sources.hubspot.access import find_access
from wellkept.sources.hubspot.batches import read_batch, read_links
from wellkept.sources.hubspot.client import HubspotClient, Place
from wellkept.sources.hubspot.listing import read_list
from wellkept.sources.hubspot.mapping import ObjectMapping
from wellkept.sources.hubspot.pages import Objects
from wellkept.sources.hubspot.searching import read_changes
from wellkept.sources.hubspot.settings import HubspotSource

log = get_logger(__name__)


def read_hubspot(
    source: HubspotSource, request: Request, sleep: Callable[[float], None] = time.sleep
) -> dict[str, Any]:
    """Write what the portal holds for the day: all of an entity that was never loaded, else what was written since.

    Either everything is read, and every count adds up, or a WellkeptError says what did not. The summary counts the
    requests.
    """
    connection = source.connection or request.name
    access = find_access(read_connection(connection), source.base_url, connection)
    place = Place(request.name, request.as_of_date)
    with (
        HubspotClient(access, source, place, sleep) as client,
        LandingRecord(request) as record,
    ):
        extract = _Extract(source, request, client, record)
        for object_type, mapping in source.read_objects.items():
            extract.take(object_type, mapping)
        return {**record.finish(), "requests": client.requests}


def read_as(source: HubspotSource, mapping: ObjectMapping) -> str:
    """A digest of all that decides what an object says: with another, its type is read anew from the beginning."""
    how = [source.connection, source.base_url, mapping.model_dump(mode="json", exclude={"read"})]
    return hashlib.sha256(json.dumps(how, sort_keys=True).encode()).hexdigest()[:16]


class _Extract:
    """One day's reading: what is asked, and where rows go."""

    def __init__(self, source: HubspotSource, request: Request, client: HubspotClient, record: LandingRecord) -> None:
        self._source, self._request, self._client, self._record = source, request, client, record
        self._connection = record.connection

    def take(self, object_type: str, mapping: ObjectMapping) -> None:
        """Read the type's objects and hand them over as rows of its entity."""
        asked_before, properties = self._client.requests, mapping.names()
        entity, origin, how = ENTITIES[mapping.entity], f"crm/v3/objects/{object_type}", read_as(self._source, mapping)
        since = self._request.since(entity.name, origin, how, self._source.overlap)
        try:
            staging.start(self._connection)
            pages = self._pages(object_type, mapping, properties, since)
            carried = staging.keep_objects(self._connection, "objects", properties, pages)
            staging.drop_archived_before(self._connection, since)
            self._fill_from_companies(object_type, mapping, is_linked=since is None)
            self._find_contacts(object_type, mapping, is_linked=since is None)
            missing = staging.stage(self._connection, object_type, mapping, carried)
        except UnicodeError:
            raise self._client.place.failure(object_type, "a text holds characters that are not Unicode") from None
        self._record.note_read(entity, origin, how, staging.newest(self._connection, mapping.modified))
        self._record.keep_staged(entity, origin)
        rows, requests = len(staging.all_ids(self._connection)), self._client.requests - asked_before
        written = f"written since {since:%Y-%m-%d %H:%M}" if since else "in all"
        log.info("source %s: %d %s %s, %d requests", self._request.name, rows, object_type, written, requests)
        if missing:
            what = ", ".join(missing)
            log.info("source %s: %s: no object has the property behind %s", self._request.name, object_type, what)

    def _pages(
        self, object_type: str, mapping: ObjectMapping, properties: list[str], since: datetime | None
    ) -> Iterator[Objects]:
        if since is None:
            links = ["contacts"] if mapping.mentions("$customer") else []
            links += ["companies"] if mapping.names(of="companies") else []
            yield from read_list(self._client, object_type, properties, links)
        else:
            yield from read_changes(self._client, object_type, properties, mapping.modified, since)
        if mapping.mentions("$archived_at"):  # search does not know the archived ones, so they are listed each time
            yield from read_list(self._client, object_type, properties, [], is_archived=True)

    def _fill_from_companies(self, object_type: str, mapping: ObjectMapping, is_linked: bool) -> None:
        properties = mapping.names(of="companies")
        if not properties:
            return
        lacking = staging.ids_to_fill(self._connection, object_type, mapping)
        if not is_linked:
            staging.keep_links(
                self._connection, "companies", read_links(self._client, object_type, "companies", lacking)
            )
        ids = staging.companies_of(self._connection, lacking)
        staging.keep_objects(
            self._connection, "companies", properties, read_batch(self._client, "companies", ids, properties)
        )

    def _find_contacts(self, object_type: str, mapping: ObjectMapping, is_linked: bool) -> None:
        """Which contacts the objects belong to; only a list has said so."""
        if mapping.mentions("$customer") and not is_linked:
            ids = staging.all_ids(self._connection)
            staging.keep_links(self._connection, "contacts", read_links(self._client, object_type, "contacts", ids))
