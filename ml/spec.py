"""A model's tunables, read and checked: models/<name>/spec.yml."""

import hashlib
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from wellkept.errors import BadInputError
from wellkept.parameters import Parameters
from wellkept.paths import MODEL_SPECS


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TrainingDays(_Part):
    min_history_days: int
    every_weeks: int
    max_days: int
    half_life_days: int
    max_rows: int


class TestDays(_Part):
    every_days: int
    max_days: int
    resamples: int
    chance_samples: int


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


class Gates(_Part):
    min_rows: int
    min_positives: int
    min_training_days: int
    min_test_days: int
    max_plausible_auc: float
    min_leak_auc_gain: float
    min_leak_positives: int


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
    question: str
    label: str
    horizon: str
    eligibility: str
    lateness: str
    training_days: TrainingDays
    test_days: TestDays
    lightgbm: LightgbmParameters
    floor: Floor
    features: list[str]
    calendar_features: list[str]
    season_history_days: int
    risk_bands: dict[str, float]
    explained_customers: int
    gates: Gates
    grades: Grades
    drift: Drift

    def parameters_used(self, parameters: Parameters) -> dict[str, int]:
        """The values of the named parameters: a model is used only where they are the same."""
        return {name: parameters.integer(name) for name in (self.horizon, self.eligibility, self.lateness)}

    def days_to_maturity(self, parameters: Parameters) -> int:
        """Days after which a label is known."""
        return parameters.integer(self.horizon) + parameters.integer(self.lateness)

    def content_hash(self) -> str:
        """Changes with any tunable of the model; how its drift is told is none."""
        return hashlib.sha256(self.model_dump_json(exclude={"drift"}).encode()).hexdigest()


def load_spec(path: Path) -> ModelSpec:
    """The spec in a file; a missing, unknown or mistyped key is a BadInputError that names it."""
    try:
        return ModelSpec.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        mistakes = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise BadInputError(f"{path}: {mistakes}") from None


def load_specs(folder: Path = MODEL_SPECS) -> list[ModelSpec]:
    """All model specs, by name."""
    return [load_spec(path) for path in sorted(folder.glob("*/spec.yml"))]
