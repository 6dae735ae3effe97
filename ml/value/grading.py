"""How a forecast of orders or value came out: what the customers of a back-test did against what was expected of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grade:
    """A forecast against what happened. Never the mean absolute error: expecting nothing of anybody often wins it."""

    expected: float
    """Of all customers together."""
    actual: float
    bias: float
    """Mean of expected less actual, by customer."""
    rmse: float
    """Root of the mean squared error, by customer."""
    gini: float | None
    """How much of the concentration the order of forecasts finds: 1 all, 0 as by chance; None where all are alike."""


def grade(expected: Floats, actual: Floats) -> Grade:
    """The grade of at least one customer's forecast."""
    error = expected - actual
    return Grade(
        expected=float(expected.sum()),
        actual=float(actual.sum()),
        bias=float(error.mean()),
        rmse=float(np.sqrt(np.mean(error**2))),
        gini=normalised_gini(expected, actual),
    )


def normalised_gini(expected: Floats, actual: Floats) -> float | None:
    """The Gini of actual values sorted by forecast, as a share of theirs sorted by themselves; ties share their ranks.

    A Gini coefficient is in proportion to the covariance of values and ranks (Lerman and Yitzhaki, 1984).
    """
    from scipy.stats import rankdata

    centred = actual - actual.mean()
    most = float((centred * rankdata(actual)).sum())
    return float((centred * rankdata(expected)).sum()) / most if most > 0 else None
