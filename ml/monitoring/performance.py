"""One back-test: what a model said of a day's customers, held against what happened, and the judgement in words."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ml.evaluate import Estimate, Metrics, log_losses, measure
from ml.monitoring.limits import Monitoring

Floats = NDArray[np.float64]
Status = Literal["passed", "warning", "failed", "not_judged"]
_Z = 1.959964
"""Standard normal quantile of 0.975: 95 % lie within so many standard errors."""


@dataclass(frozen=True)
class Comparison:
    """The measures of a day on which both some churned and some stayed."""

    metrics: Metrics
    auc: Estimate
    base_log_loss: float
    """What saying the training base rate to everyone would have cost."""
    loss: Estimate
    """The model's log-loss above that; below zero it knows something."""


@dataclass(frozen=True)
class Judgement:
    """What is to be said of a back-test; the reason is None where it passed."""

    status: Status
    reason: str | None


def compare(churned: Floats, risk: Floats, training_base_rate: float, chance_samples: int, seed: int) -> Comparison:
    """All measures; both classes must be there."""
    losses = log_losses(churned, risk)
    base_losses = log_losses(churned, np.full(len(churned), training_base_rate))
    return Comparison(
        metrics=measure(churned, risk, chance_samples, seed),
        auc=auc_interval(churned, risk),
        base_log_loss=float(base_losses.mean()),
        loss=_mean_interval(losses - base_losses),
    )


def gap_by_chance(risk: Floats) -> float:
    """How far the mean risk of a perfect model lies from the share that churns in 19 of 20 cases, at most."""
    return _Z * math.sqrt(float(np.sum(risk * (1 - risk)))) / len(risk)


def auc_interval(churned: Floats, risk: Floats) -> Estimate:
    """The AUC and its interval (E. DeLong, D. DeLong, D. Clarke-Pearson, Biometrics 44, 1988), clipped to [0, 1]."""
    leavers, stayers = churned > 0, churned == 0
    ranks = _mid_ranks(risk)
    beaten = (ranks[leavers] - _mid_ranks(risk[leavers])) / stayers.sum()
    beats = 1 - (ranks[stayers] - _mid_ranks(risk[stayers])) / leavers.sum()
    error = math.sqrt(float(beaten.var() / leavers.sum() + beats.var() / stayers.sum()))
    value = float(beaten.mean())
    return Estimate(value, max(0.0, value - _Z * error), min(1.0, value + _Z * error))


def explain_too_few(churned: Floats, rules: Monitoring) -> str | None:
    """Why so few customers, or so few who churned or stayed, are no ground for a judgement; None where they are."""
    left, stayed = int(churned.sum()), int(len(churned) - churned.sum())
    if len(churned) < rules.min_customers:
        return f"{len(churned)} customers, and {rules.min_customers} are needed"
    if min(left, stayed) < rules.min_positives:
        return f"{left} churned and {stayed} stayed, and {rules.min_positives} of each are needed"
    return None


def judge_back_test(found: Comparison, gap_limit: float, promised_auc: float | None, rules: Monitoring) -> Judgement:
    """Failed: worse than saying one rate to everyone, an AUC far below the promise, or odds far from what came true.

    A warning is the same by less. Nothing that chance explains is either, and a season that moves the share that churns
    moves the odds within what is tolerable: a healthy model almost never fails.
    """
    findings = [*_judge_loss(found), *_judge_auc(found, promised_auc, rules), *_judge_odds(found, gap_limit, rules)]
    if not findings:
        return Judgement("passed", None)
    status: Status = "failed" if any(is_critical for is_critical, _ in findings) else "warning"
    return Judgement(status, "; ".join(sentence for _, sentence in findings))


def _judge_loss(found: Comparison) -> list[tuple[bool, str]]:
    if found.loss.low <= 0:
        return []
    reason = f"log-loss {found.metrics.log_loss:.3f}, where saying one rate to everyone costs {found.base_log_loss:.3f}"
    return [(True, reason)]


def _judge_auc(found: Comparison, promised: float | None, rules: Monitoring) -> list[tuple[bool, str]]:
    if promised is None or found.auc.high >= promised - rules.warning_auc_loss:
        return []
    reason = f"AUC {found.auc.value:.3f} (at most {found.auc.high:.3f}), where its training promised {promised:.3f}"
    return [(found.auc.high < promised - rules.critical_auc_loss, reason)]


def _judge_odds(found: Comparison, gap_limit: float, rules: Monitoring) -> list[tuple[bool, str]]:
    said, came = found.metrics.mean_risk, found.metrics.base_rate
    ratio = math.exp(abs(math.log(said / (1 - said)) - math.log(came / (1 - came)))) if 0 < said < 1 else math.inf
    if abs(said - came) <= gap_limit or ratio < rules.warning_odds_ratio:
        return []
    reason = f"said {said:.1%} on average and {came:.1%} churned, odds {ratio:.1f} times off"
    return [(ratio >= rules.critical_odds_ratio, reason)]


def _mean_interval(values: Floats) -> Estimate:
    mean, error = float(values.mean()), float(values.std()) / math.sqrt(len(values))
    return Estimate(mean, mean - _Z * error, mean + _Z * error)


def _mid_ranks(values: Floats) -> Floats:
    """The rank of each value from 1, ties sharing the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks
