"""Who the demo's customers are: the traits that drive them, and the draws that fill in their records."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from wellkept.demo.arrays import Flags, Floats, Integers, Shorts, Singles, pick
from wellkept.demo.truth import Truth

RECORD_DRAWS = 24
KNOWN_AHEAD = 30  # days: leads come before their accounts


@dataclass(frozen=True)
class Traits:
    """What the day-by-day dynamics need to know of everybody, one row each."""

    gap: Singles
    season: Singles
    price: Singles
    base: Singles
    """The base hazard of a day, once past the second order."""
    failed_share: Singles
    treated: Singles
    """What a contact multiplies the hazard by."""
    period: Shorts
    """Days of a subscription's period; 0 for who never takes one."""

    def take(self, rows: Integers) -> "Traits":
        return Traits(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def first(self, count: int) -> "Traits":
        return Traits(**{field.name: getattr(self, field.name)[:count] for field in fields(self)})


@dataclass(frozen=True)
class People:
    """Everybody who joins, in the order they join."""

    traits: Traits
    created: Floats
    first_wait: Floats
    """Days on the own clock from joining to the first order; infinite for who only looks."""
    response: Integers
    basket: Singles
    favourite: Integers
    mood: Singles
    """How pleased the customer is when nothing has gone wrong, 0 to 1."""
    browsing: Singles
    """Sessions a day."""
    openness: Singles
    moved: Floats
    record: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.created)


def gather_people(seed: int, truth: Truth, customers: int, until_day: int) -> People:
    """All who join before `until_day`, and some after: whole joining years, each drawn by itself."""
    years, blocks = 0, list[People]()
    while years * truth.year_length < until_day + KNOWN_AHEAD:
        count = block_size(truth, customers, years)
        blocks.append(_draw(np.random.default_rng([seed, 1, years]), truth, count, years * truth.year_length))
        years += 1
    traits = Traits(**{f.name: np.concatenate([getattr(one.traits, f.name) for one in blocks]) for f in fields(Traits)})
    others = {f.name: np.concatenate([getattr(one, f.name) for one in blocks]) for f in fields(People)[1:]}
    return People(traits, **others)


def block_size(truth: Truth, customers: int, year: int) -> int:
    """How many of `customers` join in a year; later years go on at that pace."""
    return customers * (year + 1) // truth.joining_years - customers * year // truth.joining_years


def _draw(rng: np.random.Generator, truth: Truth, count: int, joins_from: float) -> People:
    created = np.sort(joins_from + truth.year_length * rng.random(count))
    response = pick(rng.random(count), truth.responses)
    moved_after = np.where(rng.random(count) < truth.moves, rng.exponential(truth.moves_after, count) + 5, np.inf)
    wait = rng.exponential(truth.first_order_wait, count)
    return People(
        traits=_draw_traits(rng, truth, response),
        created=created,
        first_wait=np.where(rng.random(count) < truth.never_orders, np.inf, wait),
        response=response,
        basket=rng.beta(truth.basket_a, truth.basket_b, count).astype(np.float32),
        favourite=rng.integers(0, 6, count),
        mood=rng.beta(truth.mood_a, truth.mood_b, count).astype(np.float32),
        browsing=rng.gamma(truth.browse_shape, truth.browse_mean / truth.browse_shape, count).astype(np.float32),
        openness=rng.beta(truth.open_a, truth.open_b, count).astype(np.float32),
        moved=created + moved_after,
        record=rng.random((count, RECORD_DRAWS)),
    )


def _draw_traits(rng: np.random.Generator, truth: Truth, response: Integers) -> Traits:
    count = len(response)
    own = rng.gamma(truth.own_shape, 1 / truth.own_shape, count) * _own_by_response(truth)[response]
    plan = pick(rng.random(count), (0.6, 0.4))
    subscribes: Flags = rng.random(count) < truth.subscribers
    return Traits(
        gap=rng.lognormal(np.log(truth.gap_median), truth.gap_sigma, count).astype(np.float32),
        season=rng.gamma(truth.season_shape, truth.season_mean / truth.season_shape, count).astype(np.float32),
        price=rng.beta(truth.price_a, truth.price_b, count).astype(np.float32),
        base=(truth.base_rate * own).astype(np.float32),
        failed_share=rng.beta(truth.failed_a, truth.failed_b, count).astype(np.float32),
        treated=np.array(truth.treated, np.float32)[response],
        period=np.where(subscribes, np.array(truth.period_days)[plan], 0).astype(np.int16),
    )


def _own_by_response(truth: Truth) -> Floats:
    """The factors by response, scaled so that the mean over all people is 1."""
    factors = np.array(truth.own_by_response)
    scaled: Floats = factors / (factors @ np.array(truth.responses) / sum(truth.responses))
    return scaled
