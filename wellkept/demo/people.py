"""Who the demo's customers are: what moves them, and what the shop has on file about them."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import DAY_SECONDS, Flags, Floats, Integers, as_ids, as_times, in_seconds, pick
from wellkept.demo.truth import Truth

FIRST_NAMES = (
    "Ada Aisha Alma Ben Bruno Carla Chen Clara Dario David Elena Emil Fatima Felix Greta Hana Hugo Ida Ines Ivan "
    "Jana Jonas Kofi Lara Leo Lina Luca Maja Marek Mia Nadia Noah Olga Omar Paul Rosa Sami Sofia Tom Zoe"
)
LAST_NAMES = (
    "Adler Baker Bauer Becker Brandt Castro Costa Dubois Eriksen Ferrari Fischer Garcia Hansen Hoffmann Ivanova "
    "Jansen Keller Kim Klein Larsen Lopez Martin Meyer Moreau Murphy Novak Okafor Petrov Popescu Rossi Santos "
    "Schmidt Silva Singh Smith Taylor Torres Weber Wilson Young"
)
PLACES = (("GB", "Leeds"), ("GB", "Bristol"), ("DE", "Bremen"), ("DE", "Leipzig"), ("FR", "Lyon"), ("IE", "Cork"))
PLACE_WEIGHTS = [0.30, 0.18, 0.20, 0.12, 0.14, 0.06]
CHANNELS = np.array(["organic", "paid_search", "paid_social", "referral", "store"])
CHANNEL_WEIGHTS = [0.34, 0.24, 0.20, 0.14, 0.08]


@dataclass(frozen=True)
class People:
    """One batch of customers: traits that drive them, and draws that fill in their records."""

    created: Floats
    first_order: Floats
    orders_ever: Flags
    gap_mean: Floats
    season: Floats
    loyalty: Floats
    basket: Floats
    coupon_share: Floats
    failed_share: Floats
    favourite: Integers
    changed: Floats
    record: Floats

    def __len__(self) -> int:
        return len(self.created)


def draw_people(rng: np.random.Generator, truth: Truth, count: int, joins_from: float) -> People:
    """`count` customers who join within a year from `joins_from`, in the order they join."""
    created = np.sort(joins_from + truth.year_length * rng.random(count))
    moved_after = np.where(rng.random(count) < truth.customer_changed, rng.exponential(200, count) + 5, np.inf)
    return People(
        created=created,
        first_order=created + rng.exponential(truth.first_order_wait, count),
        orders_ever=rng.random(count) >= truth.never_orders,
        gap_mean=rng.lognormal(np.log(truth.gap_median), truth.gap_sigma, count),
        season=rng.gamma(truth.season_shape, truth.season_mean / truth.season_shape, count),
        loyalty=rng.gamma(truth.churn_shape, 1 / truth.churn_shape, count),
        basket=rng.beta(truth.basket_a, truth.basket_b, count),
        coupon_share=rng.beta(truth.coupon_a, truth.coupon_b, count),
        failed_share=rng.beta(truth.failed_a, truth.failed_b, count),
        favourite=rng.integers(0, 6, count),
        changed=created + moved_after,
        record=rng.random((count, 12)),
    )


def list_customers(people: People, numbers: Integers, deleted: Floats, first_day: date, end: int) -> pa.Table:
    """The customers on file at second `end`; a deleted one keeps its key and loses what names a person."""
    created = in_seconds(people.created)
    is_gone = in_seconds(np.minimum(deleted, 1e6)) < end
    has_moved = (in_seconds(np.minimum(people.changed, 1e6)) < end) & ~is_gone
    updated = np.where(has_moved, people.changed, people.created)
    updated = np.where(is_gone, deleted, updated)
    draws = people.record
    place = np.where(has_moved, pick(draws[:, 1], PLACE_WEIGHTS), pick(draws[:, 0], PLACE_WEIGHTS))
    born = pa.array(np.datetime64("1948-01-01") + (draws[:, 2] * 58 * 365.25).astype("timedelta64[D]"))
    channel = CHANNELS[pick(draws[:, 3], CHANNEL_WEIGHTS)]
    known = pa.table(
        {
            "customer_id": as_ids("C", numbers),
            **_name(draws, numbers, is_gone),
            "birth_date": _blank(born, is_gone | (draws[:, 4] < 0.3)),
            "country": pa.array(np.array([country for country, _ in PLACES])[place]),
            "city": pa.array(np.array([city for _, city in PLACES])[place]),
            "acquisition_channel": pa.array(channel),
            "acquisition_campaign": _campaign(channel, created, first_day),
            "consent_email": pa.array((draws[:, 5] < np.where(has_moved, 0.6, 0.75)) & ~is_gone),
            "consent_sms": pa.array((draws[:, 6] < 0.3) & ~is_gone),
            "consent_push": pa.array((draws[:, 7] < 0.2) & ~is_gone),
            "created_at": as_times(created, first_day),
            "updated_at": as_times(in_seconds(updated), first_day),
            "deleted_at": as_times(in_seconds(np.minimum(deleted, 1e6)), first_day, missing=~is_gone),
            "loyalty_note": _loyalty_note(draws[:, 8]),
        }
    )
    return known.filter(pa.array(created < end))


def _name(draws: Floats, numbers: Integers, is_gone: Flags) -> dict[str, pa.Array]:
    firsts, lasts = np.array(FIRST_NAMES.split()), np.array(LAST_NAMES.split())
    first = firsts[(draws[:, 9] * len(firsts)).astype(int)]
    last = lasts[(draws[:, 10] * len(lasts)).astype(int)]
    mailbox = np.char.add(np.char.add(np.char.lower(first), "."), np.char.lower(last))
    email = np.char.add(np.char.add(mailbox, numbers.astype(str)), "@example.com")
    phone = np.char.add("+44 7700 900", np.char.zfill((draws[:, 11] * 1000).astype(int).astype(str), 3))
    return {
        "email": _blank(pa.array(email), is_gone),
        "first_name": _blank(pa.array(first), is_gone),
        "last_name": _blank(pa.array(last), is_gone),
        "phone": _blank(pa.array(phone), is_gone | (draws[:, 8] > 0.6)),
    }


def _campaign(channel: Floats, created: Integers, first_day: date) -> pa.Array:
    month = (np.datetime64(first_day) + (created // DAY_SECONDS).astype("timedelta64[D]")).astype("datetime64[M]")
    name = np.char.add(np.char.add(channel.astype(str), "-"), month.astype(str))
    return _blank(pa.array(name), np.isin(channel, ["organic", "referral", "store"]))


def _loyalty_note(draw: Floats) -> pa.Array:
    note = pa.array(np.where(draw < 0.05, "card lost, replaced", "welcome pack sent"))
    return _blank(note, draw > 0.12)


def _blank(values: pa.Array, where: Flags) -> pa.Array:
    return pa.compute.if_else(pa.array(where), pa.scalar(None, values.type), values)
