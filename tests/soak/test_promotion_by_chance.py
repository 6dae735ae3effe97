"""Under no effect a challenger is promoted as better hardly ever: its recipe is the champion's, and only the dice differ."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deployments import Deployment

from features import registry
from ml.dataset import Dataset
from ml.kinds.recipe import LIGHTGBM, list_challengers
from ml.matrix import to_codes
from ml.spec import ModelSpec, load_spec
from ml.training.backtest import run_backtest
from ml.training.rolling import Rolling, list_days
from ml.training.verdict import CHALLENGER, INCUMBENT
from wellkept.deployment.paths import MODEL_SPECS
from wellkept.project.parameters import Parameters

pytestmark = pytest.mark.soak

TIMES, MOST_PROMOTED = 50, 3
SPEC = load_spec(MODEL_SPECS / "churn_risk" / "spec.yml")


def test_the_same_recipe_is_better_at_most_three_times_in_fifty(founded: Deployment) -> None:
    [file] = founded.home.glob("training/*-churn_risk.parquet")
    rows = pq.read_table(file)
    promoted = sum(is_promoted(SPEC, resampled(rows, number), number) for number in range(TIMES))
    assert promoted <= MOST_PROMOTED


def resampled(rows: pa.Table, seed: int) -> Dataset:
    """As many customers as there are, drawn with replacement; who is drawn twice is there twice, as one customer."""
    people = to_codes(rows["customer_id"])
    drawn = np.random.default_rng(seed).multinomial(people.max() + 1, np.full(people.max() + 1, 1 / (people.max() + 1)))
    places = np.repeat(np.arange(rows.num_rows), drawn[people])
    parameters = Parameters()
    return Dataset(rows.take(places), SPEC.days_to_maturity(parameters), parameters.integer(SPEC.horizon))


def is_promoted(spec: ModelSpec, dataset: Dataset, number: int) -> bool:
    """Whether the champion's own recipe, with other dice, beats it by the rule that promotes."""
    recipe = list_challengers(spec)[LIGHTGBM]
    assert recipe.lightgbm is not None
    dice = recipe.lightgbm.model_copy(update={"seed": recipe.lightgbm.seed + 1 + number})
    recipes = {INCUMBENT: recipe, CHALLENGER: replace(recipe, lightgbm=dice)}
    monotone = {name: feature.monotone for name, feature in registry.load_by_name().items()}
    days = list_days(dataset, spec.test_days.every_days, spec.gates.min_training_days)
    rolling = Rolling(dataset, days, monotone, 2, spec.choices.calibration_days)
    tests = days[-spec.test_days.max_days :]
    backtest = run_backtest(rolling, recipes, tests, chance_samples=5, seed=spec.lightgbm.seed)
    return backtest.compare(CHALLENGER, INCUMBENT, spec.test_days.resamples, spec.lightgbm.seed).is_clearly_better
