"""The floor: a logistic regression on all columns, in plain numbers."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.undated.table import Column

Floats = NDArray[np.float64]
_DIGITS = 9
"""Of weights: what the order of additions moves lies beyond."""


@dataclass(frozen=True)
class BaseRate:
    """The same for everybody: what any other model has to beat."""

    kind: ClassVar[str] = "base_rate"
    columns: int
    bias: float

    def predict_raw(self, matrix: Floats) -> Floats:
        return np.full(len(matrix), self.bias)

    def contributions(self, matrix: Floats) -> Floats:
        return np.column_stack([np.zeros((len(matrix), self.columns)), self.predict_raw(matrix)])

    def to_text(self) -> str:
        return json.dumps({"kind": self.kind, **asdict(self)}, sort_keys=True)


@dataclass(frozen=True)
class Logistic:
    """Weights of the standardised parts of the columns: a number, each category, and whether the cell is empty."""

    kind: ClassVar[str] = "logistic"
    parts: list[tuple[int, float | None]]
    """For each part the column's place, and the value it stands for: None is the number itself, NaN is empty."""
    columns: int
    means: list[float]
    scales: list[float]
    weights: list[float]
    bias: float

    def predict_raw(self, matrix: Floats) -> Floats:
        """Raw scores (logits) of rows of the columns."""
        raw: Floats = self.contributions(matrix).sum(axis=1)
        return raw

    def contributions(self, matrix: Floats) -> Floats:
        """What each column adds to the bias, and the bias: they sum to the raw score."""
        terms = _standardise(_expand(matrix, self.parts), self.means, self.scales) * np.array(self.weights)
        summed = np.zeros((len(matrix), self.columns + 1))
        for place, (column, _) in enumerate(self.parts):
            summed[:, column] += terms[:, place]
        summed[:, -1] = self.bias
        return summed

    def to_text(self) -> str:
        content = {**asdict(self), "parts": [[column, _to_json(value)] for column, value in self.parts]}
        return json.dumps({"kind": self.kind, **content}, sort_keys=True)


def simple_from_text(text: str) -> BaseRate | Logistic:
    """The model that `to_text` wrote."""
    content = json.loads(text)
    if content.pop("kind") == BaseRate.kind:
        return BaseRate(**content)
    parts = [(column, float("nan") if value == "empty" else value) for column, value in content.pop("parts")]
    return Logistic(parts=parts, **content)


def fit_base_rate(matrix: Floats, churned: Floats) -> BaseRate:
    """The share of the rows that churned, as a raw score."""
    rate = float(churned.mean())
    return BaseRate(matrix.shape[1], float(np.log(rate / (1 - rate))))


def fit_logistic(columns: Sequence[Column], matrix: Floats, churned: Floats, ridge_c: float) -> Logistic:
    """The regression with a ridge penalty, solved to the end, so that equal rows give equal weights."""
    from sklearn.linear_model import LogisticRegression

    parts = list_parts(columns)
    design = _expand(matrix, parts)
    is_known = ~np.isnan(design)
    means = np.where(is_known, design, 0.0).sum(axis=0) / np.maximum(is_known.sum(axis=0), 1)
    deviations = np.sqrt(np.where(is_known, (design - means) ** 2, 0.0).sum(axis=0) / len(design))
    scales = np.where(deviations > 1e-9, deviations, np.inf)  # what never varies here gets no weight
    model = LogisticRegression(C=ridge_c, solver="newton-cholesky", tol=1e-8, max_iter=200)
    model.fit(_standardise(design, means, scales), churned)
    return Logistic(
        parts=parts,
        columns=len(columns),
        means=[float(mean) for mean in means],
        scales=[float(scale) if np.isfinite(scale) else 1.0 for scale in scales],
        weights=[
            round(float(weight), _DIGITS) if np.isfinite(scale) else 0.0
            for weight, scale in zip(model.coef_[0], scales, strict=True)
        ],
        bias=round(float(model.intercept_[0]), _DIGITS),
    )


def list_parts(columns: Sequence[Column]) -> list[tuple[int, float | None]]:
    """What the regression has a weight for, in order."""
    parts: list[tuple[int, float | None]] = []
    for place, column in enumerate(columns):
        codes = [float(code) for code in range(len(column.categories))]
        parts += [(place, None)] if column.kind == "number" else [(place, code) for code in codes]
        if column.has_empty:
            parts.append((place, float("nan")))
    return parts


def _expand(matrix: Floats, parts: Sequence[tuple[int, float | None]]) -> Floats:
    design = np.empty((len(matrix), len(parts)))
    for place, (column, value) in enumerate(parts):
        values = matrix[:, column]
        if value is None:
            design[:, place] = values
        else:
            design[:, place] = np.isnan(values) if np.isnan(value) else values == value
    return design


def _standardise(design: Floats, means: Sequence[float] | Floats, scales: Sequence[float] | Floats) -> Floats:
    """Mean 0 and deviation 1; an empty number is the mean, and its own part says that it is empty."""
    scaled: Floats = np.nan_to_num((design - np.asarray(means)) / np.asarray(scales))
    return scaled


def _to_json(value: float | None) -> float | str | None:
    return "empty" if value is not None and np.isnan(value) else value
