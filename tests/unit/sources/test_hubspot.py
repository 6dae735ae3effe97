"""Reading a CRM: in full at first, then what changed, each thing where it belongs."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from crm import (
    ENTITIES,
    START,
    TODAY,
    Crm,
    change,
    extract,
    fill,
    landed,
    make_objects,
    moment,
    only,
    small_books,
)

from wellkept.sources.hubspot import HubspotSource, slicing
from wellkept.sources.hubspot.reading import read_as

pytestmark = pytest.mark.slow

YESTERDAY = {entity: TODAY - timedelta(days=1) for entity in ENTITIES}
THIS_NIGHT = datetime.fromisoformat("2026-02-28T09:30")


@pytest.fixture(scope="module")
def first(server: Crm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The landing files of a first read."""
    server.reset()
    folder = tmp_path_factory.mktemp("first")
    extract(folder, server.url)
    return folder


def _by(rows: list[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in rows}


def test_a_first_read_brings_every_object_once(crm: Crm, tmp_path: Path) -> None:
    summary = extract(tmp_path, crm.url)
    read = {entity: counts["rows_read"] for entity, counts in summary["entities"].items()}
    held = small_books().crm
    assert read == {
        "customers": held["contacts"].num_rows,
        "leads": held["deals"].num_rows,
        "tickets": held["tickets"].num_rows,
        "interactions": sum(held[name].num_rows for name in ("calls", "emails", "meetings")),
        "surveys": held["feedback_submissions"].num_rows,
        "subscriptions": held["subscriptions"].num_rows,
    }


def test_requests_are_counted(crm: Crm, tmp_path: Path) -> None:
    summary = extract(tmp_path, crm.url, objects=only("contacts", "subscriptions"))
    # contacts: two counts, three pages, one of archived, one batch of companies; subscriptions: two counts and a page
    assert summary["requests"] == 7 + 3


def test_a_contact_is_its_own_key_and_says_who_it_is_in_the_shop(first: Path) -> None:
    customers = _by(landed(first, "customers"), "customer_id")
    assert {*customers} == {f"hubspot-{number}" for number in range(1, 231)}
    assert customers["hubspot-1"]["also_known_as"] == "C1"
    assert customers["hubspot-10"]["also_known_as"] is None
    assert customers["hubspot-1"]["first_name"] == "Ada"
    assert customers["hubspot-1"]["consent_sms"] is False
    assert customers["hubspot-1"]["updated_at"] == START + timedelta(minutes=5)


def test_a_contact_keeps_its_key_when_its_customer_id_is_filled_in_later(crm: Crm, tmp_path: Path) -> None:
    contacts = change(small_books().crm["contacts"], {"10"}, THIS_NIGHT, customer_id="C10")
    fill(crm.folder, small_books(), contacts=contacts)
    extract(tmp_path, crm.url, YESTERDAY, objects=only("contacts"))
    rows = landed(tmp_path, "customers")
    assert [(row["customer_id"], row["also_known_as"]) for row in rows] == [("hubspot-10", "C10")]


def test_a_company_fills_country_and_city_that_its_contact_lacks(first: Path) -> None:
    customers = _by(landed(first, "customers"), "customer_id")
    assert (customers["hubspot-3"]["country"], customers["hubspot-3"]["city"]) == ("NL", "Utrecht")
    assert (customers["hubspot-1"]["country"], customers["hubspot-1"]["city"]) == ("DE", "Köln")


def test_an_archived_contact_is_a_deletion_without_name_and_mail(first: Path) -> None:
    gone = _by(landed(first, "customers"), "customer_id")["hubspot-7"]
    assert gone["deleted_at"] == gone["updated_at"] == START + timedelta(days=7)
    assert [gone[name] for name in ("email", "first_name", "last_name", "phone")] == [None] * 4
    assert gone["created_at"] is not None
    assert gone["also_known_as"] == "C7"


def test_deals_are_leads_with_their_outcome(first: Path) -> None:
    leads = _by(landed(first, "leads"), "lead_id")
    assert leads["hubspot-deal-3"]["won_at"] == START + timedelta(minutes=65)
    assert leads["hubspot-deal-3"]["lost_at"] is None
    assert leads["hubspot-deal-4"]["lost_at"] is not None
    assert leads["hubspot-deal-5"]["won_at"] is leads["hubspot-deal-5"]["lost_at"] is None


def test_a_deal_without_a_contact_is_kept_and_a_ticket_without_one_is_in_quarantine(crm: Crm, first: Path) -> None:
    assert _by(landed(first, "leads"), "lead_id")["hubspot-deal-5"]["customer_id"] is None
    assert "hubspot-ticket-5" not in _by(landed(first, "tickets"), "ticket_id")
    reasons = [row["reason"] for row in landed(first, "quarantine") if row["entity"] == "tickets"]
    assert reasons == ["customer_id is missing"]


def test_tickets_have_their_times_and_score(first: Path) -> None:
    ticket = _by(landed(first, "tickets"), "ticket_id")["hubspot-ticket-3"]
    assert ticket["customer_id"] == "hubspot-4"
    assert ticket["first_response_at"] == START + timedelta(minutes=20)
    assert ticket["resolved_at"] == START + timedelta(minutes=25)
    assert ticket["csat_score"] == 4


def test_calls_mails_and_meetings_are_interactions(first: Path) -> None:
    rows = _by(landed(first, "interactions"), "interaction_id")
    said = {key: (rows[key]["channel"], rows[key]["kind"], rows[key]["direction"]) for key in rows}
    assert said["hubspot-call-1"] == ("call", "call", "in")
    assert said["hubspot-call-2"] == ("call", "call", "out")
    assert said["hubspot-email-1"] == ("email", "sent", "out")
    assert said["hubspot-email-4"] == ("email", "reply", "in")
    assert said["hubspot-email-7"] == ("email", "bounce", "out")
    assert said["hubspot-meeting-1"] == ("event", "meeting", None)


def test_surveys_are_named_in_lower_case(first: Path) -> None:
    assert Counter(row["survey"] for row in landed(first, "surveys")).keys() == {"nps", "csat", "ces"}


def test_a_renewal_names_the_key_of_the_subscription_before_it(first: Path) -> None:
    subscriptions = _by(landed(first, "subscriptions"), "subscription_id")
    assert subscriptions["hubspot-subscription-2"]["renews_subscription_id"] == "hubspot-subscription-1"
    assert subscriptions["hubspot-subscription-1"]["renews_subscription_id"] is None


def test_an_increment_reads_what_changed_and_asks_in_proportion(crm: Crm, tmp_path: Path) -> None:
    held = small_books().crm
    fill(
        crm.folder,
        small_books(),
        contacts=change(held["contacts"], {"3", "20"}, THIS_NIGHT, city="Gent"),
        tickets=change(held["tickets"], {"9"}, THIS_NIGHT, csat_score="1"),
    )
    summary = extract(tmp_path, crm.url, YESTERDAY)
    read = {entity: counts["rows_read"] for entity, counts in summary["entities"].items()}
    assert read == {"customers": 2, "leads": 0, "tickets": 1, "interactions": 0, "surveys": 0, "subscriptions": 0}
    ticket = landed(tmp_path, "tickets")[0]
    assert (ticket["ticket_id"], ticket["customer_id"], ticket["csat_score"]) == ("hubspot-ticket-9", "hubspot-10", 1)
    customers = _by(landed(tmp_path, "customers"), "customer_id")
    assert (customers["hubspot-3"]["city"], customers["hubspot-3"]["country"]) == ("Gent", "NL")
    # contacts: a count, a page, one of archived, links to companies and a batch of them; tickets: a count, a page, links
    assert summary["requests"] == 5 + 3 + 6  # and a count of each of the other types


def test_an_increment_reads_the_overlap_again(crm: Crm, tmp_path: Path) -> None:
    late = datetime.fromisoformat("2026-02-27T19:00")  # before the last loaded day began, within six hours of it
    fill(crm.folder, small_books(), tickets=change(small_books().crm["tickets"], {"9"}, late))
    assert extract(tmp_path / "a", crm.url, YESTERDAY, objects=only("tickets"))["entities"]["tickets"]["rows_read"] == 1
    assert (
        extract(tmp_path / "b", crm.url, YESTERDAY, objects=only("tickets"), overlap="4h")["entities"]["tickets"][
            "rows_read"
        ]
        == 0
    )


def test_how_far_each_type_was_read_is_noted(crm: Crm, tmp_path: Path) -> None:
    fill(crm.folder, small_books(), tickets=change(small_books().crm["tickets"], {"9"}, THIS_NIGHT))
    entities = extract(tmp_path, crm.url, YESTERDAY, objects=only("tickets", "calls", "emails"))["entities"]
    assert entities["tickets"]["reads"]["crm/v3/objects/tickets"]["read_up_to"] == THIS_NIGHT.isoformat()
    assert {*entities["interactions"]["reads"]} == {"crm/v3/objects/calls", "crm/v3/objects/emails"}


def test_a_type_whose_mapping_changed_is_read_anew() -> None:
    before = HubspotSource(type="hubspot")
    after = HubspotSource(type="hubspot", objects={"tickets": {"properties": {"category": "my_category"}}})
    changed = [name for name in before.objects if _read_as(before, name) != _read_as(after, name)]
    assert changed == ["tickets"]


def _read_as(source: HubspotSource, object_type: str) -> str:
    return read_as(source, source.objects[object_type])


def test_an_increment_brings_only_the_newly_archived(crm: Crm, tmp_path: Path) -> None:
    contacts = change(small_books().crm["contacts"], {"50"}, THIS_NIGHT, archived=True, archived_at=THIS_NIGHT)
    fill(crm.folder, small_books(), contacts=contacts)
    extract(tmp_path, crm.url, YESTERDAY, objects=only("contacts"))
    gone = _by(landed(tmp_path, "customers"), "customer_id")
    assert [*gone] == ["hubspot-50"]
    assert gone["hubspot-50"]["deleted_at"] == THIS_NIGHT


def test_an_archived_duplicate_is_deleted_under_its_own_key_alone(crm: Crm, tmp_path: Path) -> None:
    contacts = small_books().crm["contacts"]
    contacts = change(contacts, {"50"}, THIS_NIGHT, archived=True, archived_at=THIS_NIGHT, customer_id="C51")
    fill(crm.folder, small_books(), contacts=contacts)
    extract(tmp_path, crm.url, objects=only("contacts"))
    rows = [row for row in landed(tmp_path, "customers") if row["also_known_as"] == "C51"]
    deleted = {row["customer_id"]: row["deleted_at"] for row in rows}
    assert deleted == {"hubspot-50": THIS_NIGHT, "hubspot-51": None}


def test_slices_are_read_whole_where_more_changed_than_a_search_can_page(
    crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicing.cut, "__defaults__", (30,))
    tickets = make_objects(200, {"createdate": moment}, every=timedelta(seconds=7), contact_id="1", updated_at=_bunched)
    fill(crm.folder, small_books(), tickets=tickets)
    last = {**YESTERDAY, "tickets": date(2026, 1, 1)}
    summary = extract(tmp_path, crm.url, last, objects=only("tickets"))
    assert summary["entities"]["tickets"]["rows_read"] == 200
    assert len({row["ticket_id"] for row in landed(tmp_path, "tickets")}) == 200


def _bunched(number: int) -> datetime:
    """One in two written in the same instant, the others over a while."""
    return START + timedelta(days=2, seconds=0 if number % 2 else 7 * number)


def test_ten_thousand_objects_of_one_instant_are_read_by_id(crm: Crm, tmp_path: Path) -> None:
    count = 10_201
    instant = datetime.fromisoformat("2026-02-28T12:00")
    deals = make_objects(count, {"createdate": moment}, updated_at=lambda number: instant, contact_id=None)
    fill(crm.folder, small_books(), deals=deals)
    mapping = {**only("deals"), "deals": {"properties": {"customer_id": ""}}}
    summary = extract(tmp_path, crm.url, YESTERDAY, objects=mapping)
    assert summary["entities"]["leads"]["rows_read"] == count


def test_an_object_needs_only_its_contacts_id(crm: Crm, tmp_path: Path) -> None:
    fill(crm.folder, small_books(), contacts=small_books().crm["contacts"].slice(0, 100))
    summary = extract(tmp_path, crm.url, objects=only("tickets"))
    tickets = _by(landed(tmp_path, "tickets"), "ticket_id")
    assert tickets["hubspot-ticket-6"]["customer_id"] == "hubspot-7"  # archived
    assert tickets["hubspot-ticket-120"]["customer_id"] == "hubspot-121"  # gone
    assert summary["requests"] == 2 + 2  # counts and pages


def test_a_custom_property_that_the_portal_lacks_is_not_delivered(crm: Crm, tmp_path: Path) -> None:
    deals = small_books().crm["deals"].drop_columns(["campaign_id"])
    fill(crm.folder, small_books(), deals=deals)
    summary = extract(tmp_path, crm.url, objects=only("deals"))
    assert "campaign_id" not in summary["entities"]["leads"]["columns"]
    assert "source" in summary["entities"]["leads"]["columns"]


def test_an_empty_portal_is_read_as_nothing(crm: Crm, tmp_path: Path) -> None:
    empty = {name: table.slice(0, 0) for name, table in small_books().crm.items()}
    fill(crm.folder, small_books(), **empty)
    summary = extract(tmp_path, crm.url)
    assert {counts["rows_read"] for counts in summary["entities"].values()} == {0}
    assert {*summary["entities"]} == {*ENTITIES}


def test_a_type_of_ones_own_is_mapped_by_its_name(crm: Crm, tmp_path: Path) -> None:
    visits = make_objects(3, {"seen_on": moment, "how": "web"}, contact_id="1")
    fill(crm.folder, small_books(), visits=visits)
    mapping = {
        "entity": "sessions",
        "properties": {
            "session_id": "$key",
            "customer_id": "$customer",
            "started_at": "seen_on",
            "source": {"property": "how", "values": {"web": "website"}},
        },
    }
    extract(tmp_path, crm.url, objects={**only(), "visits": mapping})
    row = landed(tmp_path, "sessions")[0]
    assert (row["session_id"], row["customer_id"], row["source"]) == ("hubspot-visit-1", "hubspot-1", "website")


def test_long_texts_and_other_scripts_come_through(crm: Crm, tmp_path: Path) -> None:
    surveys = small_books().crm["feedback_submissions"]
    comment = "Grüße, 你好 \U0001f600 'quoted' \"double\"\nsecond line"
    place = surveys.column_names.index("hs_content")
    surveys = surveys.set_column(place, "hs_content", pa.array([comment] * surveys.num_rows))
    fill(crm.folder, small_books(), feedback_submissions=surveys)
    extract(tmp_path, crm.url, objects=only("feedback_submissions"))
    assert {row["comment"] for row in landed(tmp_path, "surveys")} == {comment}
