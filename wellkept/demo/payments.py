"""Payments and refunds, as the shop's database shows them."""

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import (
    DAY_SECONDS,
    Columns,
    Flags,
    Integers,
    as_amounts,
    as_ids,
    as_times,
    blank,
    by_time,
    named,
    pick,
)
from wellkept.demo.draws import uniforms
from wellkept.demo.life import Life
from wellkept.demo.step import ENDED
from wellkept.demo.subscriptions import period_cents, subscription_keys

REASONS = ("damaged", "wrong item", "late", "not as described", "changed mind")
REASON_WEIGHTS = (0.3, 0.15, 0.15, 0.2, 0.2)
_NONE = -1
_DAYS = 2**15  # more than any company lives, so that a customer and a day make one number


def list_payments(life: Life, orders: Columns, periods: Columns) -> pa.Table:
    """Attempts written before the end, of orders and renewals: one paid, or one failed and, where mended, one paid.

    One attempt in so many stands there twice.
    """
    parts = [_of_orders(life, orders), _of_periods(life, periods)]
    attempts = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows = by_time(attempts.pop("at"), attempts["order"], **attempts)
    kept = np.maximum(rows["second"], rows["written"]) < life.end
    rows = {name: values[kept] for name, values in rows.items()}
    first_day, has_order = life.charter.first_day, rows["order"] != _NONE
    table = pa.table(
        {
            "payment_id": as_ids("Y", rows["number"]),
            "status": named(rows["is_paid"], ("failed", "paid")),
            "attempted_at": as_times(rows["second"], first_day),
            "order_id": blank(as_ids("O", rows["order"]), ~has_order),
            "subscription_id": blank(subscription_keys(rows["period"]), has_order),
            "customer_id": as_ids("C", rows["who"]),
            "amount": as_amounts(rows["cents"]),
            "updated_at": as_times(np.maximum(rows["second"], rows["written"]), first_day),
        }
    )
    return with_duplicates(table, rows["number"], life.truth.duplicates_every)


def _of_orders(life: Life, orders: Columns) -> Columns:
    failed, cancelled = orders["is_failed"], orders["is_cancelled"]
    drawn = uniforms(orders["lanes"], life.key("payment"), 2)
    first = orders["second"] + 5 + (drawn[:, 0] * 120).astype(np.int64)
    again = first + 600 + (drawn[:, 1] * (2 * DAY_SECONDS - 600)).astype(np.int64)
    at_once, mended = ~failed & ~cancelled, failed & ~cancelled
    attempts = _attempts(at_once, failed, mended, first, again)
    order = attempts.pop("row")
    return attempts | {
        "order": order,
        "period": np.full(len(order), _NONE),
        "who": orders["who"][order],
        "cents": orders["total"][order],
        "written": orders["written"][order],
    }


def _of_periods(life: Life, periods: Columns) -> Columns:
    """One payment starts each period; the failed one that ends a subscription belongs to the period it ends."""
    failed, goes_on = periods["is_failed"], periods["kind"] != ENDED
    drawn = uniforms(periods["lanes"], life.key("renewal payment"), 1)[:, 0]
    first, again = periods["second"] + 5, periods["second"] + 600 + (drawn * 1.9 * DAY_SECONDS).astype(np.int64)
    attempts = _attempts(~failed & goes_on, failed, failed & goes_on, first, again)
    row = attempts.pop("row")
    return attempts | {
        "order": np.full(len(row), _NONE),
        "period": periods["period"][row],
        "who": periods["who"][row],
        "cents": period_cents(life, periods)[row],
        "written": attempts["at"],
    }


def _attempts(at_once: Flags, failed: Flags, mended: Flags, first: Integers, again: Integers) -> Columns:
    row = np.concatenate([np.flatnonzero(at_once), np.flatnonzero(failed), np.flatnonzero(mended)])
    at = np.concatenate([first[at_once], first[failed], again[mended]])
    is_paid = np.repeat([True, False, True], [at_once.sum(), failed.sum(), mended.sum()])
    return {"row": row, "at": at, "is_paid": is_paid}


def arrived_badly(life: Life, orders: Columns) -> Flags:
    """Which orders' parcels came badly; parcels of one customer and day come together."""
    arrivals = life.happened["arrivals"]
    bad = (arrivals["who"] * _DAYS + arrivals["day"])[arrivals["is_bad"]]
    found: Flags = np.isin(orders["who"] * _DAYS + orders["parcel"], bad) & ~orders["is_cancelled"]
    return found


def list_refunds(life: Life, orders: Columns) -> pa.Table:
    """Refunds paid out before the end, of the whole order or of a part of its goods."""
    truth, drawn = life.truth, uniforms(orders["lanes"], life.key("refund"), 6)
    chance = np.where(arrived_badly(life, orders), truth.refund_if_bad, truth.refund)
    is_refunded = (drawn[:, 0] < chance) & ~orders["is_cancelled"]
    wait = -np.log1p(-drawn[:, 1:3]).sum(axis=1) * truth.refund_wait / 2
    refunded = (orders["parcel"] + 1) * DAY_SECONDS + (wait * DAY_SECONDS).astype(np.int64)
    goods = orders["goods"] - orders["discount"]
    part = np.maximum(np.rint(goods * (0.2 + 0.6 * drawn[:, 3])), 1).astype(np.int64)
    rows = by_time(
        refunded[is_refunded],
        orders["number"][is_refunded],
        order=orders["number"][is_refunded],
        who=orders["who"][is_refunded],
        cents=np.where(drawn[:, 4] < truth.refund_whole, orders["total"], part)[is_refunded],
        reason=pick(drawn[:, 5], REASON_WEIGHTS)[is_refunded],
    )
    rows = {name: values[rows["second"] < life.end] for name, values in rows.items()}
    at = as_times(rows["second"], life.charter.first_day)
    return pa.table(
        {
            "refund_id": as_ids("R", rows["number"]),
            "customer_id": as_ids("C", rows["who"]),
            "refunded_at": at,
            "amount": as_amounts(rows["cents"]),
            "order_id": as_ids("O", rows["order"]),
            "reason": named(rows["reason"], REASONS),
            "updated_at": at,
        }
    )


def with_duplicates(table: pa.Table, numbers: Integers, every: int) -> pa.Table:
    """The table with one row in `every` standing there twice; which ones depends on their own numbers alone."""
    twice = np.flatnonzero(numbers % every == every - 1)
    return pa.concat_tables([table, table.take(pa.array(twice))])
