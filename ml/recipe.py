"""A recipe says how a model is made, whatever the data: what training compares, keeps and repeats."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ml import floor, lightgbm_model
from ml.dataset import Dataset
from ml.spec import LightgbmParameters, ModelSpec
from wellkept.errors import NotEnoughDataError

Floats = NDArray[np.float64]
LIGHTGBM, RFM_LOGISTIC, RECENCY_RULE = "lightgbm", "rfm_logistic", "recency_rule"


class Model(Protocol):
    """What every fitted model can do."""

    @property
    def features(self) -> list[str]: ...

    def predict_raw(self, matrix: Floats) -> Floats: ...

    def contributions(self, matrix: Floats) -> Floats: ...

    def to_text(self) -> str: ...


@dataclass(frozen=True)
class Recipe:
    """Kind, features and tunables of a model; two recipes are the same when these are.

    A feature that no training row knows is left out of the model and not of the recipe: when its source comes, the
    next model has it.
    """

    kind: str
    features: tuple[str, ...]
    half_life_days: int
    lightgbm: LightgbmParameters | None = None

    def to_text(self) -> str:
        return json.dumps(
            {**asdict(self), "lightgbm": self.lightgbm.model_dump() if self.lightgbm else None}, sort_keys=True
        )


def recipe_from_text(text: str) -> Recipe:
    """The recipe that `to_text` wrote."""
    content: dict[str, Any] = json.loads(text)
    tunables = content["lightgbm"]
    return Recipe(
        kind=content["kind"],
        features=tuple(content["features"]),
        half_life_days=content["half_life_days"],
        lightgbm=LightgbmParameters.model_validate(tunables) if tunables else None,
    )


def list_recipes(spec: ModelSpec) -> dict[str, Recipe]:
    """What every training tries: the floor, and LightGBM without and with the calendar."""
    half_life = spec.training_days.half_life_days
    plain, seasonal = tuple(spec.features), (*spec.features, *spec.calendar_features)
    return {
        RECENCY_RULE: Recipe(RECENCY_RULE, (spec.floor.recency,), half_life),
        RFM_LOGISTIC: Recipe(RFM_LOGISTIC, tuple(spec.floor.rfm), half_life),
        LIGHTGBM: Recipe(LIGHTGBM, plain, half_life, spec.lightgbm),
        "lightgbm_calendar": Recipe(LIGHTGBM, seasonal, half_life, spec.lightgbm),
    }


def fit(
    recipe: Recipe, dataset: Dataset, cutoff: date, monotone: Mapping[str, str], threads: int
) -> tuple[Model, float]:
    """The recipe's model from all labels known on the cutoff day, and the (weighted) share that churned in them.

    The model's features are those of the recipe that some of these rows know.
    """
    chosen = np.flatnonzero(dataset.is_known_by(cutoff))
    matrix = dataset.matrix(recipe.features)[chosen]
    known = np.flatnonzero((~np.isnan(matrix)).any(axis=0))
    if not known.size:
        raise NotEnoughDataError(
            f"every training row has NULL for {', '.join(recipe.features)} on {cutoff}; check what the sources deliver"
        )
    if known.size < len(recipe.features):
        recipe = replace(recipe, features=tuple(recipe.features[place] for place in known))
        matrix = matrix[:, known]
    churned = dataset.churned[chosen]
    weights = weigh(dataset.day_numbers[chosen], recipe.half_life_days)
    return _fit(recipe, matrix, churned, weights, monotone=monotone, threads=threads), float(
        np.average(churned, weights=weights)
    )


def load(kind: str, features: list[str], text: str, threads: int) -> Model:
    """A fitted model from its text."""
    if kind == LIGHTGBM:
        return lightgbm_model.LightgbmModel(features, text, threads)
    return floor.from_text(text)


def to_risk(raw: Floats) -> Floats:
    """Raw score to probability."""
    risk: Floats = 1.0 / (1.0 + np.exp(-raw))
    return risk


def weigh(day_numbers: NDArray[np.int64], half_life_days: int) -> Floats:
    """A row's weight by its day: 1 on the newest, half for each half-life before."""
    weights: Floats = 0.5 ** ((day_numbers.max() - day_numbers) / half_life_days)
    return weights


def _fit(
    recipe: Recipe, matrix: Floats, churned: Floats, weights: Floats, *, monotone: Mapping[str, str], threads: int
) -> Model:
    if recipe.kind == RECENCY_RULE:
        return floor.fit_recency_rule(recipe.features[0], matrix, churned, weights)
    if recipe.kind == RFM_LOGISTIC:
        return floor.fit_rfm_logistic(recipe.features, matrix, churned, weights)
    assert recipe.lightgbm is not None  # noqa: S101  a LightGBM recipe always has its tunables
    return lightgbm_model.fit_lightgbm(
        recipe.features, matrix, churned, weights, recipe.lightgbm, monotone=monotone, threads=threads
    )
