"""Messages the shop sends: the newsletter, sale messages and the win-back offers that are not the CRM's."""

from datetime import timedelta

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import DAY_SECONDS, NEVER, Columns, Flags, Integers, as_ids, as_times, by_time, named
from wellkept.demo.campaigns import WINBACK_CHANNELS
from wellkept.demo.customers import Accounts
from wellkept.demo.draws import event_lanes, uniforms
from wellkept.demo.life import Life, Mood
from wellkept.demo.payments import with_duplicates
from wellkept.demo.season import SALES
from wellkept.demo.state import HERE, LOOKING
from wellkept.demo.winback import EMAIL, PUSH, SMS, assign_contacts, winback_codes, winback_names

CHANNELS = WINBACK_CHANNELS[:3]
KINDS = ("sent", "delivered", "bounce", "open", "click", "unsubscribe")
SENT, DELIVERED, BOUNCE, OPEN, CLICK, UNSUBSCRIBE = range(len(KINDS))
NEWSLETTER_TO = 270  # days since the last order, or since joining

BOUNCES, CLICKS, UNSUBSCRIBES, OPENS_PUSH = 0.01, 0.18, 0.004, 0.12
AWAY_OPENS, AWAY_UNSUBSCRIBES = 0.2, 3.0
"""What having left does to the chance to open and to unsubscribe."""


def send_messages(life: Life, accounts: Accounts) -> tuple[Columns, dict[str, Integers]]:
    """Everything sent and what came of it, and when each person took which consent back (NEVER if not).

    Newsletters go out in the order of time, because an unsubscription ends those that follow.
    """
    unsubscribed = {name: np.full(len(accounts), NEVER) for name in accounts.consents}
    names, parts = list[str](), list[Columns]()
    for day, mood in sorted(life.moods.items()):
        who = _newsletter_readers(life, accounts, mood, day, unsubscribed["email"])
        is_away = ~np.isin(mood.stage[who], (LOOKING, HERE)) | (mood.pace[who] < 1)
        at = np.full(len(who), day * DAY_SECONDS + 9 * 3_600)
        sent = _send(life, who, at, np.full(len(who), EMAIL), is_away, len(names))
        names.append(f"newsletter-{life.charter.first_day + timedelta(days=day):%Y-%m}")
        leave = sent["kind"] == UNSUBSCRIBE
        unsubscribed["email"][sent["who"][leave]] = sent["at"][leave]
        parts.append(sent)
    for code, (who, day, channel, name) in enumerate(_sales(life, accounts), start=len(names)):
        at = np.full(len(who), day * DAY_SECONDS + 10 * 3_600)
        parts.append(_send(life, who, at, np.full(len(who), channel), np.zeros(len(who), np.bool_), code))
        names.append(name)
    offers, offer_names = _offers(life, accounts, unsubscribed["email"], len(names))
    parts.append(offers)
    joined = {name: np.concatenate([part[name] for part in parts]) for name in offers}
    ties = (joined["who"] * len(names + offer_names) + joined["campaign"]) * len(KINDS) + joined["kind"]
    messages = by_time(joined.pop("at"), ties, **joined)
    messages["names"] = np.array(names + offer_names)
    return messages, unsubscribed


def list_interactions(life: Life, messages: Columns) -> pa.Table:
    """What happened with the shop's messages before the end; one row in so many stands there twice."""
    names = tuple(messages["names"].tolist())
    kept = messages["second"] < life.end
    rows = {name: values[kept] for name, values in messages.items() if name != "names"}
    at = as_times(rows["second"], life.charter.first_day)
    incoming = np.isin(rows["kind"], (OPEN, CLICK, UNSUBSCRIBE))
    table = pa.table(
        {
            "interaction_id": as_ids("I", rows["number"], width=7),
            "customer_id": as_ids("C", rows["who"]),
            "occurred_at": at,
            "channel": named(rows["channel"], CHANNELS),
            "kind": named(rows["kind"], KINDS),
            "direction": named(incoming, ("out", "in")),
            "campaign_id": named(rows["campaign"], names),
            "updated_at": at,
        }
    )
    return with_duplicates(table, rows["number"], life.truth.duplicates_every)


