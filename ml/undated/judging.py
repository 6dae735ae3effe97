"""Which model serves an undated file, and how far to trust it: measures, spread, intervals and a grade of C at most."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluate import Estimate, auc, grade, log_losses, measure
from ml.undated.fitting import BASE_RATE, KINDS, LIGHTGBM, LOGISTIC
from ml.undated.rules import Rules
from ml.undated.validation import OutOfFold
from wellkept.deployment.errors import ModelRefusedError

Floats = NDArray[np.float64]
Draws = Callable[[], Iterator[Floats]]
BEST_GRADE = "C"
"""Of a model without a test out of time."""
_DIGITS = 6


@dataclass(frozen=True)
class Spread:
    """A measure over all folds of all rounds."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """The model that serves, and the evidence for it."""

    winner: str
    grade: str
    uncapped_grade: str
    metrics: dict[str, dict[str, float]]
    """By kind; means over rounds, each round all customers by models that had not seen them."""
    spreads: dict[str, dict[str, Spread]]
    auc: Estimate
    lightgbm_minus_logistic: Estimate
    winner_minus_base_rate: Estimate

    @property
    def calibration_excess(self) -> float:
        """The calibration error above what chance allows."""
        return self.metrics[self.winner]["ece"] - self.metrics[self.winner]["ece_by_chance"]

    def as_dict(self) -> dict[str, Any]:
        rounded: dict[str, Any] = _rounded(asdict(self))
        return rounded


def judge_kinds(out: OutOfFold, churned: Floats, rules: Rules, file: str) -> Verdict:
    """LightGBM serves where it is clearly better than the logistic regression, else that does.

    A ModelRefusedError where neither is clearly better than the same risk for everybody.
    """
    metrics = {kind: _measure(kind, out.risks[kind], churned, rules) for kind in KINDS}
    losses = {kind: log_losses(churned[None, :], out.risks[kind]).mean(axis=0) for kind in KINDS}
    weights = _draw_weights(len(churned), rules)
    gain = _estimate_mean(losses[LIGHTGBM] - losses[LOGISTIC], weights)
    winner = LIGHTGBM if gain.high < 0 else LOGISTIC
    above_base = _estimate_mean(losses[winner] - losses[BASE_RATE], weights)
    if above_base.high >= 0:
        raise ModelRefusedError(
            f"{file}: its columns do not tell who churned: log-loss less that of the same risk for everybody is "
            f"{above_base.value:+.4f} ({above_base.low:+.4f} to {above_base.high:+.4f}), and it should be below zero. "
            "Add columns that say what customers do, or rows. No model was made"
        )
    excess = metrics[winner]["ece"] - metrics[winner]["ece_by_chance"]
    uncapped = grade(
        True,
        -gain.value if winner == LIGHTGBM else None,
        excess,
        rules.clear_gain,
        rules.tolerable_calibration_excess,
    )
    return Verdict(
        winner=winner,
        grade=max(uncapped, BEST_GRADE),
        uncapped_grade=uncapped,
        metrics=metrics,
        spreads={kind: _spread(out, kind, churned) for kind in KINDS if kind != BASE_RATE},
        auc=_estimate_auc(out.risks[winner], churned, weights),
        lightgbm_minus_logistic=gain,
        winner_minus_base_rate=above_base,
    )


def _measure(kind: str, risks: Floats, churned: Floats, rules: Rules) -> dict[str, float]:
    """Means over rounds; of the same risk for everybody only what does not ask for an order of customers."""
    rounds = [measure(churned, risk, rules.chance_samples, rules.seed).as_dict() for risk in risks]
    names = ("customers", "base_rate", "mean_risk", "log_loss", "brier") if kind == BASE_RATE else tuple(rounds[0])
    return {name: float(np.mean([one[name] for one in rounds])) for name in names}


def _spread(out: OutOfFold, kind: str, churned: Floats) -> dict[str, Spread]:
    aucs, losses = [], []
    for folds, risk in zip(out.folds, out.risks[kind], strict=True):
        for fold in np.unique(folds):
            is_in = folds == fold
            aucs.append(auc(churned[is_in], risk[is_in]))
            losses.append(float(log_losses(churned[is_in], risk[is_in]).mean()))
    return {name: Spread(float(np.mean(of)), min(of), max(of)) for name, of in (("auc", aucs), ("log_loss", losses))}


def _draw_weights(rows: int, rules: Rules) -> Draws:
    """How often each customer is drawn, one draw after the other; the same draws whenever it is called."""

    def draws() -> Iterator[Floats]:
        generator = np.random.default_rng([rules.seed, rows])
        for _ in range(rules.resamples):
            yield np.bincount(generator.integers(0, rows, rows), minlength=rows).astype(np.float64)

    return draws


def _estimate_mean(values: Floats, weights: Draws) -> Estimate:
    drawn = [float(weight @ values) / len(values) for weight in weights()]
    return _interval(float(values.mean()), drawn)


def _estimate_auc(risks: Floats, churned: Floats, weights: Draws) -> Estimate:
    """Of the mean over rounds, rounds drawn together."""
    groups = [np.unique(risk, return_inverse=True)[1] for risk in risks]
    drawn = [float(np.mean([_weighted_auc(group, churned, weight) for group in groups])) for weight in weights()]
    return _interval(float(np.mean([auc(churned, risk) for risk in risks])), drawn)


def _weighted_auc(groups: NDArray[np.int64], churned: Floats, weights: Floats) -> float:
    """`ml.evaluate.auc` where a row counts `weights` times; `groups` are the places of the risks in order."""
    leavers = np.bincount(groups, weights=weights * churned)
    stayers = np.bincount(groups, weights=weights * (1 - churned))
    below = np.cumsum(stayers) - stayers / 2
    return float((leavers @ below) / (leavers.sum() * stayers.sum()))


def _interval(value: float, drawn: list[float]) -> Estimate:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value, float(low), float(high))


def _rounded(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _rounded(value) for name, value in content.items()}
    return round(content, _DIGITS) if isinstance(content, float) else content
