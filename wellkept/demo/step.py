"""One day in everybody's life: the one step that the company's life and its imagined futures share."""

from dataclasses import dataclass
from math import gamma

import numpy as np

from wellkept.demo.arrays import Columns, Flags, Floats, Integers, Singles
from wellkept.demo.draws import Lanes, key, pair, uniform, uniforms
from wellkept.demo.people import Traits
from wellkept.demo.season import Day
from wellkept.demo.state import DELETED, GONE, HERE, NO_DAY, State
from wellkept.demo.truth import Truth

STARTED, RENEWED, ENDED = 0, 1, 2
"""What happens to a subscription."""


@dataclass(frozen=True)
class Happened:
    """What one day brought, by kind: columns with `who`, one row per happening."""

    orders: Columns
    arrivals: Columns
    subscriptions: Columns
    contacts: Columns
    returns: Columns
    departures: Columns
    hazard: "Hazard"
    """Everybody's hazard of the day; to be read before the next step changes it."""


@dataclass(frozen=True)
class Hazard:
    """Everybody's chance to leave on a day: the sum of its parts, by cause, times the factor of a treatment."""

    parts: dict[str, Singles]
    factor: Singles
    is_at_risk: Flags

    def of(self, who: Integers) -> dict[str, Singles]:
        """The hazard by cause, treatment and all, of some rows."""
        return {cause: part[who] * self.factor[who] for cause, part in self.parts.items()}


def step(
    truth: Truth, traits: Traits, state: State, lanes: Lanes, seed: int, day: Day, has_contacts: bool = True
) -> Happened:
    """Let one day pass: `state` becomes that of the next morning; the same lanes and day always give the same."""
    fate, chance = pair(lanes, key(seed, "fate", day.number))
    returns = _come_back(truth, state, lanes, seed, day, fate)
    arrivals = _deliver(truth, state, lanes, seed, day)
    subscriptions = _renew(truth, traits, state, lanes, seed, day)
    orders, started = _order(truth, traits, state, lanes, seed, day)
    _befall(truth, state, chance)
    contacts = _contact(truth, state, day, chance) if has_contacts else {"who": np.array([], np.int64)}
    hazard = _hazard(truth, traits, state, day.number)
    departures = _leave(truth, state, lanes, seed, day, fate, hazard)
    together = {name: np.concatenate([subscriptions[name], started[name]]) for name in started}
    return Happened(orders, arrivals, together, contacts, returns, departures, hazard)


def _hazard(truth: Truth, traits: Traits, state: State, day: int) -> Hazard:
    silence = np.float32(day) - state.last
    silence /= traits.gap
    silence -= np.float32(truth.silence_after)
    np.maximum(silence, np.float32(0), out=silence)
    np.minimum(silence, np.float32(truth.silence_most), out=silence)
    silence *= np.float32(truth.silence_rate)
    parts = {
        "base": state.base,
        "tickets": state.tickets,
        "payments": state.payments,
        "delivery": state.delivery,
        "silence": silence,
        "hidden": state.hidden,
    }
    factor = np.ones(len(state), np.float32)
    treated = np.flatnonzero(state.contacted > day - truth.treatment_days)
    factor[treated] = traits.treated[treated]
    return Hazard(parts, factor, state.stage == HERE)


def _come_back(truth: Truth, state: State, lanes: Lanes, seed: int, day: Day, fate: Singles) -> Columns:
    who = np.flatnonzero(fate >= np.float32(1 - truth.return_rate))
    who = who[state.stage[who] == GONE]
    state.stage[who] = HERE
    state.until[who] = -truth.return_wait * np.log1p(-uniform(lanes[who], key(seed, "return", day.number)))
    state.wait[who] = np.nan
    state.pace[who] = 1
    state.last[who] = day.number
    state.hidden[who] = 0
    state.contacted[who] = NO_DAY
    return {"who": who}


