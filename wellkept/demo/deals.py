"""The CRM's deals, one a lead: won with the first order, lost after some weeks, or still open."""

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import (
    DAY_SECONDS,
    NEVER,
    Columns,
    Integers,
    as_digits,
    as_flags_text,
    as_iso,
    blank,
    latest,
    named,
    pick,
)
from wellkept.demo.contacts import SOURCES, Directory
from wellkept.demo.crm_ids import crm_object, object_ids
from wellkept.demo.customers import Accounts, acquisition_campaigns
from wellkept.demo.draws import event_lanes, uniforms
from wellkept.demo.life import Life

GIVEN_UP_AFTER, GIVEN_UP_WITHIN = 45, 30  # days
STAYS_OPEN = 0.3
"""The share of strangers' deals that nobody ever closes."""
STAGES = ("appointmentscheduled", "closedwon", "closedlost")
OPEN, WON, LOST = range(len(STAGES))


def make_deals(life: Life, accounts: Accounts, directory: Directory, first_order: Integers) -> Columns:
    """Every lead's deal in the order they are made: when, and when it is closed and how (NEVER if not)."""
    who = np.flatnonzero(directory.is_lead)
    drawn = uniforms(event_lanes(who), life.key("deal"), 4)
    created = directory.created[who]
    is_stranger = who >= directory.people
    ordered = np.where(is_stranger, NEVER, first_order[np.minimum(who, directory.people - 1)])
    won = np.where(ordered < NEVER, ordered + (drawn[:, 0] * 8 * 3_600).astype(np.int64), NEVER)
    lost = created + ((GIVEN_UP_AFTER + GIVEN_UP_WITHIN * drawn[:, 1]) * DAY_SECONDS).astype(np.int64)
    lost = np.where(is_stranger & (drawn[:, 2] < STAYS_OPEN), NEVER, lost)
    order = np.lexsort((directory.number[who], created))
    deals = {
        "who": who,
        "created": created,
        "won": won,
        "lost": lost,
        "guess": 30 + (drawn[:, 3] * 90).astype(np.int64),
    }
    return {name: values[order] for name, values in deals.items()} | {"number": np.arange(len(who))}


def list_deals(life: Life, accounts: Accounts, directory: Directory, orders: Columns, deals: Columns) -> pa.Table:
    """The deals made before the end."""
    end, first_day = life.end, life.charter.first_day
    rows = {name: values[deals["created"] < end] for name, values in deals.items()}
    closed = np.minimum(rows["won"], rows["lost"])
    is_closed, is_won = closed < end, (rows["won"] <= rows["lost"]) & (closed < end)
    is_stranger = rows["who"] >= directory.people
    person = np.minimum(rows["who"], directory.people - 1)
    amount = np.where(is_won, _first_cents(life, orders)[person] // 100, rows["guess"])
    stranger = np.maximum(rows["who"] - directory.people, 0)
    strangers_source = pick(directory.strangers[:, 5], (0.3, 0.3, 0.3, 0.1))
    source = np.where(is_stranger, strangers_source[stranger], accounts.channel[person])
    campaign = acquisition_campaigns(life, accounts).take(pa.array(person))
    return crm_object(
        "deals",
        life,
        rows["number"],
        created=rows["created"],
        updated=latest(end, rows["created"], closed),
        contact=directory.number[rows["who"]],
        dealname=pa.compute.binary_join_element_wise("Lead", object_ids("deals", rows["number"]), " "),
        createdate=as_iso(rows["created"], first_day),
        closedate=as_iso(closed, first_day, missing=~is_closed),
        dealstage=named(np.where(is_closed, np.where(is_won, WON, LOST), OPEN), STAGES),
        hs_is_closed_won=as_flags_text(is_won),
        hs_is_closed_lost=as_flags_text(is_closed & ~is_won),
        amount=as_digits(amount),
        hs_analytics_source=named(source, SOURCES),
        campaign_id=blank(campaign, is_stranger | (accounts.created[person] >= end)),  # it may not be announced yet
    )


def _first_cents(life: Life, orders: Columns) -> Integers:
    first = np.zeros(len(life.people), np.int64)
    is_first = orders["position"] == 0
    first[orders["who"][is_first]] = orders["total"][is_first]
    return first
