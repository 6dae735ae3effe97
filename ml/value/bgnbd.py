"""The BG/NBD model of repeat orders (Fader, Hardie and Lee, "Counting Your Customers" the Easy Way, 2005).

A customer orders at random at a rate of their own, and after each order leaves for good with a probability of their
own; rates are gamma(r, alpha) and probabilities beta(a, b) distributed over customers. Equations are the paper's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, expit, gammaln, psi

from ml.value.maximise import maximise
from wellkept.deployment.errors import BadInputError, NotEnoughDataError

Floats = NDArray[np.float64]

_ROWS_AT_ONCE = 10_000
_STEPS = np.arange(-70, 71) / 10.0
"""Of the sums over the probability of leaving; they are right to a millionth."""


@dataclass(frozen=True)
class BgNbd:
    """A fitted model, in the unit of time it was fitted in.

    Of each customer it takes `frequency` (order days after the first), `recency` (time from the first order day to the
    last) and `age` (time from the first to now): arrays of the same length.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    def alive_probability(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Floats:
        """The probability of not having left by now (Fader and Hardie, technical note 021, 2008); 1 before a repeat."""
        alive: Floats = expit(-self._log_odds_of_having_left(*_floats(frequency, recency, age)))
        return alive

    def expected_orders(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, days: ArrayLike) -> Floats:
        """Expected order days in the next `days` (equation 10)."""
        return self.alive_probability(frequency, recency, age) * self.expected_orders_if_alive(frequency, age, days)

    def expected_orders_if_alive(self, frequency: ArrayLike, age: ArrayLike, days: ArrayLike) -> Floats:
        """The same of who has not left by now, and may leave later: equation 10 without its denominator.

        Its hypergeometric function is an integral over the probability p of leaving, beta(a, b + frequency) distributed:
        of p's customer (1 - (1 + p * days / (alpha + age)) ** -(r + frequency)) / p orders are expected. It is summed as
        that, since in double precision the function itself fails where a is near 1 or orders are many.
        """
        x, elapsed, ahead = np.broadcast_arrays(*_floats(frequency, age, days))
        orders = np.empty(x.size)
        for start in range(0, x.size, _ROWS_AT_ONCE):
            some = slice(start, start + _ROWS_AT_ONCE)
            counts, place = np.unique(x.ravel()[some], return_inverse=True)
            leaving, weights = _beta_nodes(self.a, self.b + counts)
            reach = ahead.ravel()[some] / (self.alpha + elapsed.ravel()[some])
            silent = -(self.r + x.ravel()[some])[:, None] * np.log1p(leaving[place] * reach[:, None])
            orders[some] = (-np.expm1(silent) / leaving[place] * weights[place]).sum(axis=1)
        return orders.reshape(x.shape)

    def risk_of_silence(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, days: ArrayLike) -> Floats:
        """The probability of no order in the next `days`: having left, or being alive and silent.

        Of who is alive the rate is gamma(r + frequency, alpha + age) distributed, so that silence has the probability
        ((alpha + age) / (alpha + age + days)) ** (r + frequency).
        """
        x, last, elapsed, ahead = _floats(frequency, recency, age, days)
        speaks = -np.expm1(-(self.r + x) * np.log1p(ahead / (self.alpha + elapsed)))
        risk: Floats = 1 - self.alive_probability(x, last, elapsed) * speaks
        return risk

    def _log_odds_of_having_left(self, x: Floats, last: Floats, elapsed: Floats) -> Floats:
        growth = (self.r + x) * (np.log(self.alpha + elapsed) - np.log(self.alpha + last))
        return _log_odds(x, growth, self.a, self.b)


def fit_bgnbd(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, weights: ArrayLike | None = None) -> BgNbd:
    """The model of maximum likelihood (equation 6), with parameters in the unit of time of the data; days, in this project.

    A weight counts as so many customers of the same history. Histories that cannot be are a BadInputError, none with a
    repeat a NotEnoughDataError, and a search that does not arrive a ModelRefusedError.
    """
    x, last, elapsed = _floats(frequency, recency, age)
    weight = np.ones_like(x) if weights is None else np.asarray(weights, dtype=np.float64)
    _check(x, last, elapsed, weight)
    size, repeats = float(weight.sum()), float((weight * x).sum())
    if not repeats:
        raise NotEnoughDataError("BG/NBD needs customers who ordered on more than one day, and there is none")
    unit = float((weight * elapsed).sum()) / size
    rate = repeats / size
    starts = [(r, r / rate, a, b) for r, a, b in ((0.5, 0.5, 2.0), (1.0, 1.0, 9.0), (0.25, 0.8, 2.4), (3.0, 0.2, 1.0))]
    likelihood = _Likelihood(x, last / unit, elapsed / unit, weight)
    found = maximise(likelihood, starts, size, "BG/NBD")
    r, alpha, a, b = (float(value) for value in found.parameters)
    # in another unit of time the density of each repeat is another
    return BgNbd(r, alpha * unit, a, b, found.log_likelihood - repeats * float(np.log(unit)))


class _Likelihood:
    """The logarithm of equation 6 and its slopes by r, alpha, a and b; terms of the frequency alone are shared.

    Sums are NumPy's own: those of a matrix library differ with the number of threads.
    """

    def __init__(self, x: Floats, last: Floats, elapsed: Floats, weight: Floats) -> None:
        self.x, self.last, self.elapsed, self.weight = x, last, elapsed, weight
        self.counts, place = np.unique(x, return_inverse=True)
        self.sizes = np.bincount(place, weights=weight)

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = parameters
        shape = r + self.x
        logs = np.log(alpha + self.elapsed)
        stretch = logs - np.log(alpha + self.last)
        odds = _log_odds(self.x, shape * stretch, a, b)
        left = self.weight * expit(odds)
        value = (self.sizes * _counts_terms(self.counts, r, alpha, a, b)).sum()
        value += (self.weight * (np.logaddexp(0.0, odds) - shape * logs)).sum()
        later, before = 1 / (alpha + self.elapsed), 1 / (alpha + self.last)
        slopes = (self.sizes[:, None] * _counts_slopes(self.counts, r, alpha, a, b)).sum(axis=0)
        slopes += np.array(
            [
                (left * stretch - self.weight * logs).sum(),
                (shape * (left * (later - before) - self.weight * later)).sum(),
                left.sum() / a,
                -(left / (b + np.maximum(self.x, 1) - 1)).sum(),
            ]
        )
        return float(value), slopes


def _counts_terms(x: Floats, r: float, alpha: float, a: float, b: float) -> Floats:
    orders = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    staying = gammaln(b + x) - gammaln(b) + gammaln(a + b) - gammaln(a + b + x)
    terms: Floats = orders + staying
    return terms


def _counts_slopes(x: Floats, r: float, alpha: float, a: float, b: float) -> Floats:
    both = psi(a + b) - psi(a + b + x)
    slopes: Floats = np.column_stack(
        [psi(r + x) - psi(r) + np.log(alpha), np.full_like(x, r / alpha), both, psi(b + x) - psi(b) + both]
    )
    return slopes


def _log_odds(x: Floats, growth: Floats, a: float, b: float) -> Floats:
    """Of having left after the last order: a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x), none before a repeat."""
    return np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) + growth, -np.inf)


