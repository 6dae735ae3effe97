"""Back-tests: which days, what may be seen, and how differences are judged."""

import itertools
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_info

from ml.dataset import Dataset, list_training_days
from ml.kinds.recipe import BLEND, LIGHTGBM, Recipe, list_challengers, list_floor
from ml.spec import ModelSpec
from ml.training.backtest import resample_difference, run_backtest
from ml.training.choose import choice_days, choose
from ml.training.rolling import Rolling, known_days, list_days
from ml.training.verdict import CHALLENGER, Verdict, judge_recipes
from tests.unit.ml.conftest import DAY, FEATURES, make_rows, training_days


def roll(dataset: Dataset, spec: ModelSpec) -> Rolling:
    days = list_days(dataset, spec.test_days.every_days, spec.gates.min_training_days)
    return Rolling(dataset, days, FEATURES, 1, spec.choices.calibration_days)


def run_all(dataset: Dataset, spec: ModelSpec) -> Verdict:
    rolling = roll(dataset, spec)
    tests = rolling.days[-spec.test_days.max_days :]
    choice = choose(spec, rolling, choice_days(spec, rolling.days, tests, dataset.days_to_maturity))
    recipes = {**list_floor(spec), **list_challengers(spec), CHALLENGER: choice.recipe}
    return judge_recipes(spec, recipes, run_backtest(rolling, recipes, tests, chance_samples=5, seed=1), choice)


def test_training_days_are_the_same_whatever_the_day_of_the_run(spec: ModelSpec) -> None:
    rule = spec.training_days
    first = training_days()[0] - timedelta(days=100)
    lists = [list_training_days(first, DAY + timedelta(days=offset), 91, rule, 3) for offset in range(14)]
    assert all(later[: len(lists[0])] == lists[0] for later in lists)
    assert len(lists[-1]) - len(lists[0]) in (0, 1)


def test_a_label_known_on_the_day_itself_is_in(spec: ModelSpec) -> None:
    rule, last = spec.training_days, training_days()[-1]
    first = training_days()[0] - timedelta(days=100)
    assert list_training_days(first, last + timedelta(days=91), 91, rule, 3)[-1] == last
    assert list_training_days(first, last + timedelta(days=90), 91, rule, 3)[-1] < last


def test_every_week_is_taken_where_history_is_short(spec: ModelSpec) -> None:
    rule = spec.training_days
    days = list_training_days(DAY - timedelta(days=90 + 91 + 28), DAY, 91, rule, 4)
    assert {(later - day).days for day, later in itertools.pairwise(days)} == {7}


def test_test_days_leave_enough_training_days(spec: ModelSpec) -> None:
    dataset = Dataset(make_rows(training_days(), 5), 91)
    days = list_days(dataset, spec.test_days.every_days, 3)
    assert days[-1] == dataset.days[-1]
    assert sum(day + timedelta(days=91) <= days[0] for day in dataset.days) >= 3
    assert all((later - day).days >= spec.test_days.every_days for day, later in itertools.pairwise(days))


def relabel(rows: pa.Table, churned: np.ndarray) -> pa.Table:
    return rows.set_column(rows.column_names.index("is_churned"), "is_churned", pa.array(churned))


def test_a_test_day_has_both_classes_in_what_was_known_by_it(spec: ModelSpec) -> None:
    """A shop where nobody churned at first: nothing can be fitted for a day that knows of one class only."""
    rows = make_rows(training_days(), 40)
    first_leaver = training_days()[10]
    churned = rows["is_churned"].to_numpy(zero_copy_only=False)
    dataset = Dataset(relabel(rows, churned & (np.array(rows["as_of_date"].to_pylist()) >= first_leaver)), 91)
    days = list_days(dataset, spec.test_days.every_days, 3)
    assert days
    assert min(days) >= first_leaver + timedelta(days=91)
    assert run_all(dataset, spec).backtest.days


def test_a_day_of_one_class_gives_its_place_to_the_one_before(spec: ModelSpec) -> None:
    rows = make_rows(training_days(), 40)
    newest = training_days()[-1]
    is_newest = np.array(rows["as_of_date"].to_pylist()) == newest
    dataset = Dataset(relabel(rows, rows["is_churned"].to_numpy(zero_copy_only=False) | is_newest), 91)
    assert list_days(dataset, spec.test_days.every_days, 3)[-1] == training_days()[-2]


def test_the_blend_beats_the_floor_where_there_is_something_to_find(spec: ModelSpec) -> None:
    verdict = run_all(Dataset(make_rows(training_days(), 200), 91), spec)
    assert verdict.winner == CHALLENGER
    assert verdict.recipes[CHALLENGER].kind == BLEND
    assert verdict.gain_over_floor > 0.05


def test_a_blend_is_tested_as_it_is_fitted(spec: ModelSpec) -> None:
    """A back-test takes its parts one by one; what is fitted in the end is the whole."""
    rolling = roll(Dataset(make_rows(training_days(), 60), 91), spec)
    recipe, day = list_challengers(spec)[BLEND], rolling.days[-1]
    raw, _ = rolling.predict(recipe, day)
    fitted = rolling.fit(recipe, day)
    assert raw == pytest.approx(fitted.predict_raw(rolling.dataset.matrix(fitted.features)[rolling.rows_of(day)]))


