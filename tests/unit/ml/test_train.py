"""Training: refusals, one version for one day and data, and who becomes champion."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features import registry
from ml.dataset import Dataset
from ml.evaluate import measure
from ml.kinds.recipe import LIGHTGBM, list_challengers, list_floor
from ml.promote import find_champion, has_champion, list_versions, promote_version
from ml.spec import ModelSpec
from ml.training.backtest import Backtest
from ml.training.choose import Choice
from ml.training.gates import check_gates
from ml.training.suspicions import check_leak
from ml.training.train import train
from ml.training.verdict import Verdict
from ml.versions import folder_of
from tests.unit.ml.conftest import DAY, LOADED_AHEAD, copy_home, fill_warehouse, make_rows, read, training_days
from wellkept.deployment.errors import BadInputError, LeakSuspectedError, ModelRefusedError, NotEnoughDataError
from wellkept.runs.run import Run

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("drawn")
def test_a_training_leaves_a_version_a_card_and_its_training_set(shop: Run, spec: ModelSpec) -> None:
    result = train(shop)
    assert result["kind"] == "blend"
    champion = find_champion(shop, spec)
    assert champion is not None
    assert champion.model_version == result["model_version"]
    card = (folder_of(shop, "churn_risk", champion.model_version) / "card.md").read_text()
    assert "## When not to use it" in card
    assert "Season is unlearned" in card
    [file] = shop.home.training.glob("*.parquet")
    manifest = json.loads(file.with_suffix(".json").read_text())
    assert manifest["rows"] == pq.read_metadata(file).num_rows == champion.training_rows
    assert (
        json.loads(champion.metrics)["means"]["challenger"]["log_loss"]
        < json.loads(champion.metrics)["means"]["rfm_logistic"]["log_loss"]
    )


def test_training_twice_gives_one_version(shop: Run) -> None:
    assert train(shop) == train(replace(shop, run_id="again"))
    assert len(list_versions(shop)) == 1


@pytest.mark.usefixtures("drawn")
def test_the_same_data_elsewhere_give_the_same_bytes(shop: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = copy_home(shop, tmp_path_factory.mktemp("other") / "home")
    version = train(shop)["model_version"]
    assert train(replace(other, run_id="other"))["model_version"] == version
    for name in ("model.json", "card.md", "manifest.json"):
        files = [folder_of(run, "churn_risk", version) / name for run in (shop, other)]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_a_later_day_has_a_later_version_and_an_earlier_day_keeps_its_own(shop: Run, spec: ModelSpec) -> None:
    first = train(shop)["model_version"]
    later = replace(shop, as_of_date=DAY + timedelta(days=7), run_id="later")
    second = train(later)["model_version"]
    assert first != second
    champions = [find_champion(run, spec) for run in (shop, later)]
    assert [champion.model_version for champion in champions if champion] == [first, second]


def test_a_day_before_the_first_training_has_no_champion(shop: Run) -> None:
    train(shop)
    assert has_champion(shop)
    assert not has_champion(replace(shop, as_of_date=DAY - timedelta(days=1)))


def test_other_parameters_have_no_champion(shop: Run, run_of: object) -> None:
    train(shop)
    assert not has_champion(run_of(DAY.isoformat(), horizon_days=60))  # type: ignore[operator]


def test_another_definition_has_no_champion(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    train(shop)
    monkeypatch.setattr("ml.versions.feature_set_hash", lambda *arguments: "changed")
    assert not has_champion(shop)


def test_too_short_a_history_is_refused_with_the_day_from_which_it_goes(shop: Run) -> None:
    early = replace(shop, as_of_date=DAY - timedelta(days=270))
    with pytest.raises(
        NotEnoughDataError, match=r"training days have a known label.*and 3 are needed.*train from 2025"
    ):
        train(early)
    assert list_versions(shop) == []


def test_too_few_rows_are_refused(shop: Run) -> None:
    fill_warehouse(shop, make_rows([*training_days(), DAY], 20), training_days()[-1])
    with pytest.raises(NotEnoughDataError, match="labelled rows, 1000 are needed"):
        train(shop)


@pytest.mark.parametrize(
    ("is_churned", "said"), [(True, "all 1500 labelled rows churned"), (False, "labelled rows stayed")]
)
def test_one_class_is_refused(spec: ModelSpec, is_churned: bool, said: str) -> None:
    rows = make_rows(training_days()[:5], 300)
    rows = rows.set_column(2, "is_churned", pa.array([is_churned] * rows.num_rows))
    with pytest.raises(NotEnoughDataError, match=said):
        check_gates(spec, Dataset(rows, 91), DAY)


def test_too_few_churned_are_refused(spec: ModelSpec) -> None:
    rows = make_rows(training_days()[:5], 300)
    rows = rows.set_column(2, "is_churned", pa.array([index < 99 for index in range(rows.num_rows)]))
    with pytest.raises(NotEnoughDataError, match="99 rows churned and 1401 stayed; 100 of each are needed"):
        check_gates(spec, Dataset(rows, 91), DAY)


def test_too_few_days_are_refused(spec: ModelSpec) -> None:
    with pytest.raises(NotEnoughDataError, match="2 training days have labels, 3 are needed"):
        check_gates(spec, Dataset(make_rows(training_days()[:2], 600), 91), DAY)


def test_a_suspected_leak_is_refused_and_the_champion_stays(shop: Run, spec: ModelSpec) -> None:
    first = train(shop)["model_version"]
    rows = make_rows([*training_days(), DAY], 300)
    leaking = np.where(rows["is_churned"].to_numpy(zero_copy_only=False), 9.0, 0.0)
    fill_warehouse(
        shop,
        rows.set_column(rows.column_names.index("silence_in_own_gaps"), "silence_in_own_gaps", pa.array(leaking)),
        training_days()[-1],
    )
    with pytest.raises(
        LeakSuspectedError,
        match=r"(silence_in_own_gaps alone|logistic|lightgbm) has a mean AUC of .*, above the plausible 0.98 and .* above the recency rule.*Nothing was promoted",
    ):
        train(shop)
    champion = find_champion(shop, spec)
    assert champion is not None
    assert champion.model_version == first


def verdict_of(spec: ModelSpec, aucs: dict[str, list[float]], churned: list[int], customers: int = 500) -> Verdict:
    """A verdict with these AUCs by recipe and test day, and so many churned on each day."""
    days = training_days()[-len(churned) :]
    rows = [measure(np.arange(customers) < count, np.full(customers, 0.5), 1, 1) for count in churned]
    metrics = {
        name: {day: replace(row, auc=auc) for day, row, auc in zip(days, rows, values, strict=True)}
        for name, values in aucs.items()
    }
    nobody = np.empty(0, dtype=np.int64)
    backtest = Backtest(days, nobody, nobody, nobody, np.empty(0), {}, metrics)
    recipes = {**list_floor(spec), **list_challengers(spec)}
    return Verdict(spec, recipes, backtest, Choice(recipes["lightgbm"], [], []), "lightgbm", "rfm_logistic", None)


@pytest.mark.parametrize(
    ("lightgbm", "recency", "churned"),
    [
        ([0.991, 0.988], [0.989, 0.985], [200, 200]),  # weekly buyers: silence alone says nearly all
        ([0.999, 0.940], [0.800, 0.800], [200, 200]),  # one lucky day
        ([0.999, 0.940], [0.800, 0.800], [29, 200]),  # and one of too few to say
        ([0.999, 0.940], [0.800, 0.800], [471, 200]),
    ],
)
def test_a_predictable_shop_is_no_leak(
    spec: ModelSpec, lightgbm: list[float], recency: list[float], churned: list[int]
) -> None:
    check_leak(verdict_of(spec, {"lightgbm": lightgbm, "recency_rule": recency}, churned), DAY)


def test_a_rule_with_one_honest_feature_is_not_accused(spec: ModelSpec) -> None:
    check_leak(verdict_of(spec, {"lightgbm": [0.97], "rfm_logistic": [0.99], "recency_rule": [0.99]}, [200]), DAY)


@pytest.mark.parametrize("name", ["lightgbm", "logistic"])
def test_what_no_recency_explains_is_a_suspected_leak(spec: ModelSpec, name: str) -> None:
    verdict = verdict_of(spec, {name: [0.999, 0.995], "recency_rule": [0.93, 0.95]}, [200, 200])
    with pytest.raises(LeakSuspectedError, match=rf"{name} has a mean AUC of 0.997 .*\+0.057 above the recency rule"):
        check_leak(verdict, DAY)


def test_every_refusal_of_a_model_is_of_one_kind() -> None:
    assert issubclass(NotEnoughDataError, ModelRefusedError)
    assert issubclass(LeakSuspectedError, ModelRefusedError)


def test_an_old_version_promoted_again_leaves_the_days_before_as_they_were(shop: Run, spec: ModelSpec) -> None:
    first = train(shop)["model_version"]
    runs = [replace(shop, as_of_date=DAY + timedelta(days=days), run_id=f"after {days} days") for days in (7, 10)]
    second = train(runs[0])["model_version"]
    promote_version(runs[1], first)
    champions = [find_champion(run, spec) for run in (shop, *runs)]
    assert [champion.model_version for champion in champions if champion] == [first, second, first]


def test_what_cannot_speak_is_not_promoted(shop: Run) -> None:
    version = train(shop)["model_version"]
    with pytest.raises(BadInputError, match="there is no model version nowhere; `wellkept model list` names them"):
        promote_version(shop, "nowhere")
    with pytest.raises(BadInputError, match="was trained on 2026-03-02: it cannot speak on 2026-03-01"):
        promote_version(replace(shop, as_of_date=DAY - timedelta(days=1)), version)


def test_a_version_of_other_parameters_is_not_promoted(shop: Run, run_of: Callable[..., Run]) -> None:
    version = train(shop)["model_version"]
    with pytest.raises(
        BadInputError, match=r"was trained with .*horizon_days=90.* would run with horizon_days=60; .*wellkept train"
    ):
        promote_version(run_of(DAY.isoformat(), horizon_days=60), version)
    assert read(shop, "select count(*) from scores.model_promotions") == [(1,)]


def test_a_version_of_other_features_is_not_promoted(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    version = train(shop)["model_version"]
    monkeypatch.setattr("ml.versions.feature_set_hash", lambda *arguments: "changed")
    with pytest.raises(
        BadInputError, match=r"features that are defined differently now; .*wellkept train --as-of 2026-03-02"
    ):
        promote_version(shop, version)


def test_a_changed_monotone_direction_makes_another_version(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first = train(shop)["model_version"]
    turned = [
        replace(feature, monotone="none") if feature.name == "silence_in_own_gaps" else feature
        for feature in registry.load()
    ]
    monkeypatch.setattr("features.registry.load", lambda: turned)
    assert train(replace(shop, run_id="turned"))["model_version"] != first


def test_a_home_with_nothing_loaded_is_refused_and_left_as_it_was(shop: Run) -> None:
    shop.home.warehouse.unlink()
    with pytest.raises(
        BadInputError, match=rf"training as of {DAY}: that day is not loaded \(nothing is\).*wellkept run --as-of {DAY}"
    ):
        train(shop)
    assert not shop.home.warehouse.exists()


def test_a_day_after_the_last_loaded_is_refused(shop: Run) -> None:
    last = DAY + timedelta(days=LOADED_AHEAD)
    with pytest.raises(BadInputError, match=f"not loaded \\(the last loaded day is {last}\\)"):
        train(replace(shop, as_of_date=last + timedelta(days=1)))
    train(replace(shop, as_of_date=last))


def test_a_champion_recipe_that_is_not_beaten_is_trained_again(
    shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(shop)
    weaker = spec.model_copy(update={"lightgbm": spec.lightgbm.model_copy(update={"rounds": 2})})
    for module in ("training.train", "promote", "scoring.score"):
        monkeypatch.setattr(f"ml.{module}.load_specs", lambda: [weaker])
    later = replace(shop, as_of_date=DAY + timedelta(days=7), run_id="later")
    train(later)
    champion = find_champion(later, spec)
    assert champion is not None
    assert champion.trained_as_of == later.as_of_date
    assert champion.made_by.part(LIGHTGBM).lightgbm == spec.lightgbm


def test_the_manifest_names_no_customer(shop: Run) -> None:
    train(shop)
    texts = [file.read_text() for file in shop.home.training.glob("*.json")]
    assert texts
    assert "c0001" not in "".join(texts)


def test_metrics_are_on_record_by_day(shop: Run) -> None:
    train(shop)
    [(metrics,)] = read(shop, "select metrics from scores.model_versions")
    content = json.loads(str(metrics))
    assert content["is_judged"]
    assert len(content["test_days"]["rfm_logistic"]) == 3
    assert content["challenger_minus_floor"]["high"] < 0
