"""BG/NBD as a churn model: the probability that a customer orders nothing within the horizon, from three numbers of them."""

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.kinds.floor import logit

Floats = NDArray[np.float64]
_MAX_CUSTOMERS = 50_000
_SMALLEST_RISK = 1e-6


@dataclass(frozen=True)
class BgNbdModel:
    """The fitted parameters, in days; `features` are silence in days, silence as a share of tenure, and order days so far."""

    kind: ClassVar[str] = "bg_nbd"
    features: list[str]
    r: float
    alpha: float
    a: float
    b: float
    horizon_days: int
    usual: list[float]
    """What a feature counts as where it is unknown, and what a contribution is measured from: the median in training."""

    def predict_raw(self, matrix: Floats) -> Floats:
        """Raw scores (logits) of rows of the features, NaN where unknown."""
        from ml.value.bgnbd import BgNbd

        frequency, recency, age = _histories(np.where(np.isnan(matrix), self.usual, matrix))
        model = BgNbd(self.r, self.alpha, self.a, self.b, math.nan)
        risk = model.risk_of_silence(frequency, recency, age, self.horizon_days)
        return logit(np.clip(risk, _SMALLEST_RISK, 1 - _SMALLEST_RISK))

    def contributions(self, matrix: Floats) -> Floats:
        """Shapley values of the features against their medians, exact, and the bias: they sum to the raw score."""
        size = matrix.shape[1]
        raw = {chosen: self._predict_with(matrix, chosen) for chosen in _subsets(size)}
        columns = []
        for feature in range(size):
            total = np.zeros(len(matrix))
            for without in (chosen for chosen in raw if feature not in chosen):
                share = math.factorial(len(without)) * math.factorial(size - len(without) - 1) / math.factorial(size)
                total += share * (raw[tuple(sorted((*without, feature)))] - raw[without])
            columns.append(total)
        return np.column_stack([*columns, raw[()]])

    def to_text(self) -> str:
        return json.dumps({"kind": self.kind, **asdict(self)}, sort_keys=True)

    def _predict_with(self, matrix: Floats, chosen: tuple[int, ...]) -> Floats:
        mixed = np.tile(self.usual, (len(matrix), 1))
        mixed[:, list(chosen)] = matrix[:, list(chosen)]
        return self.predict_raw(mixed)


def fit_bgnbd_model(
    features: Sequence[str], matrix: Floats, day_numbers: NDArray[np.int64], horizon_days: int
) -> BgNbdModel:
    """The model of the customers of the newest day in the rows; no label is needed. A fit that fails is a ModelRefusedError."""
    from ml.value.bgnbd import fit_bgnbd

    newest = matrix[day_numbers == day_numbers.max()]
    known = newest[~np.isnan(newest).any(axis=1)]
    step = 1 + len(known) // _MAX_CUSTOMERS
    fitted = fit_bgnbd(*_histories(known[::step]))
    usual = [float(median) for median in np.nanmedian(matrix, axis=0)]
    return BgNbdModel(list(features), fitted.r, fitted.alpha, fitted.a, fitted.b, horizon_days, usual)


def _histories(matrix: Floats) -> tuple[Floats, Floats, Floats]:
    """Repeat order days, days from first to last of them, and days since the first."""
    silence, share, order_days = matrix.T
    age = np.where(share > 0, silence / np.where(share > 0, share, 1.0), silence)
    frequency = np.maximum(order_days - 1, 0.0)
    recency = np.where(frequency > 0, np.maximum(age - silence, 0.0), 0.0)
    return frequency, recency, age


def _subsets(size: int) -> list[tuple[int, ...]]:
    return [chosen for count in range(size + 1) for chosen in itertools.combinations(range(size), count)]
