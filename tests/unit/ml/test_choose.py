"""What is chosen before the test days: only what wins on most days and clearly over all, and never by looking at a test day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from ml.dataset import Dataset
from ml.kinds.calibration import Calibration, calibration_from_text, fit_calibration
from ml.kinds.recipe import BLEND, LIGHTGBM, LOGISTIC, RECENCY_RULE, Recipe, list_challengers, recipe_from_text
from ml.spec import LightgbmParameters, ModelSpec
from ml.training.choose import choice_days, choose
from ml.training.rolling import Rolling
from ml.training.tuning import tune
from tests.unit.ml.conftest import make_rows, training_days
from tests.unit.ml.test_backtest import roll
from wellkept.runs.run import Run


def relabelled(rows: pa.Table, odds: np.ndarray) -> Dataset:
    """The rows with outcomes drawn at these log-odds."""
    churned = np.random.default_rng(3).random(len(odds)) < 1 / (1 + np.exp(-odds))
    return Dataset(rows.set_column(rows.column_names.index("is_churned"), "is_churned", pa.array(churned)), 91)


def taken(spec: ModelSpec, rolling: Rolling) -> list[str]:
    return [step.change for step in choose(spec, rolling, rolling.days).steps if step.is_taken]


def test_the_calendar_is_left_where_it_says_nothing(spec: ModelSpec) -> None:
    choice = choose(spec, rolling := roll(Dataset(make_rows(training_days(), 100), 91), spec), rolling.days)
    assert [step.is_taken for step in choice.steps if step.question == "calendar"] == [False]
    assert "season_sin" not in choice.recipe.features


def test_logistic_is_taken_where_the_truth_is_a_line_and_rows_are_few(spec: ModelSpec) -> None:
    rows = make_rows(training_days(), 60)
    silence, gap = (np.log1p(rows[name].to_numpy()) for name in ("days_since_last_order", "own_gap_days"))
    odds = 2.5 * silence - 2.5 * gap - 3
    choice = choose(spec, rolling := roll(relabelled(rows, odds), spec), rolling.days)
    assert choice.recipe.kind == LOGISTIC


def test_trees_alone_are_taken_where_no_line_can_follow(spec: ModelSpec) -> None:
    rows = make_rows(training_days(), 300)
    is_odd = np.floor(rows["days_since_last_order"].to_numpy() / 40) % 2 == 1
    is_often = rows["orders_count_365d"].to_numpy() > 10
    free = replace(rolling := roll(relabelled(rows, np.where(is_odd ^ is_often, 3.0, -3.0)), spec), monotone={})
    assert choose(spec, free, rolling.days).recipe.kind == LIGHTGBM


def test_with_too_few_days_the_plain_recipe_stays_and_nothing_is_tried(spec: ModelSpec) -> None:
    rolling = roll(Dataset(make_rows(training_days(), 20), 91), spec)
    choice = choose(spec, rolling, rolling.days[: spec.choices.min_days - 1])
    assert (choice.recipe, choice.steps) == (list_challengers(spec)[BLEND], [])


def test_no_outcome_of_a_choice_day_reaches_a_test_day(spec: ModelSpec) -> None:
    days = [date(2025, 1, 1) + timedelta(days=28 * number) for number in range(12)]
    chosen = choice_days(spec, days, days[-3:], 91)
    assert len(chosen) == spec.choices.max_days
    assert chosen[-1] + timedelta(days=91) <= days[-3]
    assert choice_days(spec, days, [], 91) == []


def test_a_choice_does_not_see_labels_after_the_choice_days(spec: ModelSpec) -> None:
    rows = make_rows(training_days(), 60)
    dataset = Dataset(rows, 91)
    rolling = roll(dataset, spec)
    days = rolling.days[:3]
    flags = rows["is_churned"].to_numpy(zero_copy_only=False)
    is_later = dataset.day_numbers > days[-1].toordinal()
    turned = rows.set_column(2, "is_churned", pa.array(flags != is_later))
    other = replace(rolling, dataset=Dataset(turned, 91), _raw={})
    assert choose(spec, rolling, days) == choose(spec, other, days)


@pytest.mark.parametrize("kind", ["platt", "isotonic"])
def test_a_calibration_learns_from_days_whose_outcomes_were_known(spec: ModelSpec, kind: str) -> None:
    rolling = roll(Dataset(make_rows(training_days(), 80), 91), spec)
    recipe = Recipe(RECENCY_RULE, ("days_since_last_order",), 180, calibration=kind)
    early, late = rolling.days[0], rolling.days[-1]
    raw, risk = rolling.predict(recipe, early)
    assert np.allclose(risk, 1 / (1 + np.exp(-raw)))  # nothing was known yet: the sigmoid alone
    raw, risk = rolling.predict(recipe, late)
    order = np.argsort(raw, kind="stable")
    assert (np.diff(risk[order]) >= -1e-12).all()


@pytest.mark.parametrize("kind", ["platt", "isotonic"])
def test_what_was_too_sure_of_itself_is_calibrated(kind: str) -> None:
    generator = np.random.default_rng(5)
    truth = generator.normal(0, 1, 4000)
    churned = (generator.random(4000) < 1 / (1 + np.exp(-truth))).astype(float)
    calibration = fit_calibration(kind, 3 * truth, churned, np.ones(4000))
    assert np.mean(np.abs(calibration.to_risk(3 * truth) - 1 / (1 + np.exp(-truth)))) < 0.03
    assert calibration_from_text(calibration.to_text()) == calibration
    assert calibration_from_text(None) == Calibration()


def test_predictions_that_came_out_upside_down_are_not_followed() -> None:
    raw = np.linspace(-3, 3, 500)
    assert fit_calibration("platt", raw, (raw < 0).astype(float), np.ones(500)) == Calibration()


def test_recipes_of_older_versions_are_still_read() -> None:
    old = '{"features": ["a"], "half_life_days": 180, "kind": "recency_rule", "lightgbm": null}'
    assert recipe_from_text(old) == Recipe("recency_rule", ("a",), 180)
    new = Recipe("logistic", ("a", "b"), 90, None, 365, "platt")
    assert recipe_from_text(new.to_text()) == new


def search(run: Run, spec: ModelSpec, trials: int, days: Sequence[date], rolling: Rolling) -> LightgbmParameters:
    return tune(run, spec, rolling, list_challengers(spec)[LIGHTGBM], days, trials)


def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been(
    spec: ModelSpec, run_of: object, tmp_path: object
) -> None:
    whole, stopped = (
        run_of("2026-03-02"),
        replace(run_of("2026-03-02"), home=type(run_of("2026-03-02").home)(tmp_path / "other")),
    )
    for run in (whole, stopped):
        run.home.root.mkdir(parents=True, exist_ok=True)
    rolling = roll(Dataset(make_rows(training_days(), 40), 91), spec)
    days = rolling.days[-2:]
    at_once = search(whole, spec, 4, days, rolling)
    search(stopped, spec, 2, days, rolling)
    assert search(stopped, spec, 4, days, rolling) == at_once


def test_one_trial_is_the_specs_own(spec: ModelSpec, run_of: object) -> None:
    run = run_of("2026-03-02")
    run.home.root.mkdir(parents=True, exist_ok=True)
    rolling = roll(Dataset(make_rows(training_days(), 40), 91), spec)
    assert search(run, spec, 1, rolling.days[-1:], rolling) == spec.lightgbm


def test_a_deployment_says_on_how_many_days_it_chooses(spec: ModelSpec) -> None:
    """Its own number makes no other spec, and so no other version of a model."""
    fewer = spec.choosing_on(spec.choices.max_days - 1)
    assert fewer.choices.max_days == spec.choices.max_days - 1
    assert fewer.content_hash() != spec.content_hash()
    assert spec.choosing_on(None) == spec == spec.choosing_on(spec.choices.max_days)
    rolling = roll(Dataset(make_rows(training_days(), 5), 91), spec)
    days = (rolling.days, rolling.days[-2:], 91)
    assert choice_days(spec.choosing_on(0), *days) == []
    assert choice_days(spec.choosing_on(1), *days) == choice_days(spec, *days)[:1]
