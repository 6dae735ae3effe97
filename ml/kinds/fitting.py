"""From a recipe and labelled rows to a fitted model, and from its text back to it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from ml.dataset import Dataset
from ml.kinds import bgnbd_model, blend, floor, lightgbm_model, logistic
from ml.kinds.calibration import NONE, Calibration
from ml.kinds.model import Floats, Model
from ml.kinds.recipe import BG_NBD, BLEND, LIGHTGBM, LOGISTIC, RECENCY_RULE, RFM_LOGISTIC, Recipe
from wellkept.deployment.errors import NotEnoughDataError


def import_libraries() -> None:
    """What fits models is imported: threads that import one library at once may be handed half of it."""
    for name in ("lightgbm", "sklearn.isotonic", "sklearn.linear_model"):
        import_module(name)


@dataclass(frozen=True)
class Fitted:
    """A model with its calibration: what is served. Raw scores are the model's own, risks are calibrated."""

    model: Model
    calibration: Calibration = NONE
    base_rate: float = 0.0
    """The (weighted) share that churned in the rows it was fitted on."""

    @property
    def kind(self) -> str:
        return self.model.kind

    @property
    def features(self) -> list[str]:
        return self.model.features

    def predict_raw(self, matrix: Floats) -> Floats:
        return self.model.predict_raw(matrix)

    def predict_risk(self, matrix: Floats) -> Floats:
        """Probabilities of rows of the features, NaN where unknown."""
        return self.calibration.to_risk(self.model.predict_raw(matrix))

    def contributions(self, matrix: Floats) -> Floats:
        return self.model.contributions(matrix)

    def to_text(self) -> str:
        return self.model.to_text()


def fit(recipe: Recipe, dataset: Dataset, cutoff: date, monotone: Mapping[str, str], threads: int) -> Fitted:
    """The recipe's model, not yet calibrated, from all labels known on the cutoff day.

    Its features are those of the recipe that some of these rows know.
    """
    if recipe.parts:
        fitted = [fit(part, dataset, cutoff, monotone, threads) for part in recipe.parts]
        return Fitted(blend.blend([part.model for part in fitted]), base_rate=fitted[0].base_rate)
    chosen = np.flatnonzero(_may_train(recipe, dataset, cutoff))
    matrix = dataset.matrix(recipe.features, chosen)
    known = np.flatnonzero((~np.isnan(matrix)).any(axis=0))
    if not known.size:
        raise NotEnoughDataError(
            f"every training row has NULL for {', '.join(recipe.features)} on {cutoff}; check what the sources deliver"
        )
    if known.size < len(recipe.features):
        recipe = replace(recipe, features=tuple(recipe.features[place] for place in known))
        matrix = matrix[:, known]
    churned = dataset.churned[chosen]
    days = dataset.day_numbers[chosen]
    weights = weigh(days, recipe.half_life_days)
    rows = _Rows(matrix, churned, weights, days, dataset.horizon_days or dataset.days_to_maturity)
    return Fitted(_fit(recipe, rows, monotone, threads), base_rate=float(np.average(churned, weights=weights)))


def _may_train(recipe: Recipe, dataset: Dataset, cutoff: date) -> NDArray[np.bool_]:
    is_known = dataset.is_known_by(cutoff)
    if recipe.history_days is None or not is_known.any():
        return is_known
    newest = dataset.day_numbers[is_known].max()
    is_recent: NDArray[np.bool_] = dataset.day_numbers > newest - recipe.history_days
    return is_known & is_recent


def load(kind: str, features: list[str], text: str, threads: int) -> Model:
    """A fitted model from its text."""
    if kind == LIGHTGBM:
        return lightgbm_model.LightgbmModel(features, text, threads)
    if kind == BLEND:
        return blend.read_blend(text, partial(load, threads=threads))
    content = json.loads(text)
    return _KINDS[content.pop("kind")](**content)


def weigh(day_numbers: NDArray[np.int64], half_life_days: int) -> Floats:
    """A row's weight by its day: 1 on the newest, half for each half-life before."""
    weights: Floats = 0.5 ** ((day_numbers.max() - day_numbers) / half_life_days)
    return weights


@dataclass(frozen=True)
class _Rows:
    """What a model is fitted on, row by row."""

    matrix: Floats
    churned: Floats
    weights: Floats
    day_numbers: NDArray[np.int64]
    horizon_days: int


def _fit(recipe: Recipe, rows: _Rows, monotone: Mapping[str, str], threads: int) -> Model:
    names, data = recipe.features, (rows.matrix, rows.churned, rows.weights)
    if recipe.kind == RECENCY_RULE:
        return floor.fit_recency_rule(names[0], *data)
    if recipe.kind == RFM_LOGISTIC:
        return floor.fit_rfm_logistic(names, *data)
    if recipe.kind == BG_NBD:
        return bgnbd_model.fit_bgnbd_model(names, rows.matrix, rows.day_numbers, rows.horizon_days)
    if recipe.kind == LOGISTIC:
        return logistic.fit_logistic(names, *data)
    assert recipe.lightgbm is not None  # noqa: S101  a LightGBM recipe always has its tunables
    return lightgbm_model.fit_lightgbm(names, *data, recipe.lightgbm, monotone=monotone, threads=threads)


_KINDS: Mapping[str, Callable[..., Model]] = {
    RECENCY_RULE: floor.RecencyRule,
    RFM_LOGISTIC: floor.RfmLogistic,
    BG_NBD: bgnbd_model.BgNbdModel,
    LOGISTIC: logistic.Logistic,
}
