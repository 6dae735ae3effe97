"""Subscriptions: one row per period, as the CRM holds them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wellkept.demo.arrays import (
    DAY_SECONDS,
    NEVER,
    Columns,
    Integers,
    as_digits,
    as_iso,
    blank,
    by_time,
    latest,
    named,
)
from wellkept.demo.crm_ids import crm_object, object_ids
from wellkept.demo.draws import event_lanes, uniform, uniforms
from wellkept.demo.life import Life
from wellkept.demo.step import ENDED, STARTED
from wellkept.demo.truth import CAUSES

PLANS = ("quarterly", "yearly")
ANNUAL_CENTS = (9_600, 8_400)
REASONS = ("too expensive", "service", "payment trouble", "delivery", "no longer used", "other")
"""What leavers say, in the order of the causes; `other` is all that anyone hears of the hidden one."""
_NONE = -1


def list_periods(life: Life) -> Columns:
    """All starts, renewals and ends in the order of time; `period` is the period each begins, or the one it ends."""
    events = life.happened["subscriptions"]
    lanes = event_lanes(events["who"], events["day"])
    clock = (uniform(lanes, life.key("period")) * 6 * 3_600).astype(np.int64) + 16 * 3_600
    periods = by_time(events["day"] * DAY_SECONDS + clock, events["who"], lanes=lanes, **events)
    begins = periods["kind"] != ENDED
    own = np.cumsum(begins) - 1
    order = np.lexsort((periods["second"], periods["who"]))
    before = np.full(len(own), _NONE)
    same = periods["who"][order][1:] == periods["who"][order][:-1]
    before[order[1:]] = np.where(same, own[order[:-1]], _NONE)
    periods["previous"] = np.where(periods["kind"] == STARTED, _NONE, before)
    periods["period"] = np.where(begins, own, before)
    return periods


def period_cents(life: Life, periods: Columns) -> Integers:
    """What a period costs."""
    plan = _plan(life, periods)
    days = life.people.traits.period[periods["who"]]
    return np.rint(np.array(ANNUAL_CENTS)[plan] * days / 365).astype(np.int64)


def subscription_keys(periods: Integers) -> pa.Array:
    """The key by which the shop's payments name a period: what the CRM's object is called once it has landed."""
    return pc.binary_join_element_wise("hubspot-subscription-", object_ids("subscriptions", periods), "")


def list_subscriptions(life: Life, periods: Columns, contacts: Integers) -> pa.Table:
    """The periods begun before the end; `contacts` is each person's contact."""
    begins = (periods["kind"] != ENDED) & (periods["second"] < life.end)
    rows = {name: values[begins] for name, values in periods.items()}
    end, first_day = life.end, life.charter.first_day
    length = life.people.traits.period[rows["who"]].astype(np.int64) * DAY_SECONDS
    period_end = (rows["day"] * DAY_SECONDS) + length
    cancelled, reason = _cancelled(life, rows, period_end)
    is_cancelled, is_over = cancelled < end, period_end < end
    return crm_object(
        "subscriptions",
        life,
        rows["period"],
        created=rows["second"],
        updated=latest(end, rows["second"], cancelled, period_end),
        contact=contacts[rows["who"]],
        plan=named(_plan(life, rows), PLANS),
        annual_value=as_digits(np.array(ANNUAL_CENTS)[_plan(life, rows)] // 100),
        started_at=as_iso(rows["second"], first_day),
        period_end_at=as_iso(period_end, first_day),
        ended_at=as_iso(period_end, first_day, missing=~is_over),
        cancelled_at=as_iso(cancelled, first_day, missing=~is_cancelled),
        cancel_reason=named(reason, REASONS, missing=~is_cancelled),
        renews_subscription_id=blank(object_ids("subscriptions", rows["previous"]), rows["previous"] == _NONE),
    )


def _plan(life: Life, rows: Columns) -> Integers:
    yearly = life.truth.period_days[1]
    plan: Integers = (life.people.traits.period[rows["who"]] == yearly).astype(np.int64)
    return plan


def _cancelled(life: Life, rows: Columns, period_end: Integers) -> tuple[Integers, Integers]:
    """When each period was cancelled (NEVER if it was not) and why: by plan, or because its owner left.

    One in four of those who leave says nothing.
    """
    drawn = uniforms(rows["lanes"], life.key("cancel"), 4)
    planned = rows["second"] + ((0.1 + 0.85 * drawn[:, 0]) * (period_end - rows["second"])).astype(np.int64)
    reasons = np.where(drawn[:, 1] < 0.5, 0, np.where(drawn[:, 1] < 0.8, 4, 5))
    left, cause = _first_departure(life, rows)
    left = left + ((1 + 4 * drawn[:, 2]) * DAY_SECONDS).astype(np.int64)
    left = np.where((left < period_end) & (drawn[:, 3] < 0.75), left, NEVER)
    planned = np.where(rows["is_last"], planned, NEVER)
    return np.minimum(planned, left), np.where(planned <= left, reasons, cause)


def _first_departure(life: Life, rows: Columns) -> tuple[Integers, Integers]:
    """The end of the day on which each period's owner first left from its start on (NEVER if not), and the cause."""
    departures = life.happened["departures"]
    order = np.lexsort((departures["day"], departures["who"]))
    who, day, cause = (departures[name][order] for name in ("who", "day", "cause"))
    days = life.days + 1
    found = np.searchsorted(who * days + day, rows["who"] * days + rows["day"])
    at = np.minimum(found, max(len(who) - 1, 0))
    if not len(who):
        return np.full(len(rows["who"]), NEVER), np.zeros(len(rows["who"]), np.int64)
    is_own = (found < len(who)) & (who[at] == rows["who"])
    return np.where(is_own, (day[at] + 1) * DAY_SECONDS, NEVER), np.where(is_own, cause[at] % len(CAUSES), 0)
