"""A feature in plain words, with the customer's own numbers."""

from collections.abc import Callable, Sequence
from functools import cache

from ml.scoring.sayings import Values, say_days, say_number, say_plainly, say_window
from ml.scoring.themes import theme_of

_READ_BESIDE = {
    "silence": ("days_since_last_order", "own_gap_days", "longest_gap_days", "silence_share_of_tenure"),
    "trend": ("orders_count_90d", "orders_count_180d", "orders_count_365d"),
    "frequency": ("order_days_count_365d",),
}
"""What a sentence of these themes says, besides the feature it is about."""


def say(name: str, values: Values) -> str:
    """The feature in plain words, with the numbers of the customer."""
    return _sayer_of(name)(name, values)


def find_needed(name: str) -> Sequence[str]:
    """The features whose values `say` looks at."""
    return tuple(dict.fromkeys([name, *_READ_BESIDE.get(theme_of(name), ())]))


@cache
def _sayer_of(name: str) -> Callable[[str, Values], str]:
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
    return sayings.get(theme_of(name), say_plainly)


def _say_silence(name: str, values: Values) -> str:
    silent, gap = values.get("days_since_last_order"), values.get("own_gap_days")
    longest = values.get("longest_gap_days")
    if silent is None:
        return say_plainly(name, values)
    if name == "lifetime_order_days_count" and name in values:
        return f"ordered on {say_number(values[name], 'day')} so far, now {say_days(silent)} silent"
    if name == "silence_in_longest_gaps" and longest is not None:
        return f"silent for {say_days(silent)}; the longest silence before was {say_days(longest)}"
    if name == "gap_spread" and gap is not None:
        return f"orders at uneven times, in the middle every {say_days(gap)}, now {say_days(silent)} silent"
    if gap is not None:
        is_late = silent >= gap
        return (
            f"ordered every {say_days(gap)}, now {say_days(silent)} silent"
            if is_late
            else f"last ordered {say_days(silent)} ago, before that every {say_days(gap)}"
        )
    is_all = values.get("silence_share_of_tenure") == 1
    return f"ordered on one day only, {say_days(silent)} ago" if is_all else f"last ordered {say_days(silent)} ago"


def _say_trend(name: str, values: Values) -> str:
    window = 90 if "90d" in name else 180
    recent, year = values.get(f"orders_count_{window}d"), values.get("orders_count_365d")
    if recent is None or year is None:
        return say_plainly(name, values)
    return f"{say_number(recent, 'order')} in the last {window} days, of {year:.0f} in a year"


def _say_frequency(name: str, values: Values) -> str:
    if name not in values:
        return "no orders are known"
    value = values[name]
    if name == "orders_count_year_ago":
        return f"{say_number(value, 'order')} at this time a year ago"
    if name == "order_days_per_30d" and "order_days_count_365d" in values:
        return f"ordered on {say_number(values['order_days_count_365d'], 'day')} in a year"
    thing = {"order_days": "order day", "order_months": "month with an order"}.get(name.partition("_count")[0], "order")
    return f"{say_number(value, thing)} in {_window(name)}"


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
    return "customer for a year or longer" if since >= 365 else f"customer for {say_days(since)} only"


def _say_refunds(name: str, values: Values) -> str:
    if name not in values:
        return "nothing is known of refunds"
    what = f"{values[name]:,.0f} refunded" if "amount" in name else say_number(values[name], "refund")
    return f"{what} in {_window(name)}"


def _say_cancellations(name: str, values: Values) -> str:
    return f"{say_number(values.get(name, 0), 'cancelled order')} in {_window(name)}"


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
    return sentences.get(name, f"{say_number(value, 'different product')} in {_window(name)}")


def _window(name: str) -> str:
    return say_window(name.rpartition("_")[2].removesuffix("d"))
