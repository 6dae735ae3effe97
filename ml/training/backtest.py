"""Back-tests by rolling origin: each recipe, trained on what was known by a past day, predicts that day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ml.evaluate import Metrics, levelled, log_losses, measure
from ml.kinds.recipe import Recipe
from ml.measures import Interval
from ml.training.rolling import Rolling

Floats = NDArray[np.float64]
_RESAMPLED_AT_ONCE = 20


@dataclass(frozen=True)
class Backtest:
    """What each recipe said on each test day, and what happened. `rows` are places in the dataset; the arrays follow them."""

    days: list[date]
    rows: NDArray[np.int64]
    day_of_row: NDArray[np.int64]
    customers: NDArray[np.int64]
    churned: Floats
    risks: dict[str, Floats]
    metrics: dict[str, dict[date, Metrics]]

    def mean_loss(self, name: str) -> float:
        """The levelled log-loss of a recipe, mean over test days."""
        losses = self.losses(name)
        return float(np.mean([losses[self.is_of(day)].mean() for day in self.days]))

    def compare(self, first: str, second: str, resamples: int, seed: int, is_levelled: bool = True) -> Interval:
        """First minus second, each day counting the same, over paired resamples of customers."""
        differences = self.losses(first, is_levelled) - self.losses(second, is_levelled)
        return resample_difference(differences, self.day_of_row, self.customers, resamples, seed)

    def losses(self, name: str, is_levelled: bool = True) -> Floats:
        """The log-loss of each row under a recipe; levelled: after the mean risk of each day was set to what happened.

        No model knows the season's level ahead, and on a few neighbouring days one that is wrong the right way would win by
        luck; how wrong the level is, calibration says.
        """
        if not is_levelled:
            return log_losses(self.churned, self.risks[name])
        result = np.empty(len(self.churned))
        for day in self.days:
            rows = self.is_of(day)
            result[rows] = log_losses(self.churned[rows], levelled(self.churned[rows], self.risks[name][rows]))
        return result

    def is_of(self, day: date) -> NDArray[np.bool_]:
        same: NDArray[np.bool_] = self.day_of_row == day.toordinal()
        return same

    def wins(self, first: str, second: str, is_levelled: bool = True) -> float:
        """The share of days on which the first recipe's log-loss is the lower one."""
        differences = self.losses(first, is_levelled) - self.losses(second, is_levelled)
        return float(np.mean([differences[self.is_of(day)].mean() < 0 for day in self.days])) if self.days else 0.0


def run_backtest(
    rolling: Rolling, recipes: Mapping[str, Recipe], days: Sequence[date], *, chance_samples: int, seed: int
) -> Backtest:
    """Fit and judge every recipe on every test day; no label of the day or later is seen."""
    dataset = rolling.dataset
    rolling.prepare(recipes.values(), days)
    rows = [rolling.rows_of(day) for day in days]
    risks: dict[str, list[Floats]] = {name: [] for name in recipes}
    metrics: dict[str, dict[date, Metrics]] = {name: {} for name in recipes}
    for day, chosen in zip(days, rows, strict=True):
        for name, recipe in recipes.items():
            _, risk = rolling.predict(recipe, day)
            risks[name].append(risk)
            metrics[name][day] = measure(dataset.churned[chosen], risk, chance_samples, seed)
    everything = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
    return Backtest(
        days=list(days),
        rows=everything,
        day_of_row=dataset.day_numbers[everything],
        customers=dataset.customers[everything],
        churned=dataset.churned[everything],
        risks={name: np.concatenate(parts) if parts else np.empty(0) for name, parts in risks.items()},
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
