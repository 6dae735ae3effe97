"""Campaigns: to win customers, the newsletter and the sales, and to keep who has gone quiet."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import DAY_SECONDS, as_amounts, as_times
from wellkept.demo.draws import key
from wellkept.demo.life import Life
from wellkept.demo.season import NEWSLETTER_DAY, SALES, WINBACK_MONTHS

WINBACK_CHANNELS = ("email", "sms", "push", "call", "event")
_ANNOUNCED = 7  # days before it starts a campaign is on file
_SETTLED = 10  # days after its end its true cost is


@dataclass(frozen=True)
class Campaign:
    """A campaign as planned."""

    campaign_id: str
    name: str
    channel: str
    retention_mode: str | None
    started_on: date
    ended_on: date
    budget_cents: int


def plan_campaigns(first_day: date, days: int, customers: int) -> list[Campaign]:
    """All campaigns that start before day `days` + a week, in the order of their start."""
    last_day = first_day + timedelta(days=days + _ANNOUNCED)
    months = [
        date(first_day.year + at // 12, at % 12 + 1, 1)
        for at in range(first_day.month - 1, (last_day.year - first_day.year) * 12 + last_day.month)
    ]
    planned = [campaign for month in months for campaign in _of_month(month, customers)]
    return sorted(
        (one for one in planned if one.started_on < last_day), key=lambda one: (one.started_on, one.campaign_id)
    )


def _of_month(month: date, customers: int) -> list[Campaign]:
    last = _month_end(month)
    named = f"{month:%Y-%m}"
    campaigns = [
        Campaign(f"{channel}-{named}", f"{title} {named}", channel, None, month, last, customers * cents)
        for channel, title, cents in (("paid_search", "Search ads", 18), ("paid_social", "Social ads", 21))
    ]
    letter = month.replace(day=NEWSLETTER_DAY)
    campaigns.append(Campaign(f"newsletter-{named}", f"Newsletter {named}", "email", "passive", letter, letter, 20_000))
    for sale_month, start, end in SALES:
        if sale_month == month.month:
            begin, finish = month.replace(day=start), month.replace(day=end)
            campaigns += [
                Campaign(f"sale-{named}-{channel}", f"Sale {named}", channel, "passive", begin, finish, customers * 3)
                for channel in ("sms", "push")
            ]
    if month.month in WINBACK_MONTHS:
        campaigns += [
            Campaign(
                f"winback-{named}-{channel}", f"We miss you {named}", channel, "active", month, last, customers * 8
            )
            for channel in WINBACK_CHANNELS
        ]
    return campaigns


def _month_end(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def list_campaigns(life: Life) -> pa.Table:
    """The campaigns announced before the end; the cost is the budget until the bills are in."""
    charter = life.charter
    planned = plan_campaigns(charter.first_day, life.days, charter.customers)
    announced = [((one.started_on - charter.first_day).days - _ANNOUNCED) * DAY_SECONDS for one in planned]
    settled = [((one.ended_on - charter.first_day).days + _SETTLED) * DAY_SECONDS for one in planned]
    rows = [at for at, second in enumerate(announced) if second < life.end]
    kept = [planned[at] for at in rows]
    is_settled = [settled[at] < life.end for at in rows]
    updated = np.array([settled[at] if done else announced[at] for at, done in zip(rows, is_settled, strict=True)])
    cents = [_cost(charter.seed, one) if done else one.budget_cents for one, done in zip(kept, is_settled, strict=True)]
    return pa.table(
        {
            "campaign_id": pa.array([one.campaign_id for one in kept], pa.string()),
            "name": pa.array([one.name for one in kept], pa.string()),
            "channel": pa.array([one.channel for one in kept], pa.string()),
            "retention_mode": pa.array([one.retention_mode for one in kept], pa.string()),
            "started_on": pa.array([one.started_on for one in kept], pa.date32()),
            "ended_on": pa.array([one.ended_on for one in kept], pa.date32()),
            "cost": as_amounts(np.array(cents, np.int64)),
            "updated_at": as_times(updated.astype(np.int64), charter.first_day),
        }
    )


def _cost(seed: int, campaign: Campaign) -> int:
    """Within a tenth of the budget."""
    drawn = int(key(seed, campaign.campaign_id)) / 2**64
    return round(campaign.budget_cents * (0.9 + 0.2 * drawn))
