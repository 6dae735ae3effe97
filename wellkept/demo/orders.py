"""Orders and their lines, as the shop's database shows them."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import (
    DAY_SECONDS,
    NEVER,
    Columns,
    Flags,
    Floats,
    Integers,
    as_amounts,
    as_ids,
    as_times,
    by_time,
    latest,
    named,
    pick,
)
from wellkept.demo.draws import event_lanes, uniform, uniforms
from wellkept.demo.life import Life
from wellkept.demo.products import CATEGORIES, PER_CATEGORY, draw_prices, weights_of

CHANNELS = ("web", "app", "store", "phone")
CHANNEL_WEIGHTS = (0.55, 0.28, 0.13, 0.04)
WEB, APP, STORE = 0, 1, 2
SHIPPING_CENTS, FREE_FROM_CENTS, TAX_SHARE = 490, 6_000, 20 / 120
CURRENCIES = ("EUR", "XTS")
ABROAD = 0.12
"""The share of customers who pay in XTS, the currency that ISO 4217 keeps for tests."""
LIST_RATE = 1.25
"""XTS for a euro in the shop's price lists; the market's rates are in the seed fx_rates."""
OPENS, OPEN_SECONDS = 7 * 3_600, 16 * 3_600


def ring_up(life: Life, currencies: bool = True) -> tuple[Columns, Columns]:
    """All orders in the order of time, and all their lines; amounts in cents of the order's currency."""
    taken = life.happened["orders"]
    lanes = event_lanes(taken["who"], taken["day"])
    clock = OPENS + (uniform(lanes, life.key("clock")) * OPEN_SECONDS).astype(np.int64)
    orders = by_time(taken["day"] * DAY_SECONDS + clock, taken["who"], lanes=lanes, **taken)
    orders["is_abroad"] = currencies & (life.people.record[orders["who"], 0] < ABROAD)
    orders |= _written(life, orders)
    return _fill_baskets(life, orders)


def _written(life: Life, orders: Columns) -> Columns:
    """How each order came and when it was written, cancelled and put right; NEVER where it is not."""
    truth, drawn = life.truth, uniforms(orders["lanes"], life.key("record"), 6)
    channel, second = pick(drawn[:, 0], CHANNEL_WEIGHTS), orders["second"]
    is_late = (channel == STORE) & (drawn[:, 1] < truth.late)
    days = np.where(orders["is_failed"], 3, 2 * drawn[:, 3])
    correction = second + ((1 + 29 * drawn[:, 5]) * DAY_SECONDS).astype(np.int64)
    return {
        "channel": channel,
        "written": second + np.where(is_late, ((1 + 2 * drawn[:, 2]) * DAY_SECONDS).astype(np.int64), 0),
        "cancelled": np.where(orders["is_cancelled"], second + (days * DAY_SECONDS).astype(np.int64), NEVER),
        "corrected": np.where((drawn[:, 4] < truth.corrected) & ~is_late, correction, NEVER),
    }


def _fill_baskets(life: Life, orders: Columns) -> tuple[Columns, Columns]:
    truth, who = life.truth, orders["who"]
    drawn = uniforms(orders["lanes"], life.key("basket"), truth.most_lines + 2)
    count = 1 + (drawn[:, : truth.most_lines - 1] < life.people.basket[who][:, None]).sum(axis=1)
    has_coupon = drawn[:, -3] < np.where(orders["position"] == 0, 0.5, life.people.traits.price[who])
    percent = np.where(has_coupon, np.where(drawn[:, -2] < 0.7, 10, 20), 0)
    lines = _draw_lines(life, orders, count)
    order = lines["order"]
    lines["discount"] = lines["price"] * lines["quantity"] * percent[order] // 100
    goods = _summed(order, lines["price"] * lines["quantity"], len(who))
    discount = _summed(order, lines["discount"], len(who))
    net = goods - discount
    factor = np.where(orders["is_abroad"], LIST_RATE, 1)
    shipping = np.where(net < FREE_FROM_CENTS * factor, SHIPPING_CENTS * factor, 0).astype(np.int64)
    totals = {"goods": goods, "discount": discount, "percent": percent, "shipping": shipping, "total": net + shipping}
    return orders | totals, lines


