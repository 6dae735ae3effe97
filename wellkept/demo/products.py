"""What the demo company sells: twenty products in each of six categories."""

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import Integers, as_amounts, as_ids

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


def draw_prices(rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Price and unit cost in cents, per product: prices lognormal around 14, costs 35 to 65 % of the price."""
    count = len(CATEGORIES) * PER_CATEGORY
    prices = np.maximum(np.rint(rng.lognormal(np.log(14), 0.5, count) * 20) * 5, 95).astype(np.int64)
    costs = np.rint(prices * (0.35 + 0.3 * rng.random(count))).astype(np.int64)
    return prices, costs


def list_products(costs: Integers) -> pa.Table:
    """The catalogue, which has no event time."""
    names = [f"{kind} {thing}" for category in CATEGORIES for thing in THINGS[category] for kind in KINDS]
    return pa.table(
        {
            "product_id": as_ids("P", np.arange(len(costs))),
            "name": names,
            "category": np.repeat(CATEGORIES, PER_CATEGORY),
            "unit_cost": as_amounts(costs),
        }
    )