def _deliver(truth: Truth, state: State, lanes: Lanes, seed: int, day: Day) -> Columns:
    """Parcels arrive, some badly, and some lead to a ticket: `answer` is its first response in hours."""
    _forget(truth, state)
    who = np.flatnonzero(state.parcel == day.number)
    drawn = uniforms(lanes[who], key(seed, "parcel", day.number), 4)
    is_bad = drawn[:, 0] < truth.bad_delivery
    has_ticket = drawn[:, 1] < np.where(is_bad, truth.ticket_if_bad, truth.ticket)
    answer = truth.answer_median * np.exp(truth.answer_sigma * _normal(drawn[:, 2], drawn[:, 3]))
    is_slow = has_ticket & (answer > truth.slow_hours)
    state.delivery[who] += np.float32(truth.delivery_rate) * is_bad
    state.tickets[who] += np.float32(truth.ticket_rate) * is_slow
    return {"who": who, "is_bad": is_bad, "has_ticket": has_ticket, "answer": answer, "trouble": _trouble(state, who)}


def _forget(truth: Truth, state: State) -> None:
    fades = np.float32(0.5 ** (1 / truth.half_life))
    for stress in (state.tickets, state.payments, state.delivery):
        np.multiply(stress, fades, out=stress)


def _trouble(state: State, who: Integers) -> Singles:
    trouble: Singles = state.tickets[who] + state.payments[who] + state.delivery[who]
    return trouble


def _renew(truth: Truth, traits: Traits, state: State, lanes: Lanes, seed: int, day: Day) -> Columns:
    """Periods end: the next one starts, unless the period was the last one or its payment is never mended."""
    who = np.flatnonzero(state.renewal == day.number)
    drawn = uniforms(lanes[who], key(seed, "renewal", day.number), 3)
    is_due = ~state.is_last_period[who]
    is_failed = is_due & (drawn[:, 0] < traits.failed_share[who])
    goes_on = is_due & (~is_failed | (drawn[:, 1] < truth.failed_mended))
    state.payments[who] += np.float32(truth.payment_rate) * is_failed
    state.renewal[who] = np.where(goes_on, day.number + traits.period[who], NO_DAY)
    state.is_last_period[who] = drawn[:, 2] < truth.period_last
    return {
        "who": who,
        "kind": np.where(goes_on, RENEWED, ENDED),
        "is_failed": is_failed,
        "is_last": goes_on & state.is_last_period[who],
    }


def _order(truth: Truth, traits: Traits, state: State, lanes: Lanes, seed: int, day: Day) -> tuple[Columns, Columns]:
    """Who orders today, and the subscriptions that start with it."""
    state.until[:] -= _speed(truth, traits, state, day)
    who = np.flatnonzero(state.until <= 0)
    drawn = uniforms(lanes[who], key(seed, "order", day.number), 8)
    is_failed = drawn[:, 0] < traits.failed_share[who]
    is_cancelled = np.where(is_failed, drawn[:, 1] >= truth.failed_mended, drawn[:, 1] < truth.cancelled)
    number = state.orders[who]
    state.orders[who] += 1
    state.stage[who] = HERE
    state.last[who] = day.number
    state.base[who] = traits.base[who] * np.where(number == 0, np.float32(truth.newcomer), np.float32(1))
    state.payments[who] += np.float32(truth.payment_rate) * is_failed
    state.pace[who] = np.where(drawn[:, 2] < truth.fading_cured, np.float32(1), state.pace[who])
    state.until[who] = state.wait[who] = _gap(truth, traits.gap[who], drawn[:, 3])
    parcel = day.number + np.array(truth.parcel_days)[(drawn[:, 4] * len(truth.parcel_days)).astype(int)]
    state.parcel[who] = np.where(is_cancelled, state.parcel[who], parcel)
    orders: Columns = {
        "who": who,
        "is_failed": is_failed,
        "is_cancelled": is_cancelled,
        "position": number,
        "parcel": parcel,
        "trouble": _trouble(state, who),
    }
    is_free = (traits.period[who] > 0) & (state.renewal[who] == NO_DAY) & ~is_cancelled
    starts = is_free & (drawn[:, 5] < truth.subscribes)
    return orders, _subscribe(truth, traits, state, day, who[starts], drawn[starts, 6])


