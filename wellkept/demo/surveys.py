"""Surveys, the CRM's feedback submissions: how pleased customers say they are, which follows how pleased they are."""

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import DAY_SECONDS, NEVER, Columns, Floats, Integers, as_digits, as_iso, by_time, named
from wellkept.demo.crm_ids import crm_object
from wellkept.demo.draws import event_lanes, uniforms
from wellkept.demo.life import Life

SURVEYS = ("NPS", "CSAT", "CES")
NPS, CSAT, CES = range(len(SURVEYS))
SCALES = {"NPS": (0, 10), "CSAT": (1, 5), "CES": (1, 7)}
ANSWERED = (0.03, 0.0, 0.02)
"""The chance that a parcel is followed by an answer to each survey; CSAT follows tickets instead."""
TROUBLE_WEIGHT = 20.0
"""What a unit of hazard, of tickets, payments and deliveries, takes from the mood."""
COMMENTS = ("", "Would buy again.", "Took too long.", "Nice things.", "Not what I hoped for.")


def score(survey: str, pleased: Floats, drawn: Floats) -> Integers:
    """A score on the survey's scale: the mood, give or take a fifth."""
    low, high = SCALES[survey]
    felt = np.clip(pleased + 0.4 * (drawn - 0.5), 0, 0.999)
    scored: Integers = low + np.floor(felt * (high - low + 1)).astype(np.int64)
    return scored


def list_surveys(life: Life, tickets: Columns, contacts: Integers) -> pa.Table:
    """The answers given before the end; `contacts` is each person's contact."""
    parts = [_after_parcels(life, NPS), _after_parcels(life, CES), _after_tickets(tickets)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows = by_time(joined.pop("at"), joined["who"] * len(SURVEYS) + joined["survey"], **joined)
    rows = {name: values[rows["second"] < life.end] for name, values in rows.items()}
    return crm_object(
        "feedback_submissions",
        life,
        rows["number"],
        created=rows["second"],
        updated=rows["second"],
        contact=contacts[rows["who"]],
        hs_submission_timestamp=as_iso(rows["second"], life.charter.first_day),
        hs_survey_type=named(rows["survey"], SURVEYS),
        hs_value=as_digits(rows["score"]),
        hs_content=named(rows["comment"], COMMENTS, missing=rows["comment"] == 0),
    )


def _after_parcels(life: Life, survey: int) -> Columns:
    arrivals = life.happened["arrivals"]
    lanes = event_lanes(arrivals["who"], arrivals["day"])
    drawn = uniforms(lanes, life.key(SURVEYS[survey]), 4)
    rows = drawn[:, 0] < ANSWERED[survey]
    who, drawn = arrivals["who"][rows], drawn[rows]
    pleased = life.people.mood[who] - TROUBLE_WEIGHT * arrivals["trouble"][rows]
    answered = arrivals["day"][rows] * DAY_SECONDS + ((1 + 6 * drawn[:, 1]) * DAY_SECONDS).astype(np.int64)
    return {
        "at": answered,
        "who": who,
        "survey": np.full(len(who), survey),
        "score": score(SURVEYS[survey], pleased, drawn[:, 2]),
        "comment": _comment(pleased, drawn[:, 3]),
    }


def _after_tickets(tickets: Columns) -> Columns:
    """What is rated on a ticket is an answer too."""
    rows = tickets["rated"] < NEVER
    return {
        "at": tickets["rated"][rows],
        "who": tickets["who"][rows],
        "survey": np.full(rows.sum(), CSAT),
        "score": tickets["csat"][rows],
        "comment": np.zeros(rows.sum(), np.int64),
    }


def _comment(pleased: Floats, drawn: Floats) -> Integers:
    """One answer in four says something."""
    kind = np.where(pleased > 0.6, 1, 2) + np.where(drawn < 0.1, 2, 0)
    return np.where(drawn < 0.25, kind, 0)
