"""Rolling origin: what a recipe, trained on what was known by a past day, says on that day. Nothing is fitted twice."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ml.dataset import Dataset
from ml.kinds.calibration import Calibration, fit_calibration
from ml.kinds.fitting import Fitted, fit, import_libraries, weigh
from ml.kinds.recipe import Recipe
from wellkept.deployment.errors import ModelRefusedError
from wellkept.deployment.log import get_logger

log = get_logger(__name__)

Floats = NDArray[np.float64]
_ROWS_FOR_ALL_THREADS = 400_000
"""Of a dataset from which on one model uses all threads; small trees on fewer rows are made by one thread."""


@dataclass(frozen=True)
class Rolling:
    """Past days of a dataset and what models said on them; `days` are those that can be tested, oldest first."""

    dataset: Dataset
    days: list[date]
    monotone: Mapping[str, str]
    threads: int
    calibration_days: int
    _raw: dict[tuple[Recipe, date], Floats] = field(default_factory=dict, repr=False)

    def prepare(self, recipes: Iterable[Recipe], days: Sequence[date]) -> None:
        """Fit what `predict` will ask for, several models at a time where one alone would leave threads idle."""
        pairs: dict[tuple[Recipe, date], None] = {}
        for recipe, day in [(recipe, day) for recipe in recipes for day in days]:
            for_calibration = self._days_to_calibrate(day) if recipe.calibration != "none" else []
            parts = recipe.parts or [recipe.uncalibrated]
            pairs |= {(self._as_cut(part, asked), asked): None for part in parts for asked in [day, *for_calibration]}
        missing = [pair for pair in pairs if pair not in self._raw]
        at_once = 1 if self.dataset.rows.num_rows > _ROWS_FOR_ALL_THREADS else self.threads
        import_libraries()
        # Matrix libraries have threads of their own: several models' at once wait for each other, spinning.
        with threadpool_limits(None if at_once == 1 else 1, "blas"), ThreadPoolExecutor(at_once) as pool:
            found = pool.map(lambda pair: self._fit_and_predict(pair[0], pair[1], self.threads // at_once), missing)
            self._raw.update(zip(missing, found, strict=True))

    def can_fit(self, recipe: Recipe, days: Sequence[date]) -> bool:
        """Whether the recipe finds a model on each of the days; the log says why not. BG/NBD may not where hardly anybody returns."""
        try:
            self.prepare([recipe], days)
        except ModelRefusedError as error:
            log.info("%s is left out: %s", recipe.kind, error)
            return False
        return True

    def predict(self, recipe: Recipe, day: date) -> tuple[Floats, Floats]:
        """Raw scores and risks of the day's rows, in the dataset's order; no label of the day or later is seen."""
        raw = self._predict_raw(recipe.uncalibrated, day)
        return raw, self._calibrate(recipe, day).to_risk(raw)

    def fit(self, recipe: Recipe, cutoff: date) -> Fitted:
        """The recipe's model from all labels known on the cutoff day, calibrated by what earlier models said."""
        fitted = fit(recipe, self.dataset, cutoff, self.monotone, self.threads)
        return replace(fitted, calibration=self._calibrate(recipe, cutoff))

    def thinned(self, max_rows: int, seed: int) -> "Rolling":
        """The same days with fewer customers where there are too many rows."""
        dataset = self.dataset.thinned(max_rows, seed)
        return self if dataset is self.dataset else replace(self, dataset=dataset, _raw={})

    def rows_of(self, day: date) -> NDArray[np.int64]:
        return np.flatnonzero(self.dataset.is_of(day))

    def _calibrate(self, recipe: Recipe, cutoff: date) -> Calibration:
        """From the newest test days whose outcomes were known on the cutoff; none where there are fewer than two."""
        known = self._days_to_calibrate(cutoff)
        if recipe.calibration == "none" or len(known) < 2:
            return Calibration()
        raw = np.concatenate([self._predict_raw(recipe.uncalibrated, day) for day in known])
        rows = np.concatenate([self.rows_of(day) for day in known])
        weights = weigh(self.dataset.day_numbers[rows], recipe.half_life_days)
        return fit_calibration(recipe.calibration, raw, self.dataset.churned[rows], weights)

    def _days_to_calibrate(self, cutoff: date) -> list[date]:
        return known_days(self.days, self.dataset, cutoff)[-self.calibration_days :]

    def _predict_raw(self, recipe: Recipe, day: date) -> Floats:
        """A blend's is the mean of its parts', as ml.kinds.blend has it, so that each is fitted once for all that it is in."""
        if recipe.parts:
            raw: Floats = np.mean([self._predict_raw(part, day) for part in recipe.parts], axis=0)
            return raw
        recipe = self._as_cut(recipe, day)
        if (recipe, day) not in self._raw:
            self._raw[recipe, day] = self._fit_and_predict(recipe, day, self.threads)
        return self._raw[recipe, day]

    def _as_cut(self, recipe: Recipe, day: date) -> Recipe:
        """The recipe without its limit of history where that leaves no row out: it is the same model, fitted once."""
        known = known_days(self.dataset.days, self.dataset, day)
        is_whole = recipe.history_days is None or not known or (known[-1] - known[0]).days < recipe.history_days
        return replace(recipe, history_days=None) if is_whole else recipe

    def _fit_and_predict(self, recipe: Recipe, day: date, threads: int) -> Floats:
        fitted = fit(recipe, self.dataset, day, self.monotone, threads)
        return fitted.predict_raw(self.dataset.matrix(fitted.features, self.rows_of(day)))


def list_days(dataset: Dataset, every_days: int, min_training_days: int) -> list[date]:
    """The days that can be tested, `every_days` apart and counted back from the newest matured one; oldest first.

    On each, and in what was known by it, some churned and some stayed, and it has enough training days before it.
    """
    chosen: list[date] = []
    for day in reversed(dataset.days):
        is_far_enough = not chosen or (chosen[-1] - day).days >= every_days
        if is_far_enough and _can_test(dataset, day, min_training_days):
            chosen.append(day)
    return chosen[::-1]


def known_days(days: Sequence[date], dataset: Dataset, cutoff: date) -> list[date]:
    """Those of the days whose outcomes were known on the cutoff day."""
    return [day for day in days if day + timedelta(days=dataset.days_to_maturity) <= cutoff]


def _can_test(dataset: Dataset, day: date, min_training_days: int) -> bool:
    if len(known_days(dataset.days, dataset, day)) < min_training_days:
        return False
    return all(_has_both_classes(dataset.churned[rows]) for rows in (dataset.is_of(day), dataset.is_known_by(day)))


def _has_both_classes(churned: Floats) -> bool:
    return bool(0 < churned.mean() < 1)
