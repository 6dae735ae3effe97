"""A logistic regression on any features: the simple model that uses all there is. Plain numbers in JSON, no pickle."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.matrix import weigh_columns

Floats = NDArray[np.float64]
_STRENGTH = 0.1
"""Inverse of the ridge penalty, as scikit-learn has it: many features, and many of them say the same."""
_FURTHEST = 5.0
"""Standard deviations from the mean at which a value stops counting for more."""


@dataclass(frozen=True)
class Logistic:
    """Weights on standardised signed logarithms, and one for not being known where training rows had such."""

    kind: ClassVar[str] = "logistic"
    features: list[str]
    means: list[float]
    scales: list[float]
    weights: list[float]
    unknown_weights: list[float]
    bias: float

    def predict_raw(self, matrix: Floats) -> Floats:
        """Raw scores (logits) of rows of the features, NaN where unknown."""
        raw: Floats = self.contributions(matrix).sum(axis=1)
        return raw

    def contributions(self, matrix: Floats) -> Floats:
        """What each feature adds to the bias, and the bias: they sum to the raw score."""
        logarithms = _signed_logarithms(matrix)
        terms = _standardise(logarithms, np.array(self.means), np.array(self.scales)) * np.array(self.weights)
        terms += np.isnan(matrix) * np.array(self.unknown_weights)
        return np.column_stack([terms, np.full(len(terms), self.bias)])

    def to_text(self) -> str:
        return json.dumps({"kind": self.kind, **asdict(self)}, sort_keys=True)


def fit_logistic(features: Sequence[str], matrix: Floats, churned: Floats, weights: Floats) -> Logistic:
    """The ridge regression; equal data give equal numbers."""
    from sklearn.linear_model import LogisticRegression

    logarithms = _signed_logarithms(matrix)
    means, scales = weigh_columns(logarithms, weights)
    inputs = np.column_stack([_standardise(logarithms, means, scales), np.isnan(matrix)])
    varies = (inputs != inputs[0]).any(axis=0)  # what is known of everybody needs no weight for not being known
    # Newton's method: far more rows than columns, and a ridge that keeps it from straying.
    model = LogisticRegression(C=_STRENGTH, solver="newton-cholesky").fit(
        inputs[:, varies], churned, sample_weight=weights
    )
    coefficients = np.zeros(inputs.shape[1])
    coefficients[varies] = model.coef_[0]
    found = [float(weight) for weight in coefficients]
    return Logistic(
        features=list(features),
        means=[float(mean) for mean in means],
        scales=[float(scale) for scale in scales],
        weights=found[: len(features)],
        unknown_weights=found[len(features) :],
        bias=float(model.intercept_[0]),
    )


def _standardise(logarithms: Floats, means: Floats, scales: Floats) -> Floats:
    scaled = np.clip((logarithms - means) / scales, -_FURTHEST, _FURTHEST)
    return np.nan_to_num(scaled)


def _signed_logarithms(matrix: Floats) -> Floats:
    logarithms: Floats = np.sign(matrix) * np.log1p(np.abs(matrix))
    return logarithms