def _check(x: Floats, last: Floats, elapsed: Floats, weight: Floats) -> None:
    is_possible = (x >= 0) & (last >= 0) & (last <= elapsed) & (elapsed > 0) & (weight >= 0) & ((x > 0) | (last == 0))
    if not len(x) or not is_possible.all():
        raise BadInputError(
            f"BG/NBD got {len(x)} histories, {int((~is_possible).sum())} of them impossible: frequency and weight are 0 or "
            "more, recency lies between 0 (with no repeat: 0) and age, and age is more than 0"
        )


def _beta_nodes(a: float, b: Floats) -> tuple[Floats, Floats]:
    """Points and weights, a row for each b, with which a sum is the mean over a beta(a, b) distribution.

    Equal steps of t, where log(p / (1 - p)) is sinh(t) wide spreads around its middle: the trapezoidal rule converges fast
    there, whatever the ends of the distribution do (Takahasi and Mori, 1974).
    """
    width = np.minimum(np.sqrt(1 / a + 1 / b), 1.5)[:, None]
    log_odds = np.log(a / b)[:, None] + width * np.sinh(_STEPS)
    stays, leaves = -np.logaddexp(0.0, log_odds), -np.logaddexp(0.0, -log_odds)
    weights = np.exp(a * leaves + b[:, None] * stays - betaln(a, b)[:, None]) * np.cosh(_STEPS)
    return np.maximum(np.exp(leaves), 1e-300), weights / weights.sum(axis=1, keepdims=True)


def _floats(*values: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.asarray(value, dtype=np.float64) for value in values)
