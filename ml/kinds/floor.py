"""The floor: simple models that any other has to beat. Plain numbers in JSON, no pickle."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.matrix import weigh_columns

Floats = NDArray[np.float64]
_SMALLEST_RISK = 0.001


@dataclass(frozen=True)
class RecencyRule:
    """Risk from the days since the last order alone, never falling with them (isotonic regression)."""

    kind: ClassVar[str] = "recency_rule"
    features: list[str]
    days: list[float]
    risks: list[float]
    bias: float
    """The mean raw score in training: what a customer with nothing known gets."""

    def predict_raw(self, matrix: Floats) -> Floats:
        """Raw scores (logits) of rows of the features, NaN where unknown."""
        values = matrix[:, 0]
        raw: Floats = logit(np.interp(np.nan_to_num(values), self.days, self.risks))
        return np.where(np.isnan(values), self.bias, raw)

    def contributions(self, matrix: Floats) -> Floats:
        """What the feature adds to the bias, and the bias: they sum to the raw score."""
        raw = self.predict_raw(matrix)
        return np.column_stack([raw - self.bias, np.full(len(raw), self.bias)])

    def to_text(self) -> str:
        return json.dumps({"kind": self.kind, **asdict(self)}, sort_keys=True)


@dataclass(frozen=True)
class RfmLogistic:
    """A logistic regression on the logarithms of recency, frequency and monetary value."""

    kind: ClassVar[str] = "rfm_logistic"
    features: list[str]
    means: list[float]
    scales: list[float]
    weights: list[float]
    bias: float

    def predict_raw(self, matrix: Floats) -> Floats:
        """Raw scores (logits) of rows of the features, NaN where unknown."""
        raw: Floats = self.contributions(matrix).sum(axis=1)
        return raw

    def contributions(self, matrix: Floats) -> Floats:
        """What each feature adds to the bias, and the bias; an unknown value adds nothing."""
        scaled = (_logarithms(matrix) - np.array(self.means)) / np.array(self.scales)
        terms = np.nan_to_num(scaled) * np.array(self.weights)
        return np.column_stack([terms, np.full(len(terms), self.bias)])

    def to_text(self) -> str:
        return json.dumps({"kind": self.kind, **asdict(self)}, sort_keys=True)


def fit_recency_rule(feature: str, matrix: Floats, churned: Floats, weights: Floats) -> RecencyRule:
    """The rule that fits the rows best; rows without the value are left out."""
    from sklearn.isotonic import IsotonicRegression

    known = ~np.isnan(matrix[:, 0])
    model = IsotonicRegression(y_min=_SMALLEST_RISK, y_max=1 - _SMALLEST_RISK, out_of_bounds="clip")
    model.fit(matrix[known, 0], churned[known], sample_weight=weights[known])
    risks = [float(risk) for risk in model.y_thresholds_]
    days = [float(day) for day in model.X_thresholds_]
    bias = float(np.average(logit(np.interp(matrix[known, 0], days, risks)), weights=weights[known]))
    return RecencyRule(features=[feature], days=days, risks=risks, bias=bias)


def fit_rfm_logistic(features: Sequence[str], matrix: Floats, churned: Floats, weights: Floats) -> RfmLogistic:
    """The regression on standardised logarithms; a feature that never varies or is never known gets no weight."""
    from sklearn.linear_model import LogisticRegression

    logarithms = _logarithms(matrix)
    means, scales = weigh_columns(logarithms, weights)
    model = LogisticRegression(C=1e4, max_iter=1000)
    model.fit(np.nan_to_num((logarithms - means) / scales), churned, sample_weight=weights)
    return RfmLogistic(
        features=list(features),
        means=[float(mean) for mean in means],
        scales=[float(scale) for scale in scales],
        weights=[float(weight) for weight in model.coef_[0]],
        bias=float(model.intercept_[0]),
    )


def logit(risk: Floats) -> Floats:
    """Probability to raw score."""
    odds: Floats = np.log(risk) - np.log1p(-risk)
    return odds


def _logarithms(matrix: Floats) -> Floats:
    # Amounts can be negative where an order is a correction; that is as little as nothing.
    logarithms: Floats = np.log1p(np.maximum(matrix, 0.0))
    return logarithms