def _newsletter_readers(life: Life, accounts: Accounts, mood: Mood, day: int, unsubscribed: Integers) -> Integers:
    count, second = len(mood.stage), day * DAY_SECONDS
    agrees = accounts.consents["email"][:count] & (unsubscribed[:count] >= second)
    is_recent = (day - mood.last < NEWSLETTER_TO) & (accounts.deleted[:count] >= second)
    return np.flatnonzero(agrees & is_recent)


def _sales(life: Life, accounts: Accounts) -> list[tuple[Integers, int, int, str]]:
    """Who gets which sale's message, on which day: SMS for who agreed, push for who agreed and not to SMS."""
    found = []
    for number in range(life.days):
        day = life.charter.first_day + timedelta(days=number)
        if (day.month, day.day) in {(month, start) for month, start, _ in SALES}:
            here = (accounts.created < number * DAY_SECONDS) & (accounts.deleted >= number * DAY_SECONDS)
            sms, push = here & accounts.consents["sms"], here & accounts.consents["push"]
            found.append((np.flatnonzero(sms), number, SMS, f"sale-{day:%Y-%m}-sms"))
            found.append((np.flatnonzero(push & ~sms), number, PUSH, f"sale-{day:%Y-%m}-push"))
    return found


def _offers(life: Life, accounts: Accounts, unsubscribed: Integers, from_code: int) -> tuple[Columns, list[str]]:
    contacts = assign_contacts(life, accounts, unsubscribed)
    rows = ~contacts["is_crm"]
    who, at, channel = contacts["who"][rows], contacts["second"][rows], contacts["channel"][rows]
    codes = winback_codes(life, contacts)[rows] + from_code
    sent = _send(life, who, at, channel, np.zeros(len(who), np.bool_), codes, may_end=False)
    return sent, list(winback_names(life))


def _send(
    life: Life,
    who: Integers,
    at: Integers,
    channel: Integers,
    is_away: Flags,
    campaign: Integers | int,
    may_end: bool = True,
) -> Columns:
    """One message to each, and what came of it."""
    drawn = uniforms(event_lanes(who, at), life.key("message"), 9)
    out = at + (drawn[:, 0] * 3_600).astype(np.int64)
    arrived = out + 2 + (drawn[:, 1] * 60).astype(np.int64)
    bounced = (drawn[:, 2] < BOUNCES) & (channel != PUSH)
    openness = np.where(channel == EMAIL, life.people.openness[who], np.where(channel == PUSH, OPENS_PUSH, 0))
    opens = ~bounced & (drawn[:, 3] < openness * np.where(is_away, AWAY_OPENS, 1))
    opened = arrived + 30 + (np.minimum(-np.log1p(-drawn[:, 4]) * 8 * 3_600, 5 * DAY_SECONDS)).astype(np.int64)
    clicks = opens & (drawn[:, 5] < CLICKS)
    clicked = opened + 3 + (drawn[:, 6] * 300).astype(np.int64)
    ends = (
        ~bounced & (drawn[:, 7] < UNSUBSCRIBES * np.where(is_away, AWAY_UNSUBSCRIBES, 1)) & (channel == EMAIL) & may_end
    )
    ended = np.maximum(opened, arrived) + 60 + (drawn[:, 8] * 3_600).astype(np.int64)
    parts = [
        (SENT, np.ones(len(who), np.bool_), out),
        (DELIVERED, ~bounced, arrived),
        (BOUNCE, bounced, arrived),
        (OPEN, opens, opened),
        (CLICK, clicks, clicked),
        (UNSUBSCRIBE, ends, ended),
    ]
    rows = np.concatenate([np.flatnonzero(where) for _, where, _ in parts])
    return {
        "at": np.concatenate([time[where] for _, where, time in parts]),
        "who": who[rows],
        "channel": channel[rows],
        "kind": np.repeat(np.arange(len(parts)), [where.sum() for _, where, _ in parts]),
        "campaign": np.broadcast_to(campaign, len(who))[rows],
    }
