"""The CRM's tickets: most come with a parcel, are answered sooner or later, and some are rated."""

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import (
    DAY_SECONDS,
    NEVER,
    Columns,
    Integers,
    as_digits,
    as_iso,
    by_time,
    latest,
    named,
    pick,
)
from wellkept.demo.crm_ids import crm_object
from wellkept.demo.draws import event_lanes, uniforms
from wellkept.demo.life import Life
from wellkept.demo.surveys import score

CATEGORIES = ("delivery", "product", "payment", "account", "other")
BAD_WEIGHTS, OTHER_WEIGHTS = (0.80, 0.12, 0.02, 0.02, 0.04), (0.15, 0.40, 0.20, 0.12, 0.13)
PRIORITIES = ("LOW", "MEDIUM", "HIGH")
UNRESOLVED, RATED, RECATEGORISED = 0.05, 0.35, 0.02
RESOLVED_HOURS = 30.0


def open_tickets(life: Life) -> Columns:
    """Every ticket in the order of time: when it is answered, resolved and rated (NEVER if not)."""
    arrivals = life.happened["arrivals"]
    rows = {name: values[arrivals["has_ticket"]] for name, values in arrivals.items()}
    lanes = event_lanes(rows["who"], rows["day"])
    drawn = uniforms(lanes, life.key("ticket"), 9)
    second = rows["day"] * DAY_SECONDS + 10 * 3_600 + (drawn[:, 0] * 12 * 3_600).astype(np.int64)
    answered = second + 300 + (np.minimum(rows["answer"], 24 * 30) * 3_600).astype(np.int64)
    resolved = answered + 60 + (-np.log1p(-drawn[:, 1]) * RESOLVED_HOURS * 3_600).astype(np.int64)
    resolved = np.where(drawn[:, 2] < UNRESOLVED, NEVER, resolved)
    is_slow = rows["answer"] > life.truth.slow_hours
    pleased = life.people.mood[rows["who"]] - 0.4 * is_slow - 0.2 * rows["is_bad"]
    bad, other = pick(drawn[:, 3], BAD_WEIGHTS), pick(drawn[:, 3], OTHER_WEIGHTS)
    return by_time(
        second,
        rows["who"],
        who=rows["who"],
        answered=answered,
        resolved=resolved,
        rated=np.where((drawn[:, 4] < RATED) & (resolved < NEVER), resolved + DAY_SECONDS, NEVER),
        csat=score("CSAT", pleased, drawn[:, 5]),
        category=np.where(rows["is_bad"], bad, other),
        corrected=np.where(drawn[:, 6] < RECATEGORISED, answered + 7_200, NEVER),
        priority=pick(drawn[:, 7], (0.3, 0.5, 0.2)),
        by_letter=drawn[:, 8],
    )


def list_tickets(life: Life, tickets: Columns, contacts: Integers) -> pa.Table:
    """The tickets opened before the end; `contacts` is each person's contact."""
    end, first_day = life.end, life.charter.first_day
    rows = {name: values[tickets["second"] < end] for name, values in tickets.items()}
    category = (rows["category"] + (rows["corrected"] < end)) % len(CATEGORIES)
    return crm_object(
        "tickets",
        life,
        rows["number"],
        created=rows["second"],
        updated=latest(end, rows["second"], rows["answered"], rows["corrected"], rows["resolved"], rows["rated"]),
        contact=contacts[rows["who"]],
        subject=pa.compute.binary_join_element_wise("Question about", named(category, CATEGORIES), " "),
        hs_ticket_category=named(category, CATEGORIES),
        hs_ticket_priority=named(rows["priority"], PRIORITIES),
        createdate=as_iso(rows["second"], first_day),
        first_agent_reply_date=as_iso(rows["answered"], first_day, missing=rows["answered"] >= end),
        closed_date=as_iso(rows["resolved"], first_day, missing=rows["resolved"] >= end),
        csat_score=as_digits(rows["csat"], missing=rows["rated"] >= end),
    )
