"""The Gamma-Gamma model of spend per order (Fader, Hardie and Lee, RFM and CLV: Using Iso-Value Curves, 2005).

What a customer spends is gamma(p, nu) distributed from order to order, and nu gamma(q, v) over customers; how much and
how often a customer orders are taken to be independent. Equations are of Fader and Hardie's note 025 (2013).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, psi

from ml.value.maximise import maximise
from wellkept.deployment.errors import BadInputError, ModelRefusedError, NotEnoughDataError

Floats = NDArray[np.float64]

_STARTS = ((2.0, 3.0, 3.0), (6.0, 4.0, 0.6), (1.0, 2.0, 2.0), (20.0, 2.0, 0.1))


@dataclass(frozen=True)
class GammaGamma:
    """A fitted model, in the currency it was fitted in; q is above 1, so that mean spend is finite."""

    p: float
    q: float
    v: float
    log_likelihood: float

    @property
    def population_mean(self) -> float:
        """Expected spend per order of a customer of whom nothing is known."""
        return self.p * self.v / (self.q - 1)

    def expected_spend(self, orders: ArrayLike, mean_spend: ArrayLike) -> Floats:
        """Expected spend per order of who spent `mean_spend` on each of `orders` (equation 5).

        It lies between the customer's own mean and the population's, the nearer to the own the more orders there are.
        No order, the population's; then the mean does not matter, but must be a number.
        """
        count, mean = np.asarray(orders, dtype=np.float64), np.asarray(mean_spend, dtype=np.float64)
        spend: Floats = self.unit_spend(count) * (self.v + count * mean)
        return spend

    def unit_spend(self, orders: ArrayLike) -> Floats:
        """Expected spend per order in units of v + spend so far."""
        unit: Floats = self.p / (self.p * np.asarray(orders, dtype=np.float64) + self.q - 1)
        return unit


def fit_gamma_gamma(orders: ArrayLike, mean_spend: ArrayLike, weights: ArrayLike | None = None) -> GammaGamma:
    """The model of maximum likelihood (equation 1a) of customers with that many orders and that mean spend on them.

    A weight counts as so many customers. Orders below 1 and spend that is not above 0 are a BadInputError, no customer
    at all a NotEnoughDataError, and a search that does not arrive, or arrives where spend has no mean, a
    ModelRefusedError.
    """
    count, mean = np.asarray(orders, dtype=np.float64), np.asarray(mean_spend, dtype=np.float64)
    weight = np.ones_like(count) if weights is None else np.asarray(weights, dtype=np.float64)
    if not len(count):
        raise NotEnoughDataError("Gamma-Gamma needs customers with amounts, and there is none")
    if not ((count >= 1) & (mean > 0) & (weight >= 0)).all():
        raise BadInputError(
            "Gamma-Gamma got customers without an order, or with spend that is not above 0; leave them out"
        )
    size = float(weight.sum())
    unit = float((weight * mean).sum()) / size
    found = maximise(_Likelihood(count, mean / unit, weight), _STARTS, size, "Gamma-Gamma")
    p, q, v = (float(value) for value in found.parameters)
    if q <= 1:
        raise ModelRefusedError(
            f"Gamma-Gamma found a spread of spend over customers that has no mean (q is {q:.2f}): a few customers spend "
            "beyond all proportion"
        )
    # in another currency the density of each mean is another
    return GammaGamma(p, q, v * unit, found.log_likelihood - size * float(np.log(unit)))


class _Likelihood:
    """The logarithm of equation 1a and its slopes by p, q and v; what the count alone decides is shared.

    Sums are NumPy's own: those of a matrix library differ with the number of threads.
    """

    def __init__(self, count: Floats, mean: Floats, weight: Floats) -> None:
        self.count, self.mean, self.weight, self.total = count, mean, weight, count * mean
        self.counts, place = np.unique(count, return_inverse=True)
        self.sizes = np.bincount(place, weights=weight)

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        p, q, v = parameters
        scale = np.log(self.total + v)
        own = np.log(self.total) - scale
        shape = p * self.counts
        value = (self.sizes * (q * np.log(v) - betaln(shape, q))).sum()
        value += (self.weight * (p * self.count * own - q * scale - np.log(self.mean))).sum()
        both = psi(shape + q)
        slopes = np.array(
            [
                (self.sizes * self.counts * (both - psi(shape))).sum() + (self.weight * self.count * own).sum(),
                (self.sizes * (both - psi(q) + np.log(v))).sum() - (self.weight * scale).sum(),
                (self.weight * (q / v - (p * self.count + q) / (self.total + v))).sum(),
            ]
        )
        return float(value), slopes
