"""What stands between a verdict and a new model: too good to be true, or no better than chance; nothing is promoted then."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from ml.dataset import Dataset
from ml.evaluate import Metrics, auc
from ml.kinds.recipe import RECENCY_RULE
from ml.training.backtest import Backtest
from ml.training.verdict import Verdict
from wellkept.deployment.errors import LeakSuspectedError, NoSignalError

_CHANCE_DEVIATIONS = 3.0
"""Shuffled labels get past it about once in seven hundred times and model."""


def check_verdict(verdict: Verdict, dataset: Dataset, as_of_date: date) -> None:
    """What the test days say of a leak, or of labels that nothing explains: a ModelRefusedError, and nothing is promoted."""
    check_leak(verdict, as_of_date)
    check_single_features(verdict, dataset, as_of_date)
    check_signal(verdict, as_of_date)


def check_leak(verdict: Verdict, as_of_date: date) -> None:
    """A model too good to be true is a LeakSuspectedError: nothing is promoted.

    Where the recency rule is nearly as good the shop is easy to foretell: one honest feature cannot leak.
    """
    days = _deciding_days(verdict)
    if not days:
        return
    metrics = verdict.backtest.metrics
    means = {name: float(np.mean([by_day[day].auc for day in days])) for name, by_day in metrics.items()}
    for name, mean in means.items():
        if not verdict.recipes[name].is_simple and _is_implausible(verdict, mean, means[RECENCY_RULE]):
            raise LeakSuspectedError(
                f"{verdict.spec.name} on {as_of_date}: {name} has a mean AUC of {mean:.3f} over {len(days)} test days, "
                f"{_beyond(verdict, mean, means[RECENCY_RULE], as_of_date)}"
            )


def check_single_features(verdict: Verdict, dataset: Dataset, as_of_date: date) -> None:
    """One feature that alone tells who churns better than any honest one could is a LeakSuspectedError that names it."""
    days, backtest = _deciding_days(verdict), verdict.backtest
    if not days:
        return
    recency = float(np.mean([backtest.metrics[RECENCY_RULE][day].auc for day in days]))
    for name in sorted({name for recipe in verdict.recipes.values() for name in recipe.features}):
        values = dataset.matrix([name])[backtest.rows, 0]
        mean = float(np.mean([_auc_alone(values, backtest, day) for day in days]))
        if _is_implausible(verdict, mean, recency):
            raise LeakSuspectedError(
                f"{verdict.spec.name} on {as_of_date}: the feature {name} alone has a mean AUC of {mean:.3f} over "
                f"{len(days)} test days, {_beyond(verdict, mean, recency, as_of_date)}"
            )


def check_signal(verdict: Verdict, as_of_date: date) -> None:
    """Test days on which no model orders customers better than chance are a NoSignalError: the labels say nothing."""
    if not verdict.is_judged:
        return
    best = max(verdict.backtest.metrics, key=lambda name: _mean_auc(verdict, name))
    chance = float(np.sqrt(np.sum([_auc_variance(day) for day in verdict.backtest.metrics[best].values()])))
    chance /= len(verdict.backtest.days)
    if _mean_auc(verdict, best) < 0.5 + _CHANCE_DEVIATIONS * chance:
        raise NoSignalError(
            f"{verdict.spec.name} on {as_of_date}: no model tells who churns better than chance (the best, {best}, has a "
            f"mean AUC of {_mean_auc(verdict, best):.3f} over {len(verdict.backtest.days)} test days): the labels have "
            f"nothing to do with the features; look at labels.{verdict.spec.label} and at what the sources deliver. "
            "Nothing was promoted"
        )


def _deciding_days(verdict: Verdict) -> list[date]:
    """Test days with enough of both classes to speak of a leak."""
    recency = verdict.backtest.metrics[RECENCY_RULE]
    return [day for day, one in recency.items() if _smaller_class(one) >= verdict.spec.gates.min_leak_positives]


def _is_implausible(verdict: Verdict, mean: float, recency: float) -> bool:
    gates = verdict.spec.gates
    return mean > gates.max_plausible_auc and mean - recency >= gates.min_leak_auc_gain


def _beyond(verdict: Verdict, mean: float, recency: float, as_of_date: date) -> str:
    return (
        f"above the plausible {verdict.spec.gates.max_plausible_auc} and {mean - recency:+.3f} above the recency rule; a "
        f"feature may see the future: run `wellkept features prove --as-of {as_of_date}`. Nothing was promoted"
    )


def _auc_alone(values: NDArray[np.float64], backtest: Backtest, day: date) -> float:
    """Of the feature as it is or turned around; unknown values together, at the low end."""
    chosen = backtest.day_of_row == day.toordinal()
    known = values[chosen]
    lowest = np.nanmin(known) - 1 if not np.isnan(known).all() else 0.0
    one = auc(backtest.churned[chosen], np.nan_to_num(known, nan=lowest))
    return max(one, 1 - one)


def _mean_auc(verdict: Verdict, name: str) -> float:
    return float(np.mean([day.auc for day in verdict.backtest.metrics[name].values()]))


def _auc_variance(metrics: Metrics) -> float:
    """Of the AUC of scores that have nothing to do with the labels (Mann and Whitney, 1947)."""
    churned = metrics.customers * metrics.base_rate
    return (metrics.customers + 1) / (12 * churned * (metrics.customers - churned))


def _smaller_class(metrics: Metrics) -> int:
    churned = round(metrics.customers * metrics.base_rate)
    return round(min(churned, metrics.customers - churned))
