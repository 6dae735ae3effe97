"""How good predictions are: DEFINITIONS, section 8. Churn is the positive class."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_BINS = 10
_EDGE = 1e-15
_NEWTON_STEPS, _CLOSE_ENOUGH = 50, 1e-10


@dataclass(frozen=True)
class Metrics:
    """The measures of one model on one test day."""

    customers: float
    """A whole number of one day; of a mean over days it may be none."""
    base_rate: float
    mean_risk: float
    auc: float
    pr_auc: float
    log_loss: float
    brier: float
    lift_10: float
    lift_10_share_of_max: float
    ece: float
    ece_by_chance: float

    def as_dict(self) -> dict[str, float | int]:
        return asdict(self)


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval, as from drawing customers anew."""

    value: float
    low: float
    high: float


def measure(churned: Floats, risk: Floats, chance_samples: int, seed: int) -> Metrics:
    """All measures; both classes must be there."""
    base_rate = float(churned.mean())
    lift = lift_at_tenth(churned, risk)
    return Metrics(
        customers=len(churned),
        base_rate=base_rate,
        mean_risk=float(risk.mean()),
        auc=auc(churned, risk),
        pr_auc=average_precision(churned, risk),
        log_loss=float(log_losses(churned, risk).mean()),
        brier=float(np.mean((risk - churned) ** 2)),
        lift_10=lift,
        lift_10_share_of_max=lift / min(1 / base_rate, 10.0),
        ece=calibration_error(churned, risk),
        ece_by_chance=calibration_error_by_chance(risk, chance_samples, seed),
    )


def log_losses(churned: Floats, risk: Floats) -> Floats:
    """The loss of each row."""
    bounded = np.clip(risk, _EDGE, 1 - _EDGE)
    losses: Floats = -np.where(churned > 0, np.log(bounded), np.log1p(-bounded))
    return losses


def levelled(churned: Floats, risk: Floats) -> Floats:
    """The risks with all log-odds moved by one number, so that on average they say what happened; both classes must be there."""
    bounded = np.clip(risk, _EDGE, 1 - _EDGE)
    odds = np.log(bounded) - np.log1p(-bounded)
    shift = 0.0
    for _ in range(_NEWTON_STEPS):
        moved = 1 / (1 + np.exp(-(odds + shift)))
        step = float((churned - moved).sum() / max(float((moved * (1 - moved)).sum()), _EDGE))
        shift += float(np.clip(step, -2.0, 2.0))
        if abs(step) < _CLOSE_ENOUGH:
            break
    result: Floats = 1 / (1 + np.exp(-(odds + shift)))
    return result


def auc(churned: Floats, risk: Floats) -> float:
    """The share of pairs of a leaver and a stayer in which the leaver has the higher risk; ties count half."""
    _, inverse, counts = np.unique(risk, return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(counts) - (counts - 1) / 2
    ranks = mean_ranks[inverse]
    positives = float(churned.sum())
    negatives = len(churned) - positives
    return float((ranks[churned > 0].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(churned: Floats, risk: Floats) -> float:
    """The area under the precision-recall steps, tied risks taken together."""
    order = np.argsort(-risk, kind="stable")
    hits = np.cumsum(churned[order])
    ends = np.append(np.flatnonzero(np.diff(risk[order])), len(risk) - 1)
    precision = hits[ends] / (ends + 1)
    recall = hits[ends] / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def lift_at_tenth(churned: Floats, risk: Floats) -> float:
    """Share churned in the riskiest tenth (rounded up), divided by the share churned of all."""
    size = max(1, int(np.ceil(len(risk) / 10)))
    top = np.argsort(-risk, kind="stable")[:size]
    return float(churned[top].mean() / churned.mean())


def calibration_error(churned: Floats, risk: Floats) -> float:
    """Expected calibration error in ten bins of equal count."""
    order = np.argsort(risk, kind="stable")
    edges = _bin_edges(len(risk))
    return float(np.abs(np.add.reduceat((churned - risk)[order], edges)).sum() / len(risk))


def calibration_error_by_chance(risk: Floats, samples: int, seed: int) -> float:
    """What a perfect model exceeds once in twenty: the 95th percentile of simulated calibration errors."""
    generator = np.random.default_rng(seed)
    ordered = np.sort(risk, kind="stable")
    edges = _bin_edges(len(risk))
    errors = [
        np.abs(np.add.reduceat((generator.random(len(ordered)) < ordered) - ordered, edges)).sum() / len(ordered)
        for _ in range(samples)
    ]
    return float(np.quantile(errors, 0.95))


def _bin_edges(size: int) -> NDArray[np.int64]:
    edges: NDArray[np.int64] = np.unique(np.arange(_BINS) * size // _BINS)
    return edges


def grade(is_judged: bool, gain: float | None, calibration_excess: float, clear_gain: float, tolerable: float) -> str:
    """A to F. `gain` is LightGBM's mean log-loss below the floor's where LightGBM serves, None where the floor does.

    A clear gain, calibrated within chance; B clear gain, calibration tolerable; C any other model that beats the floor;
    D the floor serves, calibration tolerable; E the floor serves, badly calibrated; F not judged out of time.
    """
    if not is_judged:
        return "F"
    if gain is None:
        return "D" if calibration_excess <= tolerable else "E"
    if gain >= clear_gain and calibration_excess <= 0:
        return "A"
    return "B" if gain >= clear_gain and calibration_excess <= tolerable else "C"
