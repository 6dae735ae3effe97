"""Loyalty points of the members: a point for each unit of money, redeemed at a later order, or gone after a year."""

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import DAY_SECONDS, NEVER, Columns, Integers, as_ids, as_times, by_time, named
from wellkept.demo.draws import uniforms
from wellkept.demo.life import Life

KINDS = ("earn", "redeem", "expire", "adjust")
EARN, REDEEM, EXPIRE, ADJUST = range(len(KINDS))
MEMBERS = 0.45
REDEEMS = 0.35
LAST_DAYS = 365


def list_loyalty_events(life: Life, orders: Columns) -> pa.Table:
    """Movements of points before the end; the sum of a member's points is never below zero.

    The points of one order are taken back when it is cancelled, redeemed whole at the next order, or expire.
    """
    lots = _lots(life, orders)
    ended = np.minimum(np.minimum(lots["cancelled"], lots["redeemed"]), lots["expires"])
    kind = np.where(lots["cancelled"] == ended, ADJUST, np.where(lots["redeemed"] == ended, REDEEM, EXPIRE))
    count = len(ended)
    rows = by_time(
        np.concatenate([lots["earned"], ended]),
        np.tile(lots["number"], 2),
        who=np.tile(lots["who"], 2),
        kind=np.concatenate([np.full(count, EARN), kind]),
        points=np.concatenate([lots["points"], -lots["points"]]),
    )
    rows = {name: values[rows["second"] < life.end] for name, values in rows.items()}
    at = as_times(rows["second"], life.charter.first_day)
    return pa.table(
        {
            "event_id": as_ids("L", rows["number"], width=7),
            "customer_id": as_ids("C", rows["who"]),
            "occurred_at": at,
            "kind": named(rows["kind"], KINDS),
            "points": pa.array(rows["points"]),
            "updated_at": at,
        }
    )


def _lots(life: Life, orders: Columns) -> Columns:
    """The points of each member's order, and when each of their three possible ends would come."""
    is_member = life.people.record[orders["who"], 18] < MEMBERS
    wants = uniforms(orders["lanes"], life.key("redeem"), 1)[:, 0] < REDEEMS
    earned = orders["written"] + 600
    rows = np.flatnonzero(is_member & (orders["total"] >= 100))
    return {
        "who": orders["who"][rows],
        "number": orders["number"][rows],
        "points": orders["total"][rows] // 100,
        "earned": earned[rows],
        "cancelled": np.where(orders["cancelled"] < NEVER, np.maximum(orders["cancelled"], earned + 1), NEVER)[rows],
        "redeemed": np.where(wants, np.maximum(_next_order(orders), earned + 1), NEVER)[rows],
        "expires": earned[rows] + LAST_DAYS * DAY_SECONDS,
    }


def _next_order(orders: Columns) -> Integers:
    """The second of each order's next one of the same customer."""
    order = np.lexsort((orders["second"], orders["who"]))
    following = np.full(len(order), NEVER)
    same = orders["who"][order][1:] == orders["who"][order][:-1]
    following[order[:-1]] = np.where(same, orders["second"][order][1:], NEVER)
    return following
