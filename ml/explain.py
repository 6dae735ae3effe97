"""Why a customer's risk is what it is: contributions in words, with the customer's own numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = Mapping[str, float]
_REASONS = 3

# What says the same thing twice is told once: the strongest of each theme speaks.
_THEMES = {
    "silence": ("days_since_last_order", "silence_", "gap_", "own_gap", "mean_gap", "last_gap", "longest_gap"),
    "trend": ("orders_trend",),
    "frequency": ("orders_count", "order_days", "order_months"),
    "amount": ("amount_",),
    "tenure": ("tenure",),
    "refunds": ("refund",),
    "cancellations": ("cancelled",),
    "discounts": ("discount",),
    "basket": ("distinct_products", "lines_per", "quantity_per", "mean_unit_price", "repeated_products"),
    "season": ("season",),
}


@dataclass(frozen=True)
class Reason:
    """One feature that raises the risk."""

    feature: str
    value: float | None
    contribution: float
    sentence: str


def find_reasons(names: Sequence[str], values: NDArray[np.float64], contributions: NDArray[np.float64]) -> list[Reason]:
    """Up to three features that raise the raw score most, one a theme, strongest first."""
    known = {name: float(value) for name, value in zip(names, values, strict=True) if not math.isnan(value)}
    reasons: list[Reason] = []
    themes: set[str] = set()
    for index in np.argsort(-contributions[: len(names)], kind="stable"):
        name, contribution = names[index], float(contributions[index])
        if contribution <= 0 or len(reasons) == _REASONS:
            break
        if theme_of(name) not in themes:
            themes.add(theme_of(name))
            reasons.append(Reason(name, known.get(name), contribution, say(name, known)))
    return reasons


def theme_of(name: str) -> str:
    """What the feature is about."""
    for theme, beginnings in _THEMES.items():
        if name.startswith(beginnings):
            return theme
    return name


def say(name: str, values: Values) -> str:
    """The feature in plain words, with the numbers of the customer."""
    sayings = {
        "silence": _say_silence,
        "trend": _say_trend,
        "frequency": _say_frequency,
        "amount": _say_amount,
        "tenure": _say_tenure,
        "refunds": _say_refunds,
        "cancellations": _say_cancellations,
        "discounts": _say_discounts,
        "basket": _say_basket,
    }
    theme = theme_of(name)
    return sayings[theme](name, values) if theme in sayings else _say_plainly(name, values)


def _say_silence(name: str, values: Values) -> str:
    silent, gap = values.get("days_since_last_order"), values.get("own_gap_days")
    longest = values.get("longest_gap_days")
    if silent is None:
        return _say_plainly(name, values)
    if name == "silence_in_longest_gaps" and longest is not None:
        return f"silent for {_days(silent)}; the longest silence before was {_days(longest)}"
    if name == "gap_spread" and gap is not None:
        return f"orders at uneven times, in the middle every {_days(gap)}, now {_days(silent)} silent"
    if gap is not None:
        is_late = silent >= gap
        return (
            f"ordered every {_days(gap)}, now {_days(silent)} silent"
            if is_late
            else f"last ordered {_days(silent)} ago, before that every {_days(gap)}"
        )
    if values.get("silence_share_of_tenure") == 1:
        return f"ordered on one day only, {_days(silent)} ago"
    return f"last ordered {_days(silent)} ago"


def _say_trend(name: str, values: Values) -> str:
    window = 90 if "90d" in name else 180
    recent, year = values.get(f"orders_count_{window}d"), values.get("orders_count_365d")
    if recent is None or year is None:
        return _say_plainly(name, values)
    return f"{_count(recent, 'order')} in the last {window} days, of {year:.0f} in a year"


def _say_frequency(name: str, values: Values) -> str:
    if name not in values:
        return "no orders are known"
    value = values[name]
    if name == "orders_count_year_ago":
        return f"{_count(value, 'order')} at this time a year ago"
    if name == "order_days_per_30d" and "order_days_count_365d" in values:
        return f"ordered on {_count(values['order_days_count_365d'], 'day')} in a year"
    thing = {"order_days": "order day", "order_months": "month with an order"}.get(name.partition("_count")[0], "order")
    return f"{_count(value, thing)} in {_window(name)}"


def _say_amount(name: str, values: Values) -> str:
    if name not in values:
        return "order amounts are unknown"
    if name == "amount_per_order_365d":
        return f"orders of {values[name]:,.0f} on average"
    return f"spent {values[name]:,.0f} in {_window(name)}" if values[name] else f"spent nothing in {_window(name)}"


def _say_tenure(name: str, values: Values) -> str:
    if name not in values:
        return "never ordered"
    since = values[name]
    return "customer for a year or longer" if since >= 365 else f"customer for {_days(since)} only"


def _say_refunds(name: str, values: Values) -> str:
    what = f"{values.get(name, 0):,.0f} refunded" if "amount" in name else _count(values.get(name, 0), "refund")
    return f"{what} in {_window(name)}"


def _say_cancellations(name: str, values: Values) -> str:
    return f"{_count(values.get(name, 0), 'cancelled order')} in {_window(name)}"


def _say_discounts(name: str, values: Values) -> str:
    if name not in values:
        return "no discounts are known"
    share = f"{values[name]:.0%}"
    return f"{share} of the orders with a discount" if "orders_share" in name else f"{share} off on average"


def _say_basket(name: str, values: Values) -> str:
    if name not in values:
        return f"no order lines in {_window(name)}"
    value = values[name]
    sentences = {
        "lines_per_order_365d": f"{value:.1f} lines in an order",
        "quantity_per_order_365d": f"{value:,.0f} pieces in an order",
        "mean_unit_price_365d": f"mean unit price of {value:,.2f}",
        "repeated_products_share_365d": f"{value:.0%} of the lines repeat a product",
    }
    return sentences.get(name, f"{_count(value, 'different product')} in {_window(name)}")


def _say_plainly(name: str, values: Values) -> str:
    words = name.replace("_", " ")
    return f"{words}: {values[name]:,.2f}" if name in values else f"{words} is unknown"


def _window(name: str) -> str:
    days = name.rpartition("_")[2].removesuffix("d")
    return {"365": "a year"}.get(days, f"{days} days")


def _days(value: float) -> str:
    return _count(value, "day")


def _count(value: float, thing: str) -> str:
    number = f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"
    if number == "1":
        return f"1 {thing}"
    first, _, rest = thing.partition(" with ")
    plural = f"{first}s with {rest}" if rest else f"{thing}s"
    return f"{'no' if number == '0' else number} {plural}"
