"""Each model: text and back, contributions that sum, and the same bytes from the same data."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from ml.dataset import Dataset
from ml.kinds import floor
from ml.kinds.fitting import fit, load
from ml.kinds.recipe import (
    BG_NBD,
    BLEND,
    LIGHTGBM,
    LOGISTIC,
    RECENCY_RULE,
    RFM_LOGISTIC,
    SIMPLE_BLEND,
    Recipe,
    list_challengers,
    list_floor,
    recipe_from_text,
)
from ml.spec import ModelSpec
from ml.training.rolling import Rolling
from tests.unit.ml.conftest import DAY, FEATURES, make_rows, training_days

HISTORY = ["days_since_last_order", "silence_share_of_tenure", "lifetime_order_days_count"]


@pytest.fixture
def dataset() -> Dataset:
    rows = make_rows(training_days()[-6:], 200)
    silence, orders = rows["days_since_last_order"].to_numpy(), rows["orders_count_365d"].to_numpy()
    rows = rows.append_column("silence_share_of_tenure", pa.array(silence / (silence + 30 * (orders - 1))))
    return Dataset(rows.append_column("lifetime_order_days_count", pa.array(orders)), 91, 90)


def list_recipes(spec: ModelSpec) -> dict[str, Recipe]:
    spec = spec.model_copy(update={"floor": spec.floor.model_copy(update={"bg_nbd": HISTORY})})
    return {**list_floor(spec), **list_challengers(spec)}


@pytest.mark.parametrize("kind", [RECENCY_RULE, RFM_LOGISTIC, BG_NBD, LOGISTIC, LIGHTGBM, BLEND])
def test_contributions_sum_to_the_raw_score(kind: str, dataset: Dataset, spec: ModelSpec) -> None:
    recipe = list_recipes(spec)[kind]
    model = fit(recipe, dataset, DAY, FEATURES, 1)
    matrix = dataset.matrix(recipe.features)[:50]
    matrix[0] = np.nan
    assert model.contributions(matrix).sum(axis=1) == pytest.approx(model.predict_raw(matrix))


@pytest.mark.parametrize("kind", [RECENCY_RULE, RFM_LOGISTIC, BG_NBD, LOGISTIC, LIGHTGBM, BLEND])
def test_a_model_read_back_from_its_text_predicts_the_same(kind: str, dataset: Dataset, spec: ModelSpec) -> None:
    recipe = list_recipes(spec)[kind]
    model = fit(recipe, dataset, DAY, FEATURES, 1)
    again = load(kind, list(recipe.features), model.to_text(), 1)
    matrix = dataset.matrix(recipe.features)
    assert np.array_equal(again.predict_raw(matrix), model.predict_raw(matrix))
    assert again.to_text() == model.to_text()


@pytest.mark.parametrize("kind", [RECENCY_RULE, RFM_LOGISTIC, BG_NBD, LOGISTIC, LIGHTGBM, BLEND])
def test_the_same_data_give_the_same_bytes(kind: str, dataset: Dataset, spec: ModelSpec) -> None:
    recipe = list_recipes(spec)[kind]
    texts = {fit(recipe, dataset, DAY, FEATURES, 1).to_text() for _ in range(2)}
    assert len(texts) == 1


def test_lightgbm_never_moves_against_a_stated_direction(dataset: Dataset, spec: ModelSpec) -> None:
    recipe = list_recipes(spec)[LIGHTGBM]
    model = fit(recipe, dataset, DAY, FEATURES, 1)
    rows = np.repeat(dataset.matrix(recipe.features)[:1], 100, axis=0)
    rows[:, recipe.features.index("days_since_last_order")] = np.arange(100)
    assert (np.diff(model.predict_raw(rows)) >= 0).all()


def test_a_blend_says_the_mean_of_what_its_models_say(dataset: Dataset, spec: ModelSpec) -> None:
    recipe = list_recipes(spec)[BLEND]
    assert [part.kind for part in recipe.parts] == [LIGHTGBM, LOGISTIC, RFM_LOGISTIC, BG_NBD]
    said = [fit(part, dataset, DAY, FEATURES, 1).predict_raw(dataset.matrix(part.features)) for part in recipe.parts]
    mixed = fit(recipe, dataset, DAY, FEATURES, 1).predict_raw(dataset.matrix(recipe.features))
    assert mixed == pytest.approx(np.mean(said, axis=0))


def test_a_blend_is_changed_in_what_learns_and_narrowed_in_all(spec: ModelSpec) -> None:
    recipe = list_recipes(spec)[BLEND]
    shorter = recipe.changed(lambda part: replace(part, history_days=365))
    assert [part.history_days for part in shorter.parts] == [365, 365, None, None]
    narrowed = recipe.narrowed([name for name in recipe.features if name != "days_since_last_order"])
    assert not any("days_since_last_order" in part.features for part in (narrowed, *narrowed.parts))
    without = recipe.without(BG_NBD)
    assert without is not None
    assert [part.kind for part in without.parts] == [LIGHTGBM, LOGISTIC, RFM_LOGISTIC]
    assert set(without.features) == set(spec.features)
    assert recipe.part(BG_NBD).without(BG_NBD) is None


def test_bg_nbd_is_left_out_where_nobody_returns(dataset: Dataset, spec: ModelSpec) -> None:
    """Neither the floor nor the blend has it then, and nothing is refused for it."""
    spec = spec.model_copy(update={"floor": spec.floor.model_copy(update={"bg_nbd": HISTORY})})
    recipe = list_floor(spec)[BG_NBD]
    once = dataset.rows.set_column(
        dataset.rows.column_names.index("lifetime_order_days_count"),
        "lifetime_order_days_count",
        pa.array(np.ones(dataset.rows.num_rows)),
    )
    assert Rolling(dataset, [], FEATURES, 1, 1).can_fit(recipe, [DAY])
    assert not Rolling(replace(dataset, rows=once), [], FEATURES, 1, 1).can_fit(recipe, [DAY])
    assert set(list_floor(spec.without_bg_nbd)) == {RECENCY_RULE, RFM_LOGISTIC}
    assert [part.kind for part in list_challengers(spec.without_bg_nbd)[BLEND].parts] == [
        LIGHTGBM,
        LOGISTIC,
        RFM_LOGISTIC,
    ]


def test_what_has_to_be_beaten_is_simple(spec: ModelSpec) -> None:
    simple = {name for name, recipe in list_recipes(spec).items() if recipe.is_simple}
    assert simple == {RECENCY_RULE, RFM_LOGISTIC, BG_NBD, SIMPLE_BLEND}


def test_recency_rule_never_falls_with_silence() -> None:
    days = np.array([[1.0], [2.0], [3.0], [4.0]])
    rule = floor.fit_recency_rule("days", days, np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4))
    risks = 1 / (1 + np.exp(-rule.predict_raw(np.array([[0.0], [1.0], [2.5], [4.0], [99.0]]))))
    assert (np.diff(risks) >= 0).all()
    assert risks[2] == pytest.approx(0.5)
    assert 0 < risks[0] < risks[-1] < 1


def test_rfm_does_without_amounts() -> None:
    generator = np.random.default_rng(1)
    matrix = np.column_stack([generator.integers(1, 300, 500), generator.integers(1, 9, 500), np.full(500, np.nan)])
    churned = (generator.random(500) < matrix[:, 0] / 300).astype(float)
    model = floor.fit_rfm_logistic(["r", "f", "m"], matrix, churned, np.ones(500))
    assert model.weights[2] == 0
    assert np.isfinite(model.predict_raw(matrix)).all()


def test_training_sees_only_labels_known_on_the_cutoff(dataset: Dataset, spec: ModelSpec) -> None:
    cutoff = dataset.days[2] + timedelta(days=91)
    assert {
        dataset.days.index(day) for day in dataset.days if dataset.is_known_by(cutoff)[dataset.is_of(day)].all()
    } == {0, 1, 2}
    assert not dataset.is_known_by(cutoff - timedelta(days=1))[dataset.is_of(dataset.days[2])].any()


def test_a_recipe_survives_its_text(spec: ModelSpec) -> None:
    for recipe in list_recipes(spec).values():
        assert recipe_from_text(recipe.to_text()) == recipe
    assert isinstance(list_recipes(spec)[LIGHTGBM], Recipe)


def test_bg_nbd_fears_silence_more_in_who_ordered_often(dataset: Dataset, spec: ModelSpec) -> None:
    """A hundred days of silence after twenty orders in as many weeks say more than after two."""
    model = fit(list_recipes(spec)[BG_NBD], dataset, DAY, FEATURES, 1)
    often, seldom, fresh = model.predict_risk(np.array([[100, 100 / 240, 20], [100, 100 / 240, 2], [2, 2 / 142, 20]]))
    assert often > fresh
    assert 0 < fresh < often < 1
    assert seldom < 1


def test_history_can_be_cut(dataset: Dataset, spec: ModelSpec) -> None:
    recipe = list_recipes(spec)[LIGHTGBM]
    newest_only = dataset.rows.filter(pa.array(dataset.is_of(dataset.days[-1])))
    cut = fit(replace(recipe, history_days=7), dataset, DAY, FEATURES, 1)
    assert cut.to_text() == fit(recipe, Dataset(newest_only, 91, 90), DAY, FEATURES, 1).to_text()
