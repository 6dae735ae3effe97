"""Orders and their lines as the shop's books show them at the end of the last day."""

from datetime import date

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import (
    DAY_SECONDS,
    Columns,
    Integers,
    as_amounts,
    as_ids,
    as_times,
    in_seconds,
    pick,
)
from wellkept.demo.products import PER_CATEGORY
from wellkept.demo.truth import Truth

CHANNELS = np.array(["web", "app", "store", "phone"])
CHANNEL_WEIGHTS = [0.55, 0.28, 0.13, 0.04]
SHIPPING_CENTS, FREE_FROM_CENTS, TAX_SHARE = 490, 6_000, 20 / 120
CURRENCY = "EUR"


def arrange(rounds: list[Columns]) -> Columns:
    """All orders in the order they happened, with `second` and `number`; equal seconds are ordered by customer."""
    joined = {name: np.concatenate([one[name] for one in rounds]) for name in rounds[0]}
    second = in_seconds(joined["at"])
    by_time = np.lexsort((joined["customer"], second))
    ordered: Columns = {name: values[by_time] for name, values in joined.items()}
    return ordered | {"second": second[by_time], "number": np.arange(len(second))}


def fill_baskets(truth: Truth, orders: Columns, prices: Integers) -> tuple[Columns, Columns]:
    """The lines of all orders, and the orders with `goods`, `discount` and `shipping` in cents."""
    is_line = np.arange(truth.most_lines)[None, :] < orders["lines"][:, None]
    category = np.where(orders["is_taste"], orders["favourite"][:, None], orders["category"])
    product = category * PER_CATEGORY + (orders["product"] ** 1.7 * PER_CATEGORY).astype(np.int64)
    goods = prices[product] * orders["quantity"]
    percent = np.where(orders["has_coupon"], np.where(orders["draws"][:, 0] < 0.7, 10, 20), 0)
    discount = goods * percent[:, None] // 100
    row, position = np.nonzero(is_line)
    lines: Columns = {
        "order": row,
        "position": position + 1,
        "product": product[is_line],
        "quantity": orders["quantity"][is_line],
        "price": prices[product[is_line]],
        "discount": discount[is_line],
    }
    totals = {"goods": (goods * is_line).sum(axis=1), "discount": (discount * is_line).sum(axis=1)}
    net = totals["goods"] - totals["discount"]
    shipping = np.where(net < FREE_FROM_CENTS, SHIPPING_CENTS, 0)
    return lines, orders | totals | {"percent": percent, "shipping": shipping, "total": net + shipping}


def list_orders(truth: Truth, orders: Columns, first_day: date, end: int) -> pa.Table:
    """Orders as they stand at second `end`: what is cancelled or corrected later is not so yet."""
    second, draws = orders["second"], orders["draws"]
    cancelled = second + np.where(orders["is_failed"], 3 * DAY_SECONDS, (draws[:, 1] * 2 * DAY_SECONDS).astype(int))
    is_cancelled = orders["is_cancelled"] & (cancelled < end)
    corrected = second + ((1 + 29 * draws[:, 2]) * DAY_SECONDS).astype(np.int64)
    is_corrected = (draws[:, 3] < truth.corrected) & (corrected < end)
    updated = np.maximum(np.where(is_cancelled, cancelled, second), np.where(is_corrected, corrected, second))
    channel = (pick(draws[:, 4], CHANNEL_WEIGHTS) + is_corrected) % len(CHANNELS)
    tax = np.rint(orders["total"] * TAX_SHARE).astype(np.int64)
    return pa.table(
        {
            "order_id": as_ids("O", orders["number"]),
            "customer_id": as_ids("C", orders["customer"]),
            "ordered_at": as_times(second, first_day),
            "status": np.where(is_cancelled, "cancelled", "completed"),
            "cancelled_at": as_times(cancelled, first_day, missing=~is_cancelled),
            "channel": CHANNELS[channel],
            "currency": np.full(len(second), CURRENCY),
            "total_amount": as_amounts(orders["total"]),
            "discount_amount": as_amounts(orders["discount"]),
            "shipping_amount": as_amounts(orders["shipping"]),
            "tax_amount": as_amounts(tax),
            "coupon": _coupon(orders),
            "updated_at": as_times(updated, first_day),
        }
    )


def list_order_lines(lines: Columns) -> pa.Table:
    """One row per line; discounts are the line's share of its order's coupon."""
    return pa.table(
        {
            "order_id": as_ids("O", lines["order"]),
            "line_number": lines["position"],
            "product_id": as_ids("P", lines["product"]),
            "quantity": lines["quantity"],
            "unit_price": as_amounts(lines["price"]),
            "discount_amount": as_amounts(lines["discount"]),
        }
    )


def _coupon(orders: Columns) -> pa.Array:
    code = np.char.add(np.where(orders["is_first"], "WELCOME", "THANKS"), orders["percent"].astype(str))
    return pa.array(code, mask=~orders["has_coupon"])