def test_models_made_at_once_do_not_wait_for_each_other(spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two models, each with a matrix library that takes all cores, are slower than one after the other."""
    rolling = replace(roll(Dataset(make_rows(training_days(), 20), 91), spec), threads=2)
    seen: list[int] = []

    def note(_: Rolling, recipe: Recipe, day: date, threads: int) -> np.ndarray:
        del recipe, day, threads
        seen.extend(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")
        return np.zeros(1)

    monkeypatch.setattr(Rolling, "_fit_and_predict", note)
    rolling.prepare(list_floor(spec).values(), rolling.days)
    assert set(seen) == {1}


def test_a_limit_of_history_that_leaves_nothing_out_is_fitted_once(
    spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    rolling = roll(Dataset(make_rows(training_days(), 30), 91), spec)
    plain, day = list_challengers(spec)[LIGHTGBM], rolling.days[-1]
    known = known_days(rolling.dataset.days, rolling.dataset, day)
    span = (known[-1] - known[0]).days
    limits = {name: replace(plain, history_days=span + more) for name, more in (("whole", 1), ("cut", 0))}
    fits: list[int | None] = []
    fit_and_predict = Rolling._fit_and_predict

    def note(self: Rolling, recipe: Recipe, day: date, threads: int) -> np.ndarray:
        fits.append(recipe.history_days)
        return fit_and_predict(self, recipe, day, threads)

    monkeypatch.setattr(Rolling, "_fit_and_predict", note)
    backtest = run_backtest(rolling, {"plain": plain, **limits}, [day], chance_samples=1, seed=1)
    assert fits == [None, span]
    assert (backtest.risks["whole"] == backtest.risks["plain"]).all()
    fitted = rolling.fit(limits["whole"], day)
    assert fitted.to_text() == rolling.fit(plain, day).to_text()


def test_the_floor_speaks_where_lightgbm_finds_no_more(spec: ModelSpec) -> None:
    rows = make_rows(training_days(), 120)
    since = rows["days_since_last_order"].to_numpy()
    odds = 3 * np.log1p(since) - 13
    churned = np.random.default_rng(2).random(len(since)) < 1 / (1 + np.exp(-odds))
    rows = rows.set_column(2, "is_churned", pa.array(churned))
    verdict = run_all(Dataset(rows, 91), spec)
    assert verdict.winner == verdict.floor
    assert verdict.grade in ("D", "E")


def test_the_choice_does_not_see_the_day_of_the_run(spec: ModelSpec) -> None:
    """Whatever happens from the day of the run on: its labels are in no training set, and the verdict stays."""
    days = training_days()
    rows = make_rows([*days, DAY], 100)
    is_matured = np.array(rows["as_of_date"].to_pylist()) <= days[-1]
    assert all(day + timedelta(days=91) <= DAY for day in days)
    matured = Dataset(rows.filter(pa.array(is_matured)), 91)
    late = Dataset(rows.filter(pa.array(~is_matured)), 91)
    assert not late.is_known_by(DAY).any()
    verdict = run_all(matured, spec)
    assert max(verdict.backtest.days) <= DAY - timedelta(days=91)


def test_a_test_day_does_not_see_its_own_labels(spec: ModelSpec) -> None:
    """Turning the labels of the newest test day around changes its losses but not one prediction."""
    rows = make_rows(training_days(), 60)
    newest = training_days()[-1]
    turned = [
        flag != (day == newest)
        for flag, day in zip(rows["is_churned"].to_pylist(), rows["as_of_date"].to_pylist(), strict=True)
    ]
    other = rows.set_column(2, "is_churned", pa.array(turned))
    first, second = (run_all(Dataset(table, 91), spec).backtest.metrics[LIGHTGBM] for table in (rows, other))
    assert first[newest].mean_risk == second[newest].mean_risk
    assert first[newest].base_rate == pytest.approx(1 - second[newest].base_rate)


def test_too_few_test_days_leave_a_simple_model_unjudged(spec: ModelSpec) -> None:
    dataset = Dataset(make_rows(training_days()[:5], 60), 91)
    verdict = run_all(dataset, spec)
    assert not verdict.is_judged
    assert (verdict.winner, verdict.grade) == ("rfm_logistic", "F")


def test_a_clear_difference_has_an_interval_without_zero() -> None:
    generator = np.random.default_rng(1)
    customers = np.tile(np.arange(200), 3)
    days = np.repeat([1, 2, 3], 200)
    noise = generator.normal(0, 0.1, 600)
    better = resample_difference(noise - 0.1, days, customers, 200, 1)
    same = resample_difference(noise, days, customers, 200, 1)
    assert better.is_clearly_better
    assert better.mean == pytest.approx(-0.1, abs=0.02)
    assert same.low < 0 < same.high
    assert replace(same) == resample_difference(noise, days, customers, 200, 1)


def test_days_count_the_same_whatever_their_size() -> None:
    differences = np.array([1.0] * 10 + [-1.0] * 90)
    interval = resample_difference(differences, np.array([1] * 10 + [2] * 90), np.arange(100), 50, 1)
    assert interval.mean == pytest.approx(0.0)


def test_customers_are_drawn_with_all_their_days() -> None:
    """Rows of one customer that repeat the same difference add no certainty."""
    generator = np.random.default_rng(4)
    once = generator.normal(0, 1, 50)
    single = resample_difference(once, np.ones(50, dtype=np.int64), np.arange(50), 400, 1)
    tenfold = resample_difference(np.tile(once, 10), np.repeat(np.arange(10), 50), np.tile(np.arange(50), 10), 400, 1)
    assert tenfold.high - tenfold.low == pytest.approx(single.high - single.low)
