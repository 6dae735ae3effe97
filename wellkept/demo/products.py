"""What the demo company sells: twenty products in each of six categories."""

from datetime import date

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import DAY_SECONDS, Floats, Integers, as_amounts, as_ids, as_times, named
from wellkept.demo.life import Life

CATEGORIES = ("bath", "books", "garden", "kitchen", "stationery", "toys")
THINGS = {
    "bath": ("soap", "towel", "sponge", "lotion"),
    "books": ("novel", "cookbook", "atlas", "picture book"),
    "garden": ("seeds", "trowel", "pot", "lantern"),
    "kitchen": ("mug", "bowl", "apron", "tea towel"),
    "stationery": ("notebook", "pen", "card set", "calendar"),
    "toys": ("puzzle", "kite", "blocks", "bear"),
}
KINDS = ("small", "classic", "large", "striped", "gift")
PER_CATEGORY = 20
COST_RISE = 1.03  # on every first of January

_SEASON_WEIGHTS = {11: (1.0, 1.4, 0.2, 1.0, 1.2, 2.4), 4: (1.0, 0.8, 2.4, 1.0, 0.8, 0.8)}
"""By first month: November and December want toys, April to July the garden; else all alike."""


def draw_prices(seed: int) -> tuple[Integers, Integers]:
    """Price and unit cost in cents, per product: prices lognormal around 14, costs 35 to 65 % of the price."""
    rng = np.random.default_rng([seed, 0])
    count = len(CATEGORIES) * PER_CATEGORY
    prices = np.maximum(np.rint(rng.lognormal(np.log(14), 0.5, count) * 20) * 5, 95).astype(np.int64)
    costs = np.rint(prices * (0.35 + 0.3 * rng.random(count))).astype(np.int64)
    return prices, costs


def weights_of(month: int) -> Floats:
    """How much each category is wanted in a month."""
    if month >= 11:
        return np.array(_SEASON_WEIGHTS[11])
    return np.array(_SEASON_WEIGHTS[4]) if 4 <= month <= 7 else np.ones(len(CATEGORIES))


def list_products(life: Life) -> pa.Table:
    """The catalogue, which has no event time; costs rise with the year."""
    _, costs = draw_prices(life.charter.seed)
    first_day = life.charter.first_day
    rises = [(date(first_day.year + later, 1, 1) - first_day).days for later in range(1, 2 + life.days // 365)]
    passed = [day for day in rises if day < life.days]
    names = [f"{kind} {thing}" for category in CATEGORIES for thing in THINGS[category] for kind in KINDS]
    updated = np.full(len(costs), (passed[-1] if passed else 0) * DAY_SECONDS)
    return pa.table(
        {
            "product_id": as_ids("P", np.arange(len(costs))),
            "name": pa.array(names),
            "category": named(np.repeat(np.arange(len(CATEGORIES)), PER_CATEGORY), CATEGORIES),
            "unit_cost": as_amounts(np.rint(costs * COST_RISE ** len(passed)).astype(np.int64)),
            "updated_at": as_times(updated, first_day),
        }
    )
