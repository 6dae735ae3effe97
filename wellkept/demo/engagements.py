"""The CRM's calls, e-mails and meetings: with the silent, about tickets, and with leads."""

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import DAY_SECONDS, Columns, Integers, as_iso, named
from wellkept.demo.contacts import Directory
from wellkept.demo.crm_ids import crm_object
from wellkept.demo.draws import event_lanes, uniforms
from wellkept.demo.life import Life
from wellkept.demo.winback import CALL, EMAIL, EVENT, winback_codes, winback_names

DEALS_CALLED, DEALS_MET, TICKETS_CALLED, TICKETS_WRITTEN = 0.3, 0.06, 0.10, 0.45
BOUNCED, NO_SHOW = 0.02, 0.15
_NONE = -1


def list_engagements(
    life: Life, directory: Directory, contacts: Columns, tickets: Columns, deals: Columns
) -> dict[str, pa.Table]:
    """Calls, e-mails and meetings logged before the end; a meeting up to a day after it was held."""
    winback = _winback(life, directory, contacts)
    calls = [winback[CALL], _deals_called(life, directory, deals), _tickets_called(directory, tickets)]
    emails = [winback[EMAIL], *_letters(directory, tickets)]
    meetings = [winback[EVENT], _deals_met(life, directory, deals)]
    return {
        "calls": _list_calls(life, _in_order(life, "calls", calls, 20 * 60)),
        "emails": _list_emails(life, _in_order(life, "emails", emails, 60)),
        "meetings": _list_meetings(life, _in_order(life, "meetings", meetings, DAY_SECONDS)),
    }


def _entries(at: Integers, contact: Integers, is_incoming: bool = False, campaign: Integers | None = None) -> Columns:
    return {
        "at": at,
        "contact": contact,
        "is_incoming": np.full(len(at), is_incoming),
        "campaign": np.full(len(at), _NONE) if campaign is None else campaign,
    }


def _winback(life: Life, directory: Directory, contacts: Columns) -> dict[int, Columns]:
    codes, people = winback_codes(life, contacts), directory.of_people()
    found = {}
    for channel in (CALL, EMAIL, EVENT):
        rows = contacts["is_crm"] & (contacts["channel"] == channel)
        found[channel] = _entries(contacts["second"][rows], people[contacts["who"][rows]], campaign=codes[rows])
    return found


def _deals_called(life: Life, directory: Directory, deals: Columns) -> Columns:
    drawn = uniforms(event_lanes(deals["who"]), life.key("deal call"), 2)
    rows = drawn[:, 0] < DEALS_CALLED
    at = deals["created"] + ((1 + 3 * drawn[:, 1]) * DAY_SECONDS).astype(np.int64)
    return _entries(at[rows], directory.number[deals["who"][rows]])


def _deals_met(life: Life, directory: Directory, deals: Columns) -> Columns:
    drawn = uniforms(event_lanes(deals["who"]), life.key("deal meeting"), 2)
    rows = drawn[:, 0] < DEALS_MET
    at = deals["created"] + ((2 + 10 * drawn[:, 1]) * DAY_SECONDS).astype(np.int64)
    return _entries(at[rows], directory.number[deals["who"][rows]])


def _tickets_called(directory: Directory, tickets: Columns) -> Columns:
    rows = tickets["by_letter"] >= 1 - TICKETS_CALLED
    return _entries(tickets["second"][rows] - 60, directory.of_people()[tickets["who"][rows]], is_incoming=True)


def _letters(directory: Directory, tickets: Columns) -> tuple[Columns, Columns]:
    """Tickets that came by e-mail: the customer's and the answer."""
    rows = tickets["by_letter"] < TICKETS_WRITTEN
    contact = directory.of_people()[tickets["who"][rows]]
    return _entries(tickets["second"][rows] - 30, contact, is_incoming=True), _entries(
        tickets["answered"][rows], contact
    )


def _in_order(life: Life, kind: str, parts: list[Columns], logged_within: int) -> Columns:
    """All entries of a type in the order in which they were logged, those before the end."""
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    drawn = uniforms(event_lanes(rows["contact"], rows["at"]), life.key(kind), 2)
    rows |= {"logged": rows["at"] + 1 + (drawn[:, 0] * logged_within).astype(np.int64), "chance": drawn[:, 1]}
    order = np.lexsort((rows["at"], rows["contact"], rows["logged"]))
    rows = {name: values[order] for name, values in rows.items()} | {"number": np.arange(len(order))}
    return {name: values[rows["logged"] < life.end] for name, values in rows.items()}


def _list_calls(life: Life, rows: Columns) -> pa.Table:
    direction = named(rows["is_incoming"], ("OUTBOUND", "INBOUND"))
    return _list("calls", life, rows, hs_call_direction=direction)


def _list_emails(life: Life, rows: Columns) -> pa.Table:
    direction = named(rows["is_incoming"], ("EMAIL", "INCOMING_EMAIL"))
    bounced = (rows["chance"] < BOUNCED) & ~rows["is_incoming"]
    return _list(
        "emails", life, rows, hs_email_direction=direction, hs_email_status=named(bounced, ("SENT", "BOUNCED"))
    )


def _list_meetings(life: Life, rows: Columns) -> pa.Table:
    outcome = named(rows["chance"] < NO_SHOW, ("COMPLETED", "NO_SHOW"))
    return _list("meetings", life, rows, hs_meeting_outcome=outcome)


def _list(object_type: str, life: Life, rows: Columns, **properties: pa.Array) -> pa.Table:
    return crm_object(
        object_type,
        life,
        rows["number"],
        created=rows["logged"],
        updated=rows["logged"],
        contact=rows["contact"],
        hs_timestamp=as_iso(rows["at"], life.charter.first_day),
        **properties,
        campaign_id=named(rows["campaign"], winback_names(life), missing=rows["campaign"] == _NONE),
    )
