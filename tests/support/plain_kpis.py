"""What DEFINITIONS.md says about a shop's orders, in pandas from its landing files: nothing here is shared with the SQL."""

import itertools
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

ELIGIBLE, ONBOARDING, DEFAULT_GAP = 365, 30, 30


def read_completed(folder: Path, day: date) -> pd.DataFrame:
    """Completed orders before the day: customer_id, the day of each order as the file writes it, pence."""
    orders = pd.read_parquet(folder / "orders.parquet")
    orders = orders[(orders.status == "completed") & (orders.ordered_at < pd.Timestamp(day))]
    return pd.DataFrame(
        {
            "customer_id": orders.customer_id,
            "day": orders.ordered_at.dt.normalize(),
            "pence": (orders.total_amount * 100).round().astype("int64"),
        }
    )


def read_seen(folder: Path, day: date) -> set[str]:
    """Who was seen before the day: with an account, or with an order or refund."""
    files = {"customers": "created_at", "orders": "ordered_at", "refunds": "refunded_at"}
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in files}
    before = [table[table[files[name]] < pd.Timestamp(day)] for name, table in tables.items()]
    return set().union(*(table.customer_id for table in before))


def states(orders: pd.DataFrame, seen: set[str], day: date) -> dict[str, str]:
    """Everybody's lifecycle state in the morning of the day; prospects have no order."""
    population = population_gap(orders, day.replace(day=1))
    found = dict.fromkeys(seen, "prospect")
    for customer, own in orders.groupby("customer_id")["day"]:
        found[str(customer)] = _state(sorted(set(own.dt.date)), day, population)
    return found


def population_gap(orders: pd.DataFrame, month: date) -> float:
    """The median own gap of all who have one when the month begins."""
    order_days = orders[orders.day < pd.Timestamp(month)].groupby("customer_id")["day"].unique()
    own = [_own_gap(sorted(pd.DatetimeIndex(days).date)) for days in order_days]
    known = [gap for gap in own if gap is not None]
    return float(pd.Series(known).median()) if known else DEFAULT_GAP


def _own_gap(order_days: list[date]) -> float | None:
    gaps = [(later - earlier).days for earlier, later in itertools.pairwise(order_days)]
    return max(1.0, float(pd.Series(gaps).median())) if len(order_days) >= 3 else None


def _state(order_days: list[date], day: date, population: float) -> str:
    silent = (day - order_days[-1]).days
    if (day - order_days[0]).days <= ONBOARDING:
        return "onboarding"
    pairs = itertools.pairwise(order_days)
    if any((later - earlier).days > ELIGIBLE and (day - later).days <= ONBOARDING for earlier, later in pairs):
        return "reactivated"
    gap = _own_gap(order_days) or population
    limits = (1.5 * gap, 2.5 * gap, ELIGIBLE, 2 * ELIGIBLE)
    names = ("active", "cooling", "slipping", "dormant")
    return next((name for limit, name in zip(limits, names, strict=True) if silent <= limit), "lost")


def cohorts(orders: pd.DataFrame, day: date) -> pd.DataFrame:
    """First-order month x months since: size, active customers, retained share and pence; NaN where a month is not over."""
    month = orders.day.dt.to_period("M")
    first = month.groupby(orders.customer_id).transform("min")
    since = (month.dt.year - first.dt.year) * 12 + month.dt.month - first.dt.month
    rolled = (
        orders.assign(cohort=first, since=since)
        .groupby(["cohort", "since"])
        .agg(active=("customer_id", "nunique"), pence=("pence", "sum"))
    )
    sizes = rolled.xs(0, level="since")["active"]
    last = pd.Period(day - timedelta(days=1), "M")
    cells = [(cohort, number) for cohort in sizes.index for number in range((last - cohort).n + 1)]
    full = rolled.reindex(pd.MultiIndex.from_tuples(cells, names=["cohort", "since"]), fill_value=0)
    full["size"] = sizes.reindex(full.index.get_level_values("cohort")).to_numpy()
    ends = [(cohort + number).end_time.date() for cohort, number in full.index]
    is_over = pd.Series([end < day for end in ends], index=full.index)
    full["is_over"] = is_over
    full["share"] = full.active / full["size"]
    full[["active", "pence", "share"]] = full[["active", "pence", "share"]].astype(float).where(is_over)
    return full


def share_with_two_orders(orders: pd.DataFrame, start: date, end: date) -> tuple[int, int]:
    """Customers with two or more orders in [start, end), and with one at least."""
    inside = orders[(orders.day >= pd.Timestamp(start)) & (orders.day < pd.Timestamp(end))]
    counts = inside.groupby("customer_id").size()
    return int((counts >= 2).sum()), len(counts)


def second_orders(orders: pd.DataFrame, day: date, within: int = 90) -> dict[date, tuple[int, int]]:
    """By month of the first order: who ordered again on one of the `within` days after that day, and all who began.

    Cohorts some of whom had less time than that are left out.
    """
    ordered = orders.groupby("customer_id")["day"].agg(["min"]).rename(columns={"min": "first"})
    later = orders.join(ordered, on="customer_id")
    again = later[later.day > later["first"]].groupby("customer_id")["day"].min()
    ordered["days"] = (again - ordered["first"]).dt.days
    found = {}
    for month, cohort in ordered.groupby(ordered["first"].dt.to_period("M")):
        if month.end_time.date() + timedelta(days=within) < day:
            found[month.start_time.date()] = (int((cohort.days <= within).sum()), len(cohort))
    return found


def present(orders: pd.DataFrame, moment: date) -> set[str]:
    """Customers with an order in the 365 days before the morning of a day."""
    since = pd.Timestamp(moment) - pd.Timedelta(days=ELIGIBLE)
    return set(orders.customer_id[(orders.day >= since) & (orders.day < pd.Timestamp(moment))])


def churn(orders: pd.DataFrame, start: date, end: date) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of the churn and retention rates of [start, end)."""
    before, after = present(orders, start), present(orders, end)
    first = orders.groupby("customer_id")["day"].min()
    new = int(((first >= pd.Timestamp(start)) & (first < pd.Timestamp(end))).sum())
    gone = len(before - after)
    return {
        "churn_rate_start_base": (gone, len(before)),
        "churn_rate_stripe": (gone, len(before) + new),
        "retention_rate": (len(before) - gone, len(before)),
    }
