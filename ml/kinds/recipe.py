"""A recipe says how a model is made, whatever the data: what training compares, keeps and repeats."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ml.kinds.calibration import Kind
from ml.spec import LightgbmParameters, ModelSpec

LIGHTGBM, LOGISTIC, BLEND, RFM_LOGISTIC, RECENCY_RULE, BG_NBD = (
    "lightgbm",
    "logistic",
    "blend",
    "rfm_logistic",
    "recency_rule",
    "bg_nbd",
)
SIMPLE_BLEND = "simple_blend"
"""The blend of simple models, which is of the floor too."""
_SIMPLE = (RECENCY_RULE, RFM_LOGISTIC, BG_NBD)


@dataclass(frozen=True)
class Recipe:
    """Kind, features, tunables, history and calibration of a model; two recipes are the same when these are.

    A feature that no training row knows is left out of the model and not of the recipe: when its source comes, the
    next model has it.
    """

    kind: str
    features: tuple[str, ...]
    half_life_days: int
    lightgbm: LightgbmParameters | None = None
    history_days: int | None = None
    """Rows of days longer before the newest are left out; None: all are taken."""
    calibration: Kind = "none"
    parts: tuple["Recipe", ...] = ()
    """Of a blend: whose mean it is. Its features are theirs."""

    @property
    def is_simple(self) -> bool:
        """Whether it is such as any other has to beat: a model of a few numbers that everybody has, or a blend of those."""
        return all(part.is_simple for part in self.parts) if self.parts else self.kind in _SIMPLE

    @property
    def uncalibrated(self) -> "Recipe":
        return replace(self, calibration="none")

    def changed(self, change: Callable[["Recipe"], "Recipe"]) -> "Recipe":
        """The recipe after a change; a blend after the same change of every part that is not simple."""
        if not self.parts:
            return change(self)
        return mix([part if part.is_simple else change(part) for part in self.parts], self.calibration)

    def narrowed(self, known: Collection[str]) -> "Recipe":
        """The recipe without features that are not among the known ones."""
        if self.parts:
            return mix([part.narrowed(known) for part in self.parts], self.calibration)
        return replace(self, features=tuple(name for name in self.features if name in known))

    def without(self, kind: str) -> "Recipe | None":
        """The recipe without that kind of model; None where nothing is left."""
        if self.parts:
            return mix([part for part in self.parts if part.kind != kind], self.calibration)
        return None if self.kind == kind else self

    def part(self, kind: str) -> "Recipe":
        """The part of that kind, by itself."""
        return next(part for part in self.parts if part.kind == kind)

    def to_text(self) -> str:
        return json.dumps(self._content(), sort_keys=True)

    def _content(self) -> dict[str, Any]:
        tunables = self.lightgbm.model_dump() if self.lightgbm else None
        return {**asdict(self), "lightgbm": tunables, "parts": [part._content() for part in self.parts]}


def mix(parts: Sequence[Recipe], calibration: Kind = "none") -> Recipe:
    """The blend of recipes."""
    features = tuple(dict.fromkeys(name for part in parts for name in part.features))
    return Recipe(BLEND, features, parts[0].half_life_days, calibration=calibration, parts=tuple(parts))


def recipe_from_text(text: str) -> Recipe:
    """The recipe that `to_text` wrote."""
    return _recipe_of(json.loads(text))


def _recipe_of(content: Mapping[str, Any]) -> Recipe:
    tunables = content["lightgbm"]
    return Recipe(
        kind=content["kind"],
        features=tuple(content["features"]),
        half_life_days=content["half_life_days"],
        lightgbm=LightgbmParameters.model_validate(tunables) if tunables else None,
        history_days=content.get("history_days"),
        calibration=content.get("calibration", "none"),
        parts=tuple(_recipe_of(part) for part in content.get("parts", ())),
    )


def list_floor(spec: ModelSpec) -> dict[str, Recipe]:
    """The simple models that every training tries first, and their blend: often better than each of them."""
    half_life = spec.training_days.half_life_days
    recipes = {
        RECENCY_RULE: Recipe(RECENCY_RULE, (spec.floor.recency,), half_life),
        RFM_LOGISTIC: Recipe(RFM_LOGISTIC, tuple(spec.floor.rfm), half_life),
    }
    if spec.floor.bg_nbd:
        recipes[BG_NBD] = Recipe(BG_NBD, tuple(spec.floor.bg_nbd), half_life)
        recipes[SIMPLE_BLEND] = mix([recipes[RFM_LOGISTIC], recipes[BG_NBD]])
    return recipes


def list_challengers(spec: ModelSpec) -> dict[str, Recipe]:
    """What is to beat the floor, as plain as it comes: no calendar, all history, the spec's tunables, no calibration.

    The blend is of the other two, the RFM regression, and BG/NBD where the spec has it.
    """
    half_life = spec.training_days.half_life_days
    trees = Recipe(LIGHTGBM, tuple(spec.features), half_life, spec.lightgbm)
    lines = Recipe(LOGISTIC, tuple(spec.features), half_life)
    simple = [recipe for kind, recipe in list_floor(spec).items() if kind in (RFM_LOGISTIC, BG_NBD)]
    return {LOGISTIC: lines, LIGHTGBM: trees, BLEND: mix([trees, lines, *simple])}
