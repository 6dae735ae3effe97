"""A model's tunables, read and checked: models/<name>/spec.yml."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ml.monitoring.limits import Monitoring
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.paths import MODEL_SPECS
from wellkept.project.parameters import Parameters
from wellkept.project.yml import read_yml


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TrainingDays(_Part):
    min_history_days: int
    every_weeks: int
    max_days: int
    half_life_days: int
    max_rows: int
    treated: Literal["keep", "leave_out"] = "keep"


class TestDays(_Part):
    every_days: int
    max_days: int
    resamples: int
    chance_samples: int


class Choices(_Part):
    """What is chosen by back-tests on days before the test days, and from what."""

    max_days: int
    min_days: int
    min_span_days: int
    max_rows: int
    history_days: list[int]
    calibrations: list[Literal["platt", "isotonic"]]
    calibration_days: int


class Tuning(_Part):
    """The budget of the search for LightGBM's tunables; with no trials the spec's own stay."""

    trials: int
    max_rows: int
    max_days: int


class LightgbmParameters(_Part):
    rounds: int
    num_leaves: int
    learning_rate: float
    min_data_in_leaf: int
    feature_fraction: float
    bagging_fraction: float
    bagging_freq: int
    lambda_l2: float
    seed: int


class Floor(_Part):
    recency: str
    rfm: list[str]
    bg_nbd: list[str] = []


class Gates(_Part):
    min_rows: int
    min_positives: int
    min_training_days: int
    min_test_days: int
    max_plausible_auc: float
    min_leak_auc_gain: float
    min_leak_positives: int
    max_shift: float


class Grades(_Part):
    clear_gain: float
    tolerable_calibration_excess: float


class Drift(_Part):
    moving_features: list[str]
    bins: int
    season_days: int
    max_rows: int
    warning_psi: float
    critical_psi: float
    warning_null_rise: float
    critical_null_rise: float


class ModelSpec(_Part):
    """What a person may tune about one model; horizon, eligibility and lateness are names of parameters."""

    name: str
    is_optional: bool = False
    """Whether a shop may have nothing that it speaks of, so that its lack is no reason to train today."""
    question: str
    label: str
    horizon: str
    eligibility: str
    lateness: str
    grace: str | None = None
    population: str = "int_customers_qualified"
    training_days: TrainingDays
    test_days: TestDays
    choices: Choices
    tuning: Tuning
    lightgbm: LightgbmParameters
    floor: Floor
    features: list[str]
    calendar_features: list[str]
    season_history_days: int
    risk_bands: dict[str, float]
    explained_customers: int
    explain_rest: Literal["none", "leaf_path"] = "none"
    segments: list[str] = []
    gates: Gates
    grades: Grades
    drift: Drift
    monitoring: Monitoring

    def choosing_on(self, days: int | None) -> "ModelSpec":
        """The same spec with so many days to choose on; None leaves its own."""
        if days is None:
            return self
        return self.model_copy(update={"choices": self.choices.model_copy(update={"max_days": days})})

    @property
    def without_bg_nbd(self) -> "ModelSpec":
        """The same model with one floor model less."""
        return self.model_copy(update={"floor": self.floor.model_copy(update={"bg_nbd": []})})

    def parameters_used(self, parameters: Parameters) -> dict[str, int]:
        """The values of the named parameters: a model is used only where they are the same."""
        names = [self.horizon, self.eligibility, self.lateness, *([self.grace] if self.grace else [])]
        return {name: parameters.integer(name) for name in names}

    def days_to_maturity(self, parameters: Parameters) -> int:
        """Days after which a label is known."""
        return self.days_until_known(self.parameters_used(parameters))

    def days_until_known(self, used: Mapping[str, int]) -> int:
        """The same from the values of the named parameters."""
        return used[self.horizon] + used[self.lateness] + (used[self.grace] if self.grace else 0)

    def content_hash(self) -> str:
        """Changes with any tunable of the model; how its drift and its scores are reported is none."""
        return hashlib.sha256(
            self.model_dump_json(exclude={"drift", "monitoring", "explain_rest"}).encode()
        ).hexdigest()


def load_spec(path: Path) -> ModelSpec:
    """The spec in a file; a missing, unknown or mistyped key is a BadInputError that names it."""
    try:
        return ModelSpec.model_validate(read_yml(path))
    except ValidationError as error:
        mistakes = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise BadInputError(f"{path}: {mistakes}") from None


def load_specs(folder: Path = MODEL_SPECS) -> list[ModelSpec]:
    """All model specs, by name."""
    return [load_spec(path) for path in sorted(folder.glob("*/spec.yml"))]
