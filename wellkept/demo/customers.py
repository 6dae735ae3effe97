"""The shop's customers: what is on file about each, as it stands on the last morning."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from wellkept.demo import identities
from wellkept.demo.arrays import (
    DAY_SECONDS,
    NEVER,
    Flags,
    Floats,
    Integers,
    as_ids,
    as_times,
    blank,
    in_seconds,
    latest,
    named,
    pick,
)
from wellkept.demo.draws import event_lanes, uniforms
from wellkept.demo.life import Life

CHANNELS = ("organic", "paid_search", "paid_social", "referral", "offline")
CHANNEL_WEIGHTS = (0.34, 0.24, 0.20, 0.14, 0.08)
PAID = (1, 2)
CONSENTS = {"email": 0.72, "sms": 0.30, "push": 0.22}
"""The share that agrees to each channel when joining."""
SHARED_ADDRESS = 0.005


@dataclass(frozen=True)
class Accounts:
    """Everybody's record, the future included; times are seconds, NEVER for what never comes."""

    created: Integers
    moved: Integers
    deleted: Integers
    place: Integers
    place_after: Integers
    channel: Integers
    consents: dict[str, Flags]
    """What each agreed to when joining."""
    first_name: pa.Array
    last_name: pa.Array
    email: pa.Array

    def __len__(self) -> int:
        return len(self.created)


def open_accounts(life: Life) -> Accounts:
    """The record of everybody there is, also of those who join after the life's end."""
    record = life.people.record
    first, last = identities.first_names(record[:, 1]), identities.last_names(record[:, 2])
    numbers = np.arange(len(life.people))
    shared = identities.shares_address(record[:, 17], SHARED_ADDRESS)
    email = identities.emails(first, last, numbers)
    return Accounts(
        created=in_seconds(life.people.created),
        moved=in_seconds(life.people.moved),
        deleted=_deleted(life),
        place=pick(record[:, 8], identities.PLACE_WEIGHTS),
        place_after=pick(record[:, 9], identities.PLACE_WEIGHTS),
        channel=pick(record[:, 7], CHANNEL_WEIGHTS),
        consents={name: record[:, 10 + at] < share for at, (name, share) in enumerate(CONSENTS.items())},
        first_name=first,
        last_name=last,
        email=email.take(pa.array(np.where(shared, numbers - 1, numbers))),
    )


def _deleted(life: Life) -> Integers:
    """When each account is deleted: 3 to 60 days after its owner left, if ever."""
    departures = life.happened["departures"]
    rows = departures["deletes"]
    who, day = departures["who"][rows], departures["day"][rows]
    wait = 3 + 57 * uniforms(event_lanes(who, day), life.key("deletion"), 1)[:, 0]
    deleted = np.full(len(life.people), NEVER)
    deleted[who] = ((day + wait) * DAY_SECONDS).astype(np.int64)
    return deleted


def list_customers(life: Life, accounts: Accounts, unsubscribed: dict[str, Integers]) -> pa.Table:
    """The accounts opened before the end; a deleted one keeps its key and loses what names a person.

    `unsubscribed` is, by channel, when each took the consent back.
    """
    end, first_day, record = life.end, life.charter.first_day, life.people.record
    is_gone = accounts.deleted < end
    has_moved = (accounts.moved < end) & ~is_gone
    moved = np.where(accounts.moved < accounts.deleted, accounts.moved, NEVER)
    updated = latest(end, accounts.created, moved, accounts.deleted, *unsubscribed.values())
    place = np.where(has_moved, accounts.place_after, accounts.place)
    born = pa.array(np.datetime64("1948-01-01") + (record[:, 5] * 58 * 365.25).astype("timedelta64[D]"))
    table = pa.table(
        {
            "customer_id": as_ids("C", np.arange(len(accounts))),
            "email": blank(accounts.email, is_gone),
            "first_name": blank(accounts.first_name, is_gone),
            "last_name": blank(accounts.last_name, is_gone),
            "phone": blank(identities.phones(record[:, 4]), is_gone | (record[:, 3] > 0.6)),
            "country": identities.countries(place),
            "city": identities.cities(place),
            "birth_date": blank(born, is_gone | (record[:, 6] < 0.3)),
            "acquisition_channel": named(accounts.channel, CHANNELS),
            "acquisition_campaign": acquisition_campaigns(life, accounts),
            **{
                f"consent_{name}": pa.array(agreed & (unsubscribed[name] >= end) & ~is_gone)
                for name, agreed in accounts.consents.items()
            },
            "created_at": as_times(accounts.created, first_day),
            "updated_at": as_times(updated, first_day),
            "deleted_at": as_times(accounts.deleted, first_day, missing=~is_gone),
            "loyalty_note": _loyalty_note(record[:, 13]),
        }
    )
    return table.slice(0, life.joined)


def acquisition_campaigns(life: Life, accounts: Accounts) -> pa.Array:
    """The campaign of who came by a paid channel: one a channel and month."""
    day = (accounts.created // DAY_SECONDS).astype("timedelta64[D]")
    month = (np.datetime64(life.charter.first_day) + day).astype("datetime64[M]")
    months, at = np.unique(month, return_inverse=True)
    names = [f"{channel}-{one}" for channel in CHANNELS for one in months]
    codes = accounts.channel * len(months) + at
    return named(codes, tuple(names), missing=~np.isin(accounts.channel, PAID))


def _loyalty_note(drawn: Floats) -> pa.Array:
    """A column that no contract knows."""
    return named((drawn < 0.05).astype(np.int64), ("welcome pack sent", "card lost, replaced"), missing=drawn > 0.12)