def _subscribe(truth: Truth, traits: Traits, state: State, day: Day, who: Integers, drawn: Floats) -> Columns:
    state.renewal[who] = day.number + traits.period[who]
    state.is_last_period[who] = drawn < truth.period_last
    return {
        "who": who,
        "kind": np.full(len(who), STARTED),
        "is_failed": np.zeros(len(who), np.bool_),
        "is_last": state.is_last_period[who],
    }


def forget_the_draw(truth: Truth, traits: Traits, state: State, lanes: Lanes, seed: int, day: int) -> None:
    """Draw anew when each next order comes, given that it has not come yet: what nobody could know is open again.

    Weibull gaps remember how long was waited, the exponential waits for a first order do not.
    """
    drawn = -np.log1p(-uniform(lanes, key(seed, "redraw", day)))
    shape, scale = truth.gap_shape, traits.gap / gamma(1 + 1 / truth.gap_shape)
    waited = state.wait - state.until
    again = scale * ((waited / scale) ** shape + drawn) ** (1 / shape) - waited
    first = np.where(state.stage == HERE, truth.return_wait, truth.first_order_wait) * drawn
    is_open = np.isfinite(state.until)
    state.until[is_open] = np.where(np.isnan(state.wait), first, again)[is_open]


def _speed(truth: Truth, traits: Traits, state: State, day: Day) -> Singles:
    speed = state.pace * np.float32(day.pace)
    if day.is_season:
        speed *= 1 + traits.season
    if day.is_sale:
        speed *= 1 + np.float32(truth.sale_pull) * traits.price
    return speed


def _gap(truth: Truth, mean: Singles, drawn: Floats) -> Floats:
    scale = mean / gamma(1 + 1 / truth.gap_shape)
    waited: Floats = scale * (-np.log1p(-drawn)) ** (1 / truth.gap_shape)
    return waited


def _befall(truth: Truth, state: State, chance: Singles) -> None:
    """Fading starts, a rival comes or goes: at most one of them a day, told apart by where the draw falls."""
    fades, comes = truth.fading_starts, truth.fading_starts + truth.hidden_starts
    who = np.flatnonzero(chance < np.float32(comes + 1 / truth.hidden_days))
    who = who[state.stage[who] == HERE]
    drawn, courted = chance[who], state.hidden[who] > 0
    state.pace[who[drawn < fades]] = 1 / truth.fading_gap
    state.hidden[who[~courted & (drawn >= fades) & (drawn < comes)]] = truth.hidden_rate
    state.hidden[who[courted & (drawn >= comes)]] = 0


def _contact(truth: Truth, state: State, day: Day, chance: Singles) -> Columns:
    """The company reaches out to some of the silent; it does not know who has left."""
    if not day.is_winback:
        return {"who": np.array([], np.int64)}
    who = np.flatnonzero(chance >= np.float32(1 - truth.contact_rate))
    silent = day.number - state.last[who]
    is_asked = (state.orders[who] > 0) & (state.stage[who] != DELETED)
    is_asked &= (silent >= truth.contact_from) & (silent < truth.contact_to)
    is_asked &= state.contacted[who] <= day.number - truth.contact_pause
    who = who[is_asked]
    state.contacted[who] = day.number
    return {"who": who}


def _leave(truth: Truth, state: State, lanes: Lanes, seed: int, day: Day, fate: Singles, hazard: Hazard) -> Columns:
    """Who leaves today; the cause is the part of the hazard that the draw falls into."""
    first, second, *others = hazard.parts.values()
    total = first + second
    for part in others:
        total += part
    total *= hazard.factor
    who = np.flatnonzero((fate < total) & hazard.is_at_risk)
    edges = np.cumsum(list(hazard.of(who).values()), axis=0)
    cause = np.minimum((fate[who] >= edges).sum(axis=0), len(edges) - 1)
    deletes = uniform(lanes[who], key(seed, "delete", day.number)) < truth.deletes
    state.stage[who] = np.where(deletes, DELETED, GONE)
    state.until[who] = np.inf
    state.is_last_period[who] = True
    return {"who": who, "cause": cause, "deletes": deletes}


def _normal(one: Floats, other: Floats) -> Floats:
    """A standard normal draw of two uniform ones (Box and Muller)."""
    drawn: Floats = np.sqrt(-2 * np.log1p(-one)) * np.cos(2 * np.pi * other)
    return drawn
