"""Active retention contacts: who is reached how, and for which campaign."""

import numpy as np

from wellkept.demo.arrays import DAY_SECONDS, Columns, Integers
from wellkept.demo.campaigns import WINBACK_CHANNELS
from wellkept.demo.customers import Accounts
from wellkept.demo.draws import event_lanes, uniforms
from wellkept.demo.life import Life

EMAIL, SMS, PUSH, CALL, EVENT = range(len(WINBACK_CHANNELS))


def assign_contacts(life: Life, accounts: Accounts, unsubscribed: Integers) -> Columns:
    """How each active retention contact is made: `channel` is a place in WINBACK_CHANNELS, `is_crm` who makes it.

    The CRM's people call, meet at events, or write to who agreed to e-mail; the shop writes to who agreed to anything.
    """
    contacts = life.happened["contacts"]
    who = contacts["who"]
    drawn = uniforms(event_lanes(who, contacts["day"]), life.key("contact"), 3)
    second = contacts["day"] * DAY_SECONDS + 9 * 3_600 + (drawn[:, 2] * 8 * 3_600).astype(np.int64)
    email = accounts.consents["email"][who] & (unsubscribed[who] >= second)
    sms, push = accounts.consents["sms"][who], accounts.consents["push"][who]
    by_person = np.where((drawn[:, 1] < 0.35) & email, EMAIL, np.where(drawn[:, 1] < 0.9, CALL, EVENT))
    by_shop = np.where(email, EMAIL, np.where(sms, SMS, np.where(push, PUSH, CALL)))
    is_crm = (drawn[:, 0] < 0.45) | (by_shop == CALL)
    rows = accounts.deleted[who] > second
    return {
        "who": who[rows],
        "second": second[rows],
        "channel": np.where(is_crm, by_person, by_shop)[rows],
        "is_crm": is_crm[rows],
    }


def winback_names(life: Life) -> tuple[str, ...]:
    """The win-back campaigns by month since the first day's, and by channel."""
    first, months = life.charter.first_day, life.days // 28 + 2
    starts = [(first.year + at // 12, at % 12 + 1) for at in range(first.month - 1, first.month - 1 + months)]
    return tuple(f"winback-{year}-{month:02}-{channel}" for year, month in starts for channel in WINBACK_CHANNELS)


def winback_codes(life: Life, contacts: Columns) -> Integers:
    """The place of each contact's campaign in `winback_names`."""
    first = np.datetime64(life.charter.first_day)
    day = first + (contacts["second"] // DAY_SECONDS).astype("timedelta64[D]")
    month = (day.astype("datetime64[M]") - first.astype("datetime64[M]")).astype(np.int64)
    codes: Integers = month * len(WINBACK_CHANNELS) + contacts["channel"]
    return codes
