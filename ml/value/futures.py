"""What may come: equally likely futures of customers in the days ahead, drawn from the fitted distributions.

Everybody has the same luck: a future's draws are fixed, and only what is known of a customer makes it their own. So a
customer's interval does not depend on who else there is, nor on the order of rows, and grows smoothly with what is known.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv

from ml.value.bgnbd import BgNbd
from ml.value.gamma_gamma import GammaGamma

Floats = NDArray[np.float64]

DRAWS = 200
"""Of each customer: enough to tell the outer tenths, and a million customers take 18 s of one core with them."""
LEVEL = 0.8
"""Share of customers whose value is to lie within their interval."""
_SEED = 20050401


@dataclass(frozen=True)
class Futures:
    """DRAWS futures of the next `days` under two fitted models; the spend model may be missing where orders are enough."""

    orders: BgNbd
    spend: GammaGamma | None
    days: int

    def draw_orders(self, frequency: Floats, recency: Floats, age: Floats) -> NDArray[np.int64]:
        """Order days ahead: a row per future, a column per customer.

        Orders of who is alive are a Poisson process that ends with the first after which the customer leaves; the rate is
        gamma(r + frequency, alpha + age) distributed, the probability of leaving beta(a, b + frequency).
        """
        luck = self._luck
        counts, place = np.unique(frequency, return_inverse=True)
        rates = gammaincinv(self.orders.r + counts, luck.rate[:, None])[:, place] / (self.orders.alpha + age)
        leaving = betaincinv(self.orders.a, self.orders.b + counts, luck.leaving[:, None])
        with np.errstate(divide="ignore"):
            last = np.floor(np.log(luck.patience[:, None]) / np.log1p(-leaving)) + 1
        arrived = np.array(
            [np.searchsorted(times, due) for times, due in zip(luck.arrivals, rates * self.days, strict=True)]
        )
        is_alive = luck.alive[:, None] < self.orders.alive_probability(frequency, recency, age)
        return np.where(is_alive, np.minimum(arrived, last[:, place]), 0).astype(np.int64)

    def draw_unit_value(self, frequency: Floats, recency: Floats, age: Floats, spend_days: Floats) -> Floats:
        """What the orders ahead are worth, in units of v + spend so far: the same for all who differ in spend alone.

        So many orders of a customer are worth gamma(p * orders, nu), with nu from gamma(q + p * orders so far, v + spend
        so far).
        """
        assert self.spend is not None  # noqa: S101  nobody asks for value without amounts
        orders = self.draw_orders(frequency, recency, age)
        counts, place = np.unique(spend_days, return_inverse=True)
        scales = gammaincinv(self.spend.q + self.spend.p * counts, self._luck.scale[:, None])[:, place]
        worth: Floats = np.take_along_axis(self._worth, orders, axis=1) / scales
        return worth

    def unit_interval(
        self, frequency: Floats, recency: Floats, age: Floats, spend_days: Floats
    ) -> tuple[Floats, Floats]:
        """The lowest and highest value in the middle LEVEL of futures, in the same units."""
        tail = (1 - LEVEL) / 2
        low, high = np.quantile(self.draw_unit_value(frequency, recency, age, spend_days), [tail, 1 - tail], axis=0)
        return low, high

    @cached_property
    def _luck(self) -> "_Luck":
        return _draw_luck(self.days)

    @cached_property
    def _worth(self) -> Floats:
        """Of each future, what the first so many orders are worth where nu is 1."""
        assert self.spend is not None  # noqa: S101  see draw_unit_value
        orders = np.random.default_rng(_SEED + 1).gamma(self.spend.p, size=(DRAWS, self.days))
        return np.concatenate([np.zeros((DRAWS, 1)), orders.cumsum(axis=1)], axis=1)


@dataclass(frozen=True)
class _Luck:
    """Of each future, where in its distribution each quantity lies; and when orders come at a rate of one."""

    alive: Floats
    rate: Floats
    leaving: Floats
    patience: Floats
    scale: Floats
    arrivals: Floats
    """At most one a day: order days are counted."""


def _draw_luck(days: int) -> _Luck:
    """Each quantity takes every one of DRAWS equal steps of its distribution once, in an order of its own."""
    generator = np.random.default_rng(_SEED)
    alive, rate, leaving, patience, scale = ((generator.permutation(DRAWS) + 0.5) / DRAWS for _ in range(5))
    arrivals = generator.exponential(size=(DRAWS, days)).cumsum(axis=1)
    return _Luck(alive, rate, leaving, patience, scale, arrivals)
