"""What goes wrong between us and a CRM: all of a day or nothing, one clear error, and the next run complete."""

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from crm import ENTITIES, MAIL, TODAY, TOKEN, Crm, change, extract, fill, landed, only, serving, small_books

from wellkept.demo.crm_server import FAULTS, Fault, Limits, set_faults
from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.sources.hubspot import slicing

pytestmark = pytest.mark.slow

YESTERDAY = {entity: TODAY - timedelta(days=1) for entity in ENTITIES}
FEW = only("contacts", "tickets")
THIS_NIGHT = datetime.fromisoformat("2026-02-28T09:30")


@pytest.fixture(scope="module")
def whole(server: Crm, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an undisturbed read gives."""
    server.reset()
    folder = tmp_path_factory.mktemp("undisturbed")
    return _contents(folder, extract(folder, server.url, objects=FEW))


def _contents(folder: Path, summary: dict[str, Any]) -> dict[str, Any]:
    return {entity: landed(folder, entity) for entity in summary["entities"]}


def _fail(crm: Crm, folder: Path, *faults: Fault, **settings: Any) -> str:
    """The message of the error that these faults lead to; nothing is landed."""
    set_faults(crm.folder, faults)
    with pytest.raises(WellkeptError) as caught:
        extract(folder, crm.url, **{"objects": FEW, **settings})
    assert not list(folder.glob("*.parquet"))
    return str(caught.value)


def _assert_says_it_all(message: str, object_type: str) -> None:
    """Who, what, which day, and what now."""
    assert message.startswith(f"source crm: {object_type} for 2026-03-01: ")
    assert "nothing of the day was loaded. " in message
    assert message[-1].isalnum()


PASSING = [
    (Fault("drop", times=2), "the connection broke"),
    (Fault("storm", times=2, seconds=1), "429"),
    (Fault("errors", times=2), "HubSpot answered 500"),
    (Fault("slow", times=2, seconds=1.5), "no answer within 0.3 seconds"),
    (Fault("broken_page", times=2), "a page is not JSON"),
    (Fault("not_utf8", times=2), "bytes that are not UTF-8"),
]


@pytest.mark.parametrize(("fault", "said"), PASSING, ids=[fault.name for fault, _ in PASSING])
def test_trouble_that_passes_is_waited_out(
    crm: Crm, tmp_path: Path, whole: dict[str, Any], fault: Fault, said: str
) -> None:
    del said
    set_faults(crm.folder, [fault])
    timeout = 0.3 if fault.name == "slow" else 5
    summary = extract(tmp_path / "again", crm.url, timeout_seconds=timeout, objects=FEW)
    assert _contents(tmp_path / "again", summary) == whole


@pytest.mark.parametrize(("fault", "said"), PASSING, ids=[fault.name for fault, _ in PASSING])
def test_trouble_that_lasts_fails_the_day_and_the_next_run_is_whole(
    crm: Crm, tmp_path: Path, whole: dict[str, Any], fault: Fault, said: str
) -> None:
    timeout = 0.3 if fault.name == "slow" else 5
    lasting = Fault(fault.name, seconds=1.5, object_type="contacts")
    message = _fail(crm, tmp_path / "failed", lasting, timeout_seconds=timeout)
    _assert_says_it_all(message, "contacts")
    assert said in message
    assert "after 3 attempts" in message
    set_faults(crm.folder)
    assert _contents(tmp_path / "next", extract(tmp_path / "next", crm.url, objects=FEW)) == whole


LISTINGS = [
    (Fault("duplicate_page", times=1), "came twice"),
    (Fault("repeated_cursor", times=1), "cursor came before"),
    (Fault("short_page", times=1), "gave 227 objects, search counted 228 before and 228 after"),
]


@pytest.mark.parametrize(("fault", "said"), LISTINGS, ids=[fault.name for fault, _ in LISTINGS])
def test_a_list_that_does_not_add_up_fails_the_day_and_the_next_run_is_whole(
    crm: Crm, tmp_path: Path, whole: dict[str, Any], fault: Fault, said: str
) -> None:
    message = _fail(crm, tmp_path / "failed", fault)
    _assert_says_it_all(message, "contacts")
    assert said in message
    set_faults(crm.folder)
    assert _contents(tmp_path / "next", extract(tmp_path / "next", crm.url, objects=FEW)) == whole


@pytest.fixture
def changed(crm: Crm) -> Crm:
    """Every e-mail and every contact was written this night, so an increment has several pages."""
    held = small_books().crm
    both = {name: change(held[name], {*held[name]["id"].to_pylist()}, THIS_NIGHT) for name in ("contacts", "emails")}
    fill(crm.folder, small_books(), **both)
    return crm


@pytest.mark.parametrize("name", ["duplicate_page", "repeated_cursor"])
def test_a_search_that_does_not_add_up_fails_the_day(changed: Crm, tmp_path: Path, name: str) -> None:
    said = dict(LISTINGS_BY_NAME)[name]
    message = _fail(
        changed, tmp_path / "failed", Fault(name, object_type="emails"), last_loaded=YESTERDAY, objects=only("emails")
    )
    _assert_says_it_all(message, "emails")
    assert said in message


LISTINGS_BY_NAME = [(fault.name, said) for fault, said in LISTINGS]


def test_a_slice_that_lacks_a_row_is_read_again(changed: Crm, tmp_path: Path) -> None:
    set_faults(changed.folder, [Fault("short_page", times=1, object_type="emails")])
    summary = extract(tmp_path, changed.url, YESTERDAY, objects=only("emails"))
    assert summary["entities"]["interactions"]["rows_read"] == 210


def test_a_slice_that_lacks_a_row_each_time_fails_the_day(changed: Crm, tmp_path: Path) -> None:
    settings = {"last_loaded": YESTERDAY, "objects": only("emails")}
    message = _fail(changed, tmp_path / "failed", Fault("short_page", object_type="emails"), **settings)
    _assert_says_it_all(message, "emails")
    assert "does not add up (objects read of those counted: 208 of 210, 208 of 210, 208 of 210)" in message


def test_a_short_batch_fails_the_day(crm: Crm, tmp_path: Path) -> None:
    message = _fail(crm, tmp_path / "failed", Fault("short_page", object_type="companies"))
    _assert_says_it_all(message, "companies")
    assert "4 objects were asked for, 3 came" in message


def test_a_property_that_nobody_asked_for_changes_nothing(crm: Crm, tmp_path: Path, whole: dict[str, Any]) -> None:
    set_faults(crm.folder, [Fault("column_added")])
    assert _contents(tmp_path / "again", extract(tmp_path / "again", crm.url, objects=FEW)) == whole


def test_a_property_that_is_gone_is_not_delivered(crm: Crm, tmp_path: Path) -> None:
    set_faults(crm.folder, [Fault("column_removed")])
    columns = extract(tmp_path, crm.url, objects=FEW)["entities"]["customers"]["columns"]
    assert "country" not in columns
    assert {"city", "email", "customer_id"} <= {*columns}


def test_a_property_that_is_gone_and_required_fails_the_day(crm: Crm, tmp_path: Path) -> None:
    gone = Fault("column_removed", object_type="tickets", property_name="createdate")
    message = _fail(crm, tmp_path / "failed", gone)
    assert "tickets for 2026-03-01" in message
    assert "opened_at, which is required" in message


def test_a_property_whose_type_changed_costs_its_rows_and_says_why(crm: Crm, tmp_path: Path) -> None:
    set_faults(crm.folder, [Fault("column_retyped")])
    counts = extract(tmp_path, crm.url, objects=only("feedback_submissions"))["entities"]["surveys"]
    assert (counts["rows_kept"], counts["rows_quarantined"]) == (0, 110)
    reasons = duckdb.sql(f"select distinct reason from '{tmp_path}/quarantine.parquet' where entity = 'surveys'")
    assert ("score is not a whole number",) in reasons.fetchall()


def test_a_clock_that_is_an_hour_behind_loses_nothing(crm: Crm, tmp_path: Path) -> None:
    just_after_midnight = datetime.fromisoformat("2026-02-28T00:10")
    tickets = change(small_books().crm["tickets"], {"9"}, just_after_midnight)
    fill(crm.folder, small_books(), tickets=tickets)
    set_faults(crm.folder, [Fault("clock_off")])
    assert extract(tmp_path / "a", crm.url, YESTERDAY, objects=FEW)["entities"]["tickets"]["rows_read"] == 1
    # Without an overlap it would have been lost.
    assert (
        extract(tmp_path / "b", crm.url, YESTERDAY, overlap="0h", objects=FEW)["entities"]["tickets"]["rows_read"] == 0
    )


def test_a_token_that_is_wrong_is_said_at_once(crm: Crm, tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as caught:
        extract(tmp_path, crm.url, token="pat-wrong")
    assert "HubSpot does not know the token (401)" in str(caught.value)
    assert "crm.objects.contacts.read" in str(caught.value)
    assert "pat-wrong" not in str(caught.value)


def test_a_scope_that_is_missing_is_named_at_once(crm: Crm, tmp_path: Path) -> None:
    set_faults(crm.folder, [Fault("missing_scope", object_type="emails")])
    with pytest.raises(BadInputError) as caught:
        extract(tmp_path, crm.url)
    _assert_says_it_all(str(caught.value), "emails")
    assert "sales-email-read" in str(caught.value)


def test_a_type_that_the_portal_lacks_is_said_at_once(crm: Crm, tmp_path: Path) -> None:
    (crm.folder / "subscriptions.parquet").unlink()
    with pytest.raises(BadInputError, match="does not know this object type") as caught:
        extract(tmp_path, crm.url)
    assert "read = false" in str(caught.value)


def test_a_wait_that_is_too_long_is_not_waited_for(crm: Crm, tmp_path: Path) -> None:
    message = _fail(crm, tmp_path / "failed", Fault("storm", seconds=3600))
    assert "HubSpot says to wait 3600 seconds (429)" in message


def test_a_retry_waits_as_long_as_it_is_told_to(tmp_path: Path) -> None:
    waits: list[float] = []
    with (
        serving(tmp_path / "crm", Limits(requests=4, searches=100)) as crm,
        pytest.raises(WellkeptError, match="429, too many requests, after 2 attempts"),
    ):
        extract(tmp_path / "land", crm.url, sleep=waits.append, max_attempts=2)
    assert [wait for wait in waits if 8 <= wait <= 10]


@pytest.mark.parametrize("name", [*FAULTS, "none"])
def test_no_token_and_no_address_appears_in_any_log_or_error(
    crm: Crm, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    set_faults(crm.folder, [Fault(name, seconds=0.4)] if name != "none" else [])
    said = ""
    with caplog.at_level(logging.DEBUG):
        try:
            timeout = 0.2 if name == "slow" else 5
            summary = extract(
                tmp_path, crm.url, timeout_seconds=timeout, objects=only("contacts", "feedback_submissions")
            )
            said = json.dumps(summary)
        except WellkeptError as error:
            said = str(error)
    records = [record.getMessage() + (record.exc_text or "") for record in caplog.records]
    server_log = (crm.folder / "server.log").read_text()
    for text in [*records, said, server_log]:
        assert TOKEN not in text
        assert MAIL not in text
        assert "person" not in text.replace("hubspot", "")


@pytest.mark.parametrize("moment", [2, 4, 6, 8, 9, 10])
def test_what_is_written_while_we_read_costs_nothing(
    crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """A contact is written again between two searches, and so leaves its slice: it comes once, old or new."""
    monkeypatch.setattr(slicing.cut, "__defaults__", (150,))
    held = small_books().crm["contacts"]
    times = pa.array([THIS_NIGHT + timedelta(seconds=number) for number in range(held.num_rows)], pa.timestamp("us"))
    written = held.set_column(held.column_names.index("updated_at"), "updated_at", times)
    fill(crm.folder, small_books(), contacts=written)
    searches = 0

    def write_in_mid_read(seconds: float) -> None:
        nonlocal searches
        searches += 1
        if searches == moment:
            again = change(written, {"4"}, THIS_NIGHT + timedelta(hours=1), city="Gent")
            fill(crm.folder, small_books(), contacts=again)

    settings = {"searches_per_second": 1, "objects": only("contacts")}
    extract(tmp_path, crm.url, YESTERDAY, sleep=write_in_mid_read, **settings)
    rows = landed(tmp_path, "customers")
    assert searches >= moment
    assert len(rows) == len({row["customer_id"] for row in rows}) == 228
    assert {row["city"] for row in rows if row["customer_id"] == "hubspot-4"} <= {"Köln", "Gent"}
