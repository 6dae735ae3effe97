"""From raw score to probability: the sigmoid alone, or a curve learned from predictions of past days that came true or not."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kind = Literal["none", "platt", "isotonic"]
_SMALLEST_RISK = 0.001


@dataclass(frozen=True)
class Calibration:
    """A curve that never falls: a line through raw scores before the sigmoid, or points between which it is straight."""

    kind: Kind = "none"
    slope: float = 1.0
    intercept: float = 0.0
    raw_scores: tuple[float, ...] = ()
    risks: tuple[float, ...] = ()

    def to_risk(self, raw: Floats) -> Floats:
        """Probabilities of raw scores (logits)."""
        if self.kind == "isotonic":
            return np.interp(raw, self.raw_scores, self.risks)
        risk: Floats = 1.0 / (1.0 + np.exp(-(self.slope * raw + self.intercept)))
        return risk

    def to_text(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


NONE = Calibration()


def fit_calibration(kind: Kind, raw: Floats, churned: Floats, weights: Floats) -> Calibration:
    """The curve that fits predictions of past days best; Platt (1999) without his smoothing of targets, or isotonic."""
    if kind == "platt":
        return _fit_platt(raw, churned, weights)
    if kind == "isotonic":
        return _fit_isotonic(raw, churned, weights)
    return NONE


def calibration_from_text(text: str | None) -> Calibration:
    """The calibration that `to_text` wrote; none for versions from before there was any."""
    if not text:
        return NONE
    content = json.loads(text)
    return Calibration(
        kind=content["kind"],
        slope=content["slope"],
        intercept=content["intercept"],
        raw_scores=tuple(content["raw_scores"]),
        risks=tuple(content["risks"]),
    )


def _fit_platt(raw: Floats, churned: Floats, weights: Floats) -> Calibration:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6, max_iter=1000).fit(raw[:, None], churned, sample_weight=weights)
    slope = float(model.coef_[0][0])
    if slope <= 0:  # predictions that came out upside down are no curve to follow
        return NONE
    return Calibration("platt", slope=slope, intercept=float(model.intercept_[0]))


def _fit_isotonic(raw: Floats, churned: Floats, weights: Floats) -> Calibration:
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=_SMALLEST_RISK, y_max=1 - _SMALLEST_RISK, out_of_bounds="clip")
    model.fit(raw, churned, sample_weight=weights)
    return Calibration("isotonic", raw_scores=_floats(model.X_thresholds_), risks=_floats(model.y_thresholds_))


def _floats(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
