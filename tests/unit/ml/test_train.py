"""Training: refusals, one version for one day and data, and who becomes champion."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml.dataset import Dataset
from ml.promote import find_champion, has_champion, list_versions, promote_version
from ml.spec import ModelSpec
from ml.train import check_gates, train
from ml.versions import folder_of
from tests.unit.ml.conftest import DAY, copy_home, fill_warehouse, make_rows, read, training_days
from wellkept.errors import BadInputError, NotEnoughDataError, WellkeptError
from wellkept.run import Run


def test_a_training_leaves_a_version_a_card_and_its_training_set(shop: Run, spec: ModelSpec) -> None:
    result = train(shop)
    assert result["kind"] == "lightgbm"
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
        json.loads(champion.metrics)["means"]["lightgbm"]["log_loss"]
        < json.loads(champion.metrics)["means"]["rfm_logistic"]["log_loss"]
    )


def test_training_twice_gives_one_version(shop: Run) -> None:
    assert train(shop) == train(replace(shop, run_id="again"))
    assert len(list_versions(shop)) == 1


def test_the_same_data_elsewhere_give_the_same_bytes(shop: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = copy_home(shop, tmp_path_factory.mktemp("other") / "home")
    version = train(shop)["model_version"]
    assert train(replace(other, run_id="other"))["model_version"] == version
    for name in ("model.txt", "card.md", "manifest.json"):
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
        WellkeptError, match=r"AUC of .* above the plausible 0.98; a feature may see the future.*Nothing was promoted"
    ):
        train(shop)
    champion = find_champion(shop, spec)
    assert champion is not None
    assert champion.model_version == first


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


def test_a_champion_recipe_that_is_not_beaten_is_trained_again(
    shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(shop)
    weaker = spec.model_copy(update={"lightgbm": spec.lightgbm.model_copy(update={"rounds": 2})})
    for module in ("train", "promote", "score"):
        monkeypatch.setattr(f"ml.{module}.load_specs", lambda: [weaker])
    later = replace(shop, as_of_date=DAY + timedelta(days=7), run_id="later")
    train(later)
    champion = find_champion(later, spec)
    assert champion is not None
    assert champion.trained_as_of == later.as_of_date
    assert champion.made_by.lightgbm == spec.lightgbm


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
    assert content["lightgbm_minus_floor"]["high"] < 0
