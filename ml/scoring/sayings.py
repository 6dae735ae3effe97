"""Features in plain words with the customer's numbers, where no more than the feature itself is needed to say it."""

import re
from collections.abc import Mapping

Values = Mapping[str, float]

# What is said of a value, and of NULL. Counts, trends and days since are said by the pattern of their names, below.
_SENTENCES = {
    "is_last_payment_failed": ("the last payment {fared}", "no payment in a year"),
    "failed_payments_share_365d": ("{value:.0%} of the payments of a year failed", "no payment in a year"),
    "longest_open_ticket_days": ("a ticket has been open for {days}", "no ticket is open"),
    "mean_first_response_hours_365d": ("tickets waited {value:,.0f} hours for an answer", "no ticket in a year"),
    "mean_resolution_hours_365d": ("tickets took {value:,.0f} hours to resolve", "no ticket in a year"),
    "is_nps_detractor": ("the last NPS answer was {judged}", "no NPS answer in a year"),
    "last_nps_score_365d": ("last NPS answer: {value:.0f} of 10", "no NPS answer in a year"),
    "nps_change_365d": ("NPS answers moved by {value:+.0f}", "no two NPS answers in a year"),
    "last_csat_score_365d": ("last satisfaction score: {value:.0f} of 5", "no satisfaction score in a year"),
    "mean_csat_score_365d": ("mean satisfaction score: {value:.1f} of 5", "no satisfaction score in a year"),
    "last_ces_score_365d": ("last effort score: {value:.0f} of 7", "no effort score in a year"),
    "last_ticket_csat_score_365d": ("last ticket scored {value:.0f} of 5", "no ticket scored in a year"),
    "mean_ticket_csat_score_365d": ("tickets scored {value:.1f} of 5 on average", "no ticket scored in a year"),
    "mean_sentiment_365d": ("mean sentiment of {value:+.1f}, from -1 to 1", "no score given in a year"),
    "open_share_90d": ("opened {value:.0%} of the messages of 90 days", "no message in 90 days"),
    "open_share_365d": ("opened {value:.0%} of the messages of a year", "no message in a year"),
    "messages_sent_count_90d": ("{value:.0f} messages in 90 days", "messages are unknown"),
    "messages_sent_count_365d": ("{value:.0f} messages in a year", "messages are unknown"),
    "pages_per_session_90d": ("{value:.1f} pages a session", "no session in 90 days"),
    "engagement_change_90d": ("engagement moved by {value:+.0%} in 90 days", "no engagement in 180 days"),
    "engagement_weight_365d": ("engagement of {value:.1f}, recent acts counting more", "engagement is unknown"),
    "is_subscriber": ("{runs} a subscription", "nothing is known of subscriptions"),
    "has_cancelled_subscription": ("{has} cancelled a subscription that runs", "nothing is known of subscriptions"),
    "days_to_period_end": ("the subscription's period ends in {days}", "no subscription runs"),
    "days_since_subscription_started": ("the subscription's term began {days} ago", "no subscription runs"),
    "subscription_days_365d": ("a subscriber on {days} of a year", "nothing is known of subscriptions"),
    "subscription_annual_value": ("subscriptions worth {value:,.0f} a year", "no subscription runs"),
    "redeemed_points_share_365d": ("redeemed {value:.0%} of the points of a year", "no points earned in a year"),
}
_COUNT = re.compile(r"(?P<things>\w+?)_count(?:_(?P<days>\d+)d)?$")
_TREND = re.compile(r"(?P<things>\w+)_trend_(?P<recent>\d+)d_(?P<days>\d+)d$")
_SINCE = re.compile(r"days_since_(?P<last>last_)?(?P<thing>\w+)$")
_POINTS = re.compile(r"points_(?P<done>\w+)_(?P<days>\d+)d$")
_UNTRODDEN = {"touches": "touch", "replies": "reply"}


def say_plainly(name: str, values: Values) -> str:
    """A sentence about any feature, whatever is known of it."""
    value = values.get(name)
    if name in _SENTENCES:
        known, unknown = _SENTENCES[name]
        return unknown if value is None else known.format(value=value, days=say_days(value), **_say_flag(value))
    for pattern, speak in ((_COUNT, _say_count), (_TREND, _say_trend), (_SINCE, _say_since), (_POINTS, _say_points)):
        if found := pattern.match(name):
            return speak(found, value)
    is_flag = name.startswith(("is_", "has_"))
    words = _words(name.partition("_")[2] if is_flag else name)
    if value is None:
        return f"{words} is unknown"
    return f"{words}: {'yes' if value else 'no'}" if is_flag else f"{words}: {value:,.2f}"


def say_window(days: str | None) -> str:
    """`365` as a year."""
    return {"365": "a year"}.get(days or "", f"{days} days")


def say_days(value: float) -> str:
    return say_number(value, "day")


def say_number(value: float, thing: str) -> str:
    """`1 order`, `no orders`, `2.5 order days`."""
    number = f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"
    if number == "1":
        return f"1 {thing}"
    first, _, rest = thing.partition(" with ")
    plural = f"{_plural(first)} with {rest}" if rest else _plural(thing)
    return f"{'no' if number == '0' else number} {plural}"


def _say_count(found: re.Match[str], value: float | None) -> str:
    things = _words(found["things"])
    if value is None:
        return f"nothing is known of {things}"
    said = say_number(value, _singular(things))
    return f"{said} in {say_window(found['days'])}" if found["days"] else said


def _say_trend(found: re.Match[str], value: float | None) -> str:
    things, window = _words(found["things"]), say_window(found["days"])
    if value is None:
        return f"no {things} in {window}"
    return f"{value:.0%} of the {things} in {window} came in the last {found['recent']} days"


def _say_since(found: re.Match[str], value: float | None) -> str:
    thing = _words(found["thing"])
    if value is None:
        return f"no {thing} in a year"
    return f"{'last ' if found['last'] else ''}{thing} {say_days(value)} ago"


def _say_points(found: re.Match[str], value: float | None) -> str:
    if value is None:
        return "loyalty points are unknown"
    return f"{value:,.0f} points {found['done']} in {say_window(found['days'])}"


def _say_flag(value: float) -> dict[str, str]:
    if value:
        return {"fared": "failed", "judged": "6 or less", "has": "has", "runs": "has"}
    return {"fared": "went through", "judged": "7 or more", "has": "has not", "runs": "is without"}


def _words(name: str) -> str:
    return name.replace("_", " ").replace("nps", "NPS")


def _singular(things: str) -> str:
    """`carts since last order` as `cart since last order`."""
    head, since, rest = things.partition(" since ")
    *before, noun = head.split(" ")
    one = _UNTRODDEN.get(noun, noun.removesuffix("s"))
    return " ".join([*before, one]) + since + rest


def _plural(thing: str) -> str:
    head, since, rest = thing.partition(" since ")
    many = {one: more for more, one in _UNTRODDEN.items()}
    *before, noun = head.split(" ")
    return " ".join([*before, many.get(noun, f"{noun}s")]) + since + rest
