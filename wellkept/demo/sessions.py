"""Visits to the shop's pages: some only look, and every order on the web or in the app has one."""

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import DAY_SECONDS, Columns, as_ids, as_times, by_time, named, pick
from wellkept.demo.draws import event_lanes, uniforms
from wellkept.demo.life import Life
from wellkept.demo.orders import APP, OPEN_SECONDS, OPENS, WEB

SOURCES = ("direct", "search", "social", "email", "referral")
SOURCE_WEIGHTS = (0.36, 0.28, 0.14, 0.14, 0.08)
FILLS_CART = 0.12


def list_sessions(life: Life, orders: Columns) -> pa.Table:
    """The visits begun before the end."""
    looks = life.happened["sessions"]
    lanes = event_lanes(looks["who"], looks["day"])
    drawn = uniforms(lanes, life.key("session"), 3)
    online = np.isin(orders["channel"], (WEB, APP))
    bought = uniforms(orders["lanes"][online], life.key("session"), 3)
    began = orders["second"][online] - 60 - (bought[:, 0] * 1_800).astype(np.int64)
    rows = by_time(
        np.concatenate([looks["day"] * DAY_SECONDS + OPENS + (drawn[:, 0] * OPEN_SECONDS).astype(np.int64), began]),
        np.concatenate([looks["who"] * 2, orders["who"][online] * 2 + 1]),
        who=np.concatenate([looks["who"], orders["who"][online]]),
        source=pick(np.concatenate([drawn[:, 1], bought[:, 1]]), SOURCE_WEIGHTS),
        pages=np.concatenate([1 + (looks["depth"] * 9).astype(np.int64), 4 + (bought[:, 2] * 16).astype(np.int64)]),
        cart=np.concatenate([drawn[:, 2] < FILLS_CART, np.ones(len(began), np.bool_)]),
    )
    rows = {name: values[rows["second"] < life.end] for name, values in rows.items()}
    at = as_times(rows["second"], life.charter.first_day)
    return pa.table(
        {
            "session_id": as_ids("S", rows["number"], width=7),
            "customer_id": as_ids("C", rows["who"]),
            "started_at": at,
            "source": named(rows["source"], SOURCES),
            "pages_viewed": pa.array(rows["pages"]),
            "added_to_cart": pa.array(rows["cart"]),
            "updated_at": at,
        }
    )
