"""Back-tests by rolling origin: each recipe, trained on what was known by a past day, predicts that day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from ml.dataset import Dataset
from ml.evaluate import Metrics, log_losses, measure
from ml.recipe import Recipe, fit, to_risk
from ml.spec import TestDays

Floats = NDArray[np.float64]
_RESAMPLED_AT_ONCE = 20


@dataclass(frozen=True)
class Interval:
    """A mean difference in log-loss (below zero: the first is better) and its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def is_clearly_better(self) -> bool:
        return self.high < 0

    @property
    def is_not_worse(self) -> bool:
        return self.low <= 0


@dataclass(frozen=True)
class Backtest:
    """What each recipe did on each test day. Rows are those of the test days, in the dataset's order."""

    days: list[date]
    day_of_row: NDArray[np.int64]
    customers: NDArray[np.int64]
    losses: dict[str, Floats]
    metrics: dict[str, dict[date, Metrics]]

    def mean_loss(self, name: str) -> float:
        """The log-loss of a recipe, mean over test days."""
        return float(np.mean([metrics.log_loss for metrics in self.metrics[name].values()]))

    def compare(self, first: str, second: str, resamples: int, seed: int) -> Interval:
        """First minus second, each day counting the same, over paired resamples of customers."""
        return resample_difference(
            self.losses[first] - self.losses[second], self.day_of_row, self.customers, resamples, seed
        )


def list_test_days(dataset: Dataset, rule: TestDays, min_training_days: int) -> list[date]:
    """The newest matured days, `every_days` apart, that have enough training days before them; oldest first.

    On each, and in what was known by it, some churned and some stayed.
    """
    chosen: list[date] = []
    for day in reversed(dataset.days):
        if len(chosen) == rule.max_days:
            break
        is_far_enough = not chosen or (chosen[-1] - day).days >= rule.every_days
        if is_far_enough and _can_test(dataset, day, min_training_days):
            chosen.append(day)
    return chosen[::-1]


def run_backtest(
    dataset: Dataset,
    recipes: Mapping[str, Recipe],
    days: Sequence[date],
    *,
    monotone: Mapping[str, str],
    threads: int,
    chance_samples: int,
    seed: int,
) -> Backtest:
    """Fit and judge every recipe on every test day; no label of the day or later is seen."""
    rows = [np.flatnonzero(dataset.is_of(day)) for day in days]
    losses: dict[str, list[Floats]] = {name: [] for name in recipes}
    metrics: dict[str, dict[date, Metrics]] = {name: {} for name in recipes}
    for day, chosen in zip(days, rows, strict=True):
        for name, recipe in recipes.items():
            model, _ = fit(recipe, dataset, day, monotone, threads)
            risk = to_risk(model.predict_raw(dataset.matrix(model.features)[chosen]))
            losses[name].append(log_losses(dataset.churned[chosen], risk))
            metrics[name][day] = measure(dataset.churned[chosen], risk, chance_samples, seed)
    everything = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
    return Backtest(
        days=list(days),
        day_of_row=dataset.day_numbers[everything],
        customers=dataset.customers[everything],
        losses={name: np.concatenate(parts) if parts else np.empty(0) for name, parts in losses.items()},
        metrics=metrics,
    )


def resample_difference(
    differences: Floats, day_of_row: NDArray[np.int64], customers: NDArray[np.int64], resamples: int, seed: int
) -> Interval:
    """The mean over days of the mean difference, with an interval from drawing customers anew, whole histories at once."""
    days, day_index = np.unique(day_of_row, return_inverse=True)
    people, person_index = np.unique(customers, return_inverse=True)
    sums = np.zeros((len(people), len(days)))
    counts = np.zeros((len(people), len(days)))
    np.add.at(sums, (person_index, day_index), differences)
    np.add.at(counts, (person_index, day_index), 1.0)
    generator = np.random.default_rng(seed)
    draws: list[float] = []
    while len(draws) < resamples:
        size = min(_RESAMPLED_AT_ONCE, resamples - len(draws))
        weights = generator.multinomial(len(people), np.full(len(people), 1 / len(people)), size).astype(np.float64)
        draws += list((weights @ sums / np.maximum(weights @ counts, 1.0)).mean(axis=1))
    low, high = np.quantile(draws, [0.025, 0.975])
    return Interval(float((sums.sum(axis=0) / counts.sum(axis=0)).mean()), float(low), float(high))


def _can_test(dataset: Dataset, day: date, min_training_days: int) -> bool:
    known = [past for past in dataset.days if past + timedelta(days=dataset.days_to_maturity) <= day]
    if len(known) < min_training_days:
        return False
    return all(_has_both_classes(dataset.churned[rows]) for rows in (dataset.is_of(day), dataset.is_known_by(day)))


def _has_both_classes(churned: Floats) -> bool:
    return bool(0 < churned.mean() < 1)
