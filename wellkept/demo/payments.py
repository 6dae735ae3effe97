"""Payments and refunds as the shop's books show them at the end of the last day."""

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wellkept.demo.arrays import DAY_SECONDS, Columns, Integers, as_amounts, as_ids, as_times, in_seconds, pick
from wellkept.demo.truth import Truth

REASONS = np.array(["damaged", "wrong item", "late", "not as described", "changed mind"])
REASON_WEIGHTS = [0.3, 0.15, 0.15, 0.2, 0.2]


def list_payments(orders: Columns, first_day: date, end: int) -> pa.Table:
    """Attempts before second `end`: one paid, or one failed and, where it was mended, one paid within two days."""
    failed, cancelled, draws = orders["is_failed"], orders["is_cancelled"], orders["draws"]
    first = orders["second"] + 5 + (draws[:, 5] * 120).astype(np.int64)
    again = first + 600 + (draws[:, 6] * (2 * DAY_SECONDS - 600)).astype(np.int64)
    paid_at_once, paid_later = ~failed & ~cancelled, failed & ~cancelled
    order = np.concatenate([np.flatnonzero(paid_at_once), np.flatnonzero(failed), np.flatnonzero(paid_later)])
    attempted = np.concatenate([first[paid_at_once], first[failed], again[paid_later]])
    is_paid = np.concatenate(
        [np.ones(paid_at_once.sum(), bool), np.zeros(failed.sum(), bool), np.ones(paid_later.sum(), bool)]
    )
    order, attempted, is_paid = _by_time(attempted, end, order, attempted, is_paid)
    return pa.table(
        {
            "payment_id": as_ids("Y", np.arange(len(order))),
            "status": np.where(is_paid, "paid", "failed"),
            "attempted_at": as_times(attempted, first_day),
            "order_id": as_ids("O", order),
            "customer_id": as_ids("C", orders["customer"][order]),
            "amount": as_amounts(orders["total"][order]),
        }
    )


def list_refunds(truth: Truth, orders: Columns, first_day: date, end: int) -> pa.Table:
    """Refunds paid out before second `end`, of the whole order or of a part of its goods."""
    order = np.flatnonzero(orders["is_refunded"])
    refunded = orders["second"][order] + DAY_SECONDS + in_seconds(orders["refund_wait"][order])
    (order, refunded) = _by_time(refunded, end, order, refunded)
    draws = orders["draws"][order]
    goods = orders["goods"][order] - orders["discount"][order]
    part = np.maximum(np.rint(goods * (0.2 + 0.6 * draws[:, 6])), 1).astype(np.int64)
    return pa.table(
        {
            "refund_id": as_ids("R", np.arange(len(order))),
            "customer_id": as_ids("C", orders["customer"][order]),
            "refunded_at": as_times(refunded, first_day),
            "amount": as_amounts(np.where(draws[:, 7] < truth.refund_whole, orders["total"][order], part)),
            "order_id": as_ids("O", order),
            "reason": REASONS[pick(draws[:, 1], REASON_WEIGHTS)],
        }
    )


def _by_time(seconds: Integers, end: int, order: Integers, *columns: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    by_time = np.lexsort((order, seconds))
    by_time = by_time[seconds[by_time] < end]
    return tuple(column[by_time] for column in (order, *columns))
