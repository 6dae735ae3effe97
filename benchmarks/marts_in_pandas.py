"""Today's lifecycle states and the cohorts' retention in pandas from landing files, as somebody without a warehouse would."""

import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ELIGIBLE, ONBOARDING, DEFAULT_GAP, RESTART = 365, 30, 30, 30


def compute(delivery: Path, day: date) -> dict[str, Any]:
    """`states` by customer and `cohorts` by month and months since, with the seconds from opening the files on."""
    started = time.monotonic()
    columns = ["customer_id", "ordered_at", "total_amount"]
    files = [file for file in (delivery / "orders").glob("*.parquet") if file.stem <= day.isoformat()]
    orders = pd.concat([pd.read_parquet(file, columns=columns) for file in files])
    names, who = np.unique(orders.customer_id.to_numpy(str), return_inverse=True)
    days = orders.ordered_at.to_numpy().astype("datetime64[D]").astype(np.int64)
    cents = (orders.total_amount.astype(float) * 100).round().to_numpy(np.int64)
    del orders
    ended = _ended(delivery, day, names)
    found = {
        "states": pd.DataFrame(
            {"customer_id": names, "state": _states(who, days, ended, _number(day), _number(day.replace(day=1)))}
        ),
        "cohorts": _cohorts(who, days, cents, day),
    }
    return found | {"seconds": round(time.monotonic() - started, 1)}


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _order_days(who: np.ndarray, days: np.ndarray) -> pd.DataFrame:
    """A row per customer and day with an order, and the days since the one before."""
    frame = pd.DataFrame({"who": who, "day": days}).drop_duplicates().sort_values(["who", "day"])
    frame["gap"] = frame.groupby("who").day.diff()
    return frame


def _own_gaps(frame: pd.DataFrame) -> pd.Series:
    gaps = frame.groupby("who").gap.agg(["median", "count"])
    return gaps["median"].clip(lower=1).where(gaps["count"] >= 2)


def _ended(delivery: Path, day: date, names: np.ndarray) -> pd.Series:
    """The day on which each customer's last subscription ended; nothing for who has one that runs, or none."""
    files = [file for file in (delivery / "subscriptions").glob("*.parquet") if file.stem <= day.isoformat()]
    if not files:
        return pd.Series(np.nan, index=range(len(names)))
    columns = ["customer_id", "subscription_id", "ended_at"]
    held = pd.concat([pd.read_parquet(file, columns=columns) for file in files])
    ended = held.ended_at.to_numpy().astype("datetime64[D]").astype(float)
    ended = pd.Series(np.where(held.ended_at.isna(), np.inf, ended)).groupby(held.customer_id.to_numpy()).max()
    return ended.where(np.isfinite(ended)).reindex(names).reset_index(drop=True)


def _states(who: np.ndarray, days: np.ndarray, ended: pd.Series, day: int, month: int) -> np.ndarray:
    frame = _order_days(who, days)
    earlier = frame[frame.day < month]
    population = _own_gaps(earlier).median()
    gap = _own_gaps(frame).fillna(DEFAULT_GAP if np.isnan(population) else population)
    lives = frame.groupby("who").day.agg(["min", "max"])
    returned = frame[frame.gap > ELIGIBLE].groupby("who").day.max().reindex(lives.index)
    silent = day - lives["max"]
    return np.select(
        [
            day - lives["min"] <= ONBOARDING,
            day - returned <= ONBOARDING,
            silent <= 1.5 * gap,
            (ended + RESTART < day) & (ended > lives["max"]),
            silent <= 2.5 * gap,
            silent <= ELIGIBLE,
            silent <= 2 * ELIGIBLE,
        ],
        ["onboarding", "reactivated", "active", "lost", "cooling", "slipping", "dormant"],
        "lost",
    )


def _cohorts(who: np.ndarray, days: np.ndarray, cents: np.ndarray, day: date) -> pd.DataFrame:
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    frame = pd.DataFrame({"who": who, "month": month, "cents": cents})
    frame["cohort"] = frame.groupby("who").month.transform("min")
    rolled = frame.groupby(["cohort", "month"]).agg(active_customers=("who", "nunique"), cents=("cents", "sum"))
    last = np.datetime64(day - timedelta(days=1), "M").astype(np.int64)
    over_until = last if (day.replace(day=1) != day) else last + 1
    cells = [(cohort, other) for cohort in rolled.index.unique("cohort") for other in range(cohort, over_until)]
    full = rolled.reindex(pd.MultiIndex.from_tuples(cells, names=["cohort", "month"]), fill_value=0).reset_index()
    return pd.DataFrame(
        {
            "cohort_month": full.cohort.to_numpy().astype("datetime64[M]").astype("datetime64[s]"),
            "months_since": full.month - full.cohort,
            "active_customers": full.active_customers,
            "revenue": full.cents / 100,
        }
    )