def _draw_lines(life: Life, orders: Columns, count: Integers) -> Columns:
    truth = life.truth
    order = np.repeat(np.arange(len(count)), count)
    position = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    drawn = uniforms(event_lanes(orders["lanes"][order].view(np.int64), position), life.key("line"), 4)
    wanted = _wanted(drawn[:, 1], _months(life.charter.first_day, orders["day"])[order])
    category = np.where(drawn[:, 0] < truth.taste, life.people.favourite[orders["who"][order]], wanted)
    product = category * PER_CATEGORY + (drawn[:, 2] ** 1.7 * PER_CATEGORY).astype(np.int64)
    prices, _ = draw_prices(life.charter.seed)
    price = np.where(orders["is_abroad"][order], np.rint(prices * LIST_RATE).astype(np.int64)[product], prices[product])
    return {
        "order": order,
        "position": position + 1,
        "product": product,
        "quantity": 1 + _poisson(truth.extra_quantity, drawn[:, 3]),
        "price": price,
    }


def _months(first_day: date, days: Integers) -> Integers:
    calendar = [(first_day + timedelta(days=number)).month for number in range(int(days.max(initial=0)) + 1)]
    return np.array(calendar, np.int64)[days]


def _wanted(drawn: Floats, months: Integers) -> Integers:
    """A category by the season's weights."""
    edges = np.array([np.cumsum(weights_of(month)) / weights_of(month).sum() for month in range(1, 13)])
    wanted: Integers = np.minimum((drawn[:, None] >= edges[months - 1]).sum(axis=1), len(CATEGORIES) - 1)
    return wanted


def _poisson(mean: float, drawn: Floats) -> Integers:
    """Poisson counts up to four, by inverting the distribution."""
    chances = np.exp(-mean) * np.array([1, mean, mean**2 / 2, mean**3 / 6])
    return np.searchsorted(np.cumsum(chances), drawn, side="right").astype(np.int64)


def _summed(order: Integers, values: Integers, count: int) -> Integers:
    """Exact sums by order."""
    return np.bincount(order, values.astype(np.float64), count).astype(np.int64)


def list_orders(life: Life, orders: Columns) -> pa.Table:
    """The orders written before the life's end, as they stand then."""
    end, first_day = life.end, life.charter.first_day
    rows = _kept(orders, orders["written"] < end)
    is_cancelled, is_corrected = rows["cancelled"] < end, rows["corrected"] < end
    updated = latest(end, rows["written"], rows["cancelled"], rows["corrected"])
    tax = np.rint(rows["total"] * TAX_SHARE).astype(np.int64)
    return pa.table(
        {
            "order_id": as_ids("O", rows["number"]),
            "customer_id": as_ids("C", rows["who"]),
            "ordered_at": as_times(rows["second"], first_day),
            "status": named(is_cancelled, ("completed", "cancelled")),
            "cancelled_at": as_times(rows["cancelled"], first_day, missing=~is_cancelled),
            "channel": named((rows["channel"] + is_corrected) % len(CHANNELS), CHANNELS),
            "currency": named(rows["is_abroad"], CURRENCIES),
            "total_amount": as_amounts(rows["total"]),
            "discount_amount": as_amounts(rows["discount"]),
            "shipping_amount": as_amounts(rows["shipping"]),
            "tax_amount": as_amounts(tax),
            "coupon": _coupon(rows),
            "updated_at": as_times(updated, first_day),
        }
    )


def list_order_lines(life: Life, orders: Columns, lines: Columns) -> pa.Table:
    """The lines of the written orders; discounts are the line's share of its order's coupon."""
    written = orders["written"][lines["order"]]
    rows = _kept(lines | {"written": written}, written < life.end)
    return pa.table(
        {
            "order_id": as_ids("O", rows["order"]),
            "line_number": pa.array(rows["position"]),
            "product_id": as_ids("P", rows["product"]),
            "quantity": pa.array(rows["quantity"]),
            "unit_price": as_amounts(rows["price"]),
            "discount_amount": as_amounts(rows["discount"]),
            "updated_at": as_times(rows["written"], life.charter.first_day),
        }
    )


def _kept(rows: Columns, where: Flags) -> Columns:
    return {name: values[where] for name, values in rows.items()}


def _coupon(rows: Columns) -> pa.Array:
    codes = ("WELCOME10", "WELCOME20", "THANKS10", "THANKS20")
    code = np.where(rows["position"] == 0, 0, 2) + (rows["percent"] == 20)
    return named(code, codes, missing=rows["percent"] == 0)
