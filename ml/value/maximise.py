"""Maximum likelihood for models whose parameters are all positive: the search runs over their logarithms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wellkept.deployment.errors import ModelRefusedError

Floats = NDArray[np.float64]

_LOWEST, _HIGHEST = float(np.log(1e-4)), float(np.log(1e4))
"""Between these lies the logarithm of every parameter, in units in which the data are about 1.

Beyond them nothing changes: a gamma or beta distribution of such a shape is a point, or all at its ends.
"""
OPTIONS = {"maxiter": 1000, "gtol": 1e-8}
_SLOPE = 1e-5
"""Per customer, what is left of the slope by a parameter's logarithm where the search has arrived."""


@dataclass(frozen=True)
class Maximum:
    """Where the likelihood is greatest, and its logarithm there."""

    parameters: Floats
    log_likelihood: float


def maximise(
    likelihood: Callable[[Floats], tuple[float, Floats]], starts: Sequence[Sequence[float]], size: float, model: str
) -> Maximum:
    """The best of the maxima that a search from each start arrives at; the same data give the same one.

    `likelihood` gives the log-likelihood and its slopes by parameter; `size` is the number of customers in it. Where no
    search arrives, a ModelRefusedError says so for the `model` named.
    """
    from scipy.optimize import minimize

    def climb(logarithms: Floats) -> tuple[float, Floats]:
        """The likelihood per customer and its slopes by the logarithms, within the bounds."""
        parameters = np.exp(np.clip(logarithms, _LOWEST, _HIGHEST))
        value, slopes = likelihood(parameters)
        return value / size, slopes * parameters / size

    def descend(logarithms: Floats) -> tuple[float, Floats]:
        value, slopes = climb(logarithms)
        return -value, np.where((logarithms > _LOWEST) & (logarithms < _HIGHEST), -slopes, 0.0)

    best: Maximum | None = None
    for start in starts:
        # BFGS, as what it does between two likelihoods is so small that no matrix library spreads it over threads
        point = minimize(descend, np.log(start), jac=True, method="BFGS", options=OPTIONS).x
        value, slopes = climb(point)
        if _has_arrived(point, value, slopes) and (best is None or value * size > best.log_likelihood):
            best = Maximum(np.exp(np.clip(point, _LOWEST, _HIGHEST)), float(value * size))
    if best is None:
        raise ModelRefusedError(
            f"{model} found no maximum of its likelihood from {len(starts)} starts: the histories are too few or too "
            "alike to tell its parameters"
        )
    return best


def _has_arrived(point: Floats, value: float, slopes: Floats) -> bool:
    """Whether nothing leads up from here: it is flat, or it rises only past a bound."""
    is_past = ((point <= _LOWEST) & (slopes < _SLOPE)) | ((point >= _HIGHEST) & (slopes > -_SLOPE))
    return bool(np.isfinite(value) and (is_past | (np.abs(slopes) < _SLOPE)).all())
