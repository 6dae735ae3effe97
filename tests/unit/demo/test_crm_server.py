"""The demo's CRM answers as HubSpot does: pages, searches, batches, limits and errors."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pyarrow as pa
import pytest
from crm import TOKEN, Crm, SmallBooks, change, fill, make_objects, serving, small_books

from wellkept.demo.crm_server import FAULTS, Fault, Limits, set_faults, write_crm
from wellkept.demo.crm_server.limits import Window
from wellkept.deployment.errors import BadInputError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def connected(server: Crm) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=f"{server.url}/crm/v3", headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def client(crm: Crm, connected: httpx.Client) -> httpx.Client:
    del crm  # it is as new
    return connected


def _search(client: httpx.Client, object_type: str = "contacts", **body: Any) -> httpx.Response:
    return client.post(f"/objects/{object_type}/search", json=body)


def _filter(name: str, operator: str, value: str, **more: str) -> dict[str, Any]:
    return {"filterGroups": [{"filters": [{"propertyName": name, "operator": operator, "value": value, **more}]}]}


def _ids(answer: httpx.Response) -> list[str]:
    return [one["id"] for one in answer.json()["results"]]


def test_a_listing_pages_through_every_object_but_the_archived(client: httpx.Client) -> None:
    seen: list[str] = []
    after = "0"
    while after:
        page = client.get("/objects/contacts", params={"limit": "100", "after": after}).json()
        seen += [one["id"] for one in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after", "")
    assert seen == [str(number) for number in range(1, 231) if number not in {7, 107}]


def test_archived_objects_come_only_when_asked_for(client: httpx.Client) -> None:
    archived = client.get("/objects/contacts", params={"archived": "true"}).json()["results"]
    assert [one["id"] for one in archived] == ["7", "107"]
    assert archived[0]["archivedAt"] == "2026-01-08T00:00:00.000Z"
    assert _search(client, **_filter("hs_object_id", "EQ", "7")).json()["total"] == 0


def test_an_object_shows_the_properties_asked_for(client: httpx.Client) -> None:
    page = client.get("/objects/contacts", params={"limit": "1", "properties": "email,consent_push,no_such"}).json()
    one = page["results"][0]
    assert one["id"] == "1"
    assert one["createdAt"] == one["updatedAt"] == "2026-01-01T00:05:00.000Z"
    assert one["properties"]["consent_push"] is None
    assert "no_such" not in one["properties"]
    assert "phone" not in one["properties"]
    assert one["properties"]["hs_object_id"] == "1"
    assert one["properties"]["lastmodifieddate"] == "2026-01-01T00:05:00.000Z"


def test_a_listing_shows_associations_asked_for(client: httpx.Client) -> None:
    page = client.get("/objects/tickets", params={"limit": "5", "associations": "contacts,deals"}).json()
    assert page["results"][0]["associations"] == {"contacts": {"results": [{"id": "2", "type": "tickets_to_contacts"}]}}
    assert "associations" not in page["results"][4]


@pytest.mark.parametrize(
    ("operator", "more", "found"),
    [
        ("EQ", {}, ["3"]),
        ("LT", {}, ["1", "2"]),
        ("GTE", {}, ["3", "4"]),
        ("GT", {}, ["4"]),
        ("LTE", {}, ["1", "2", "3"]),
        ("BETWEEN", {"highValue": "4"}, ["3", "4"]),
        ("NEQ", {}, ["1", "2", "4"]),
    ],
)
def test_a_search_filters_by_id(client: httpx.Client, operator: str, more: dict[str, str], found: list[str]) -> None:
    answer = _search(client, "subscriptions", **_filter("hs_object_id", operator, "3", **more))
    assert _ids(answer) == found
    assert answer.json()["total"] == len(found)


def test_a_search_compares_times_in_milliseconds_or_as_text(client: httpx.Client) -> None:
    moment = datetime.fromisoformat("2026-01-01T00:10:00+00:00")
    in_milliseconds = _filter("lastmodifieddate", "LT", str(int(moment.timestamp() * 1000)))
    assert _ids(_search(client, **in_milliseconds)) == ["1"]
    assert _ids(_search(client, **_filter("lastmodifieddate", "LT", moment.isoformat()))) == ["1"]
    assert _ids(_search(client, "deals", **_filter("closedate", "LTE", "2026-01-01T00:55:00Z"))) == ["1"]


def test_a_search_filters_by_any_property_and_by_several_groups(client: httpx.Client) -> None:
    by_city = {"propertyName": "customer_id", "operator": "EQ", "value": "C4"}
    by_number = {"propertyName": "customer_id", "operator": "IN", "values": ["c5", "c6"]}
    answer = _search(client, filterGroups=[{"filters": [by_city]}, {"filters": [by_number]}])
    assert _ids(answer) == ["4", "5", "6"]


def test_a_search_sorts_by_one_property_and_pages(client: httpx.Client) -> None:
    newest = [{"propertyName": "lastmodifieddate", "direction": "DESCENDING"}]
    first = _search(client, sorts=newest, limit=2).json()
    assert [one["id"] for one in first["results"]] == ["230", "229"]
    assert first["total"] == 228
    second = _search(client, sorts=newest, limit=2, after=first["paging"]["next"]["after"])
    assert _ids(second) == ["228", "227"]
    assert _search(client, sorts=["email", "city"]).status_code == 400


def test_a_search_does_not_page_past_ten_thousand(client: httpx.Client) -> None:
    assert _search(client, limit=200, after="9800").status_code == 200
    refused = _search(client, limit=200, after="9801")
    assert refused.status_code == 400
    assert refused.json()["category"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 0},
        {"after": "x"},
        {"filterGroups": [{"filters": []}] * 6},
        _filter("no_such", "EQ", "1"),
        _filter("email", "NEAR", "1"),
        _filter("createdate", "GTE", "yesterday"),
    ],
)
def test_a_search_that_cannot_be_understood_is_refused(client: httpx.Client, body: dict[str, Any]) -> None:
    refused = _search(client, **body)
    assert refused.status_code == 400
    assert {"status", "message", "correlationId", "category"} <= {*refused.json()}


def test_a_batch_reads_what_there_is_and_names_the_rest(client: httpx.Client) -> None:
    body = {"inputs": [{"id": "3"}, {"id": "7"}, {"id": "999"}], "properties": ["email"]}
    answer = client.post("/objects/contacts/batch/read", json=body)
    assert answer.status_code == 207
    assert _ids(answer) == ["3"]
    assert answer.json()["errors"][0]["context"]["ids"] == ["7", "999"]
    archived = client.post("/objects/contacts/batch/read", params={"archived": "true"}, json=body)
    assert _ids(archived) == ["7"]


def test_a_batch_of_more_than_a_hundred_is_refused(client: httpx.Client) -> None:
    for path in ("/objects/contacts/batch/read", "/associations/tickets/contacts/batch/read"):
        assert client.post(path, json={"inputs": [{"id": str(one)} for one in range(101)]}).status_code == 400


def test_associations_come_in_batches(client: httpx.Client) -> None:
    body = {"inputs": [{"id": "1"}, {"id": "5"}]}
    answer = client.post("/associations/tickets/contacts/batch/read", json=body)
    assert answer.status_code == 207
    linked = {"from": {"id": "1"}, "to": [{"id": "2", "type": "tickets_to_contacts"}]}
    assert answer.json()["results"] == [linked]
    assert answer.json()["numErrors"] == 1


def test_without_the_token_there_is_nothing(crm: Crm) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        refused = httpx.get(f"{crm.url}/crm/v3/objects/contacts", headers=headers, trust_env=False)
        assert refused.status_code == 401
        assert refused.json()["category"] == "INVALID_AUTHENTICATION"


@pytest.mark.parametrize("name", ["ghosts", "..%2F..%2Fcontacts", "Contacts"])
def test_an_unknown_type_is_not_found(client: httpx.Client, name: str) -> None:
    assert client.get(f"/objects/{name}").status_code == 404


def test_the_server_notices_new_books(crm: Crm, client: httpx.Client) -> None:
    assert _search(client).json()["total"] == 228
    fill(crm.folder, small_books(), contacts=make_objects(3, {"email": "x@example.com"}))
    assert _search(client).json()["total"] == 3


def test_requests_are_limited_and_told_when_to_come_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with (
        serving(tmp_path_factory.mktemp("limited"), Limits(requests=3, searches=1)) as crm,
        httpx.Client(base_url=f"{crm.url}/crm/v3", headers=headers, trust_env=False) as client,
    ):
        assert _search(client).status_code == 200
        too_many = _search(client)
        assert (too_many.status_code, too_many.headers["Retry-After"]) == (429, "1")
        assert too_many.json()["policyName"] == "SECONDLY"
        assert client.get("/objects/contacts").status_code == 200
        refused = client.get("/objects/contacts")
        assert refused.status_code == 429
        assert refused.json() | {"correlationId": ""} == {
            "status": "error",
            "message": "You have reached your ten_secondly_rolling limit.",
            "correlationId": "",
            "category": "RATE_LIMITS",
            "errorType": "RATE_LIMIT",
            "policyName": "TEN_SECONDLY_ROLLING",
        }


def test_a_window_lets_in_again_when_its_time_has_passed() -> None:
    now = 0.0
    window = Window(2, 10, clock=lambda: now)
    assert window.refuse("P") is None
    now = 4
    assert window.refuse("P") is None
    now = 4.5
    refused = window.refuse("P")
    assert refused is not None
    assert refused.headers["Retry-After"] == "6"
    now = 10
    assert window.refuse("P") is None


def test_writing_counts_what_is_new_and_what_changed(tmp_path: Any) -> None:
    books = small_books()
    assert write_crm(tmp_path, books)["tickets"] == (130, 0)
    assert write_crm(tmp_path, books)["tickets"] == (0, 0)
    tickets = change(books.crm["tickets"], {"4", "5"}, datetime.fromisoformat("2026-02-01"), csat_score="2")
    one_more = tickets.slice(0, 1).set_column(0, "id", pa.array(["131"]))
    assert write_crm(tmp_path, SmallBooks({"tickets": pa.concat_tables([tickets, one_more])})) == {"tickets": (1, 2)}


def test_a_fault_is_used_up_and_can_be_told_while_the_server_runs(crm: Crm, client: httpx.Client) -> None:
    set_faults(crm.folder, [Fault("errors", times=2, object_type="deals")])
    assert client.get("/objects/tickets").status_code == 200
    assert [client.get("/objects/deals").status_code for _ in range(3)] == [500, 500, 200]
    set_faults(crm.folder, [Fault("storm", seconds=7)])
    storm = client.get("/objects/tickets")
    assert (storm.status_code, storm.headers["Retry-After"]) == (429, "7")
    set_faults(crm.folder)
    assert client.get("/objects/tickets").status_code == 200


def test_a_dropped_connection_cuts_a_page_in_its_middle(crm: Crm, client: httpx.Client) -> None:
    set_faults(crm.folder, [Fault("drop", times=1)])
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/objects/tickets")
    assert client.get("/objects/tickets").status_code == 200


def test_a_clock_that_is_off_shows_in_the_crms_own_times_only(crm: Crm, client: httpx.Client) -> None:
    set_faults(crm.folder, [Fault("clock_off")])
    one = client.get("/objects/tickets", params={"limit": "1", "properties": "closed_date"}).json()["results"][0]
    assert one["updatedAt"] == one["properties"]["hs_lastmodifieddate"] == "2025-12-31T23:05:00.000Z"
    assert one["properties"]["closed_date"] == "2026-01-01T00:15:00Z"


def test_a_fault_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadInputError) as caught:
        Fault("meteor")
    assert all(name in str(caught.value) for name in FAULTS)
