"""Scoring: everybody once, with reasons for the riskiest, and nothing where no model may speak."""

import itertools
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from ml.predictions import PREDICTIONS, SCORINGS
from ml.promote import find_champion
from ml.scoring.ranking import rank
from ml.scoring.reasons import SCHEMA
from ml.scoring.score import score_all
from ml.spec import ModelSpec, load_specs
from ml.training.train import train
from ml.versions import folder_of, load_model
from tests.unit.ml.champion import crown
from tests.unit.ml.conftest import DAY, make_rows, read, training_days, write
from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.yml import read_yml
from wellkept.runs.run import Run

pytestmark = pytest.mark.slow


def test_score_twice_leaves_one_row_per_customer(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    for _ in range(2):
        result = score_all(shop)
    assert (result["customers"], result["scored"]) == (301, 300)
    assert read(shop, f"select count(*), count(distinct customer_id) from {PREDICTIONS}") == [(300, 300)]
    assert read(shop, f"select as_of_date, model_name, customers_scored from {SCORINGS}") == [(DAY, "churn_risk", 300)]


def test_who_is_not_eligible_is_not_asked_about(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    assert read(shop, f"select count(*) from {PREDICTIONS} where customer_id = 'gone'") == [(0,)]


def test_a_day_on_which_nobody_is_due_a_risk_is_scored_all_the_same(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    write(shop, "update intermediate.int_customers_qualified set is_eligible = false")
    assert (score_all(shop)["customers"], score_all(shop)["scored"]) == (301, 0)
    assert read(shop, f"select model_name, customers_scored from {SCORINGS}") == [("churn_risk", 0)]


def test_the_riskiest_tenth_is_told_why_and_the_sum_holds(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    rows = read(
        shop,
        f"select risk_decile, count(*), count(reason_1_sentence), min(churn_risk), max(churn_risk) from {PREDICTIONS} "
        "where churn_risk is not null group by risk_decile order by risk_decile",
    )
    assert [(row[0], row[1]) for row in rows] == [(decile, 30) for decile in range(1, 11)]
    assert [row[2] for row in rows] == [0] * 9 + [30]
    assert all(lower[4] <= upper[3] for lower, upper in itertools.pairwise(rows))  # type: ignore[operator]
    [(sentence, contribution)] = read(
        shop,
        f"select reason_1_sentence, reason_1_contribution from {PREDICTIONS} where risk_decile = 10 order by customer_id limit 1",
    )
    assert "days silent" in str(sentence)
    assert float(str(contribution)) > 0


def rank_scores(raw_scores: list[float]) -> list[tuple[int, bool]]:
    """Decile and whether they get exact reasons of customers with these raw scores, none being asked for besides the riskiest."""
    ranked = rank(np.array(raw_scores), np.full(len(raw_scores), 0.5), {"low": 0.0}, 0)
    return list(zip(ranked["risk_decile"].to_pylist(), ranked["is_riskiest"].to_pylist(), strict=True))


@pytest.mark.parametrize("customers", [1, 3, 9, 10, 11, 19, 95, 101])
def test_the_riskiest_is_in_decile_10_and_deciles_are_equal(customers: int) -> None:
    deciles = [decile for decile, _ in rank_scores([float(-at) for at in range(customers)])]
    assert deciles[0] == 10
    assert deciles == sorted(deciles, reverse=True)
    sizes = [deciles.count(decile) for decile in range(1, 11)]
    assert max(sizes) - min(sizes) <= 1


def test_equal_risks_are_ordered_by_customer() -> None:
    assert rank_scores([0.5] * 3) == [(10, True), (7, False), (4, False)]


def test_three_customers_get_a_decile_a_band_and_the_riskiest_reasons() -> None:
    ranked = rank(np.array([-2.0, 1.0, 0.0]), np.array([0.1, 0.7, 0.5]), {"high": 0.7, "low": 0.2, "medium": 0.4}, 2)
    assert ranked.to_pylist() == [
        {"risk_decile": 4, "risk_band": None, "is_riskiest": False},
        {"risk_decile": 10, "risk_band": "high", "is_riskiest": True},
        {"risk_decile": 7, "risk_band": "medium", "is_riskiest": True},
    ]


def test_nobody_is_ranked_among_nobody() -> None:
    assert rank_scores([]) == []


def test_risk_is_the_probability_of_the_raw_score(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    assert read(shop, f"select max(abs(churn_risk - 1 / (1 + exp(-raw_score)))) < 1e-12 from {PREDICTIONS}") == [
        (True,)
    ]


def test_bands_follow_the_spec(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    wrong = "churn_risk is not null and risk_band != case when churn_risk >= 0.7 then 'high' when churn_risk >= 0.4 then 'medium' else 'low' end"
    assert read(shop, f"select count(*) from {PREDICTIONS} where {wrong}") == [(0,)]


def test_small_batches_give_the_same_scores(shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    crown(shop, spec)
    score_all(shop)
    query = f"select * from {PREDICTIONS} order by customer_id"
    whole = read(shop, query)
    monkeypatch.setattr("features.day_reads.ROWS_AT_ONCE", 7)
    monkeypatch.setattr("ml.scoring.score._ROWS_WRITTEN_AT_ONCE", 50)
    score_all(shop)
    assert read(shop, query) == whole


def test_without_a_champion_the_day_is_cleared_and_the_reason_told(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    before = replace(shop, as_of_date=DAY - timedelta(days=1))
    assert score_all(before)["scores_missing_reason"] == f"no churn_risk model was champion on {before.as_of_date}"
    assert read(shop, f"select distinct as_of_date from {PREDICTIONS}") == [(DAY,)]


def test_a_changed_model_file_is_refused(shop: Run, spec: ModelSpec) -> None:
    version = crown(shop, spec).model_version
    file = folder_of(shop, spec.name, version) / "model.txt"
    file.write_text(file.read_text() + " ")
    with pytest.raises(WellkeptError, match="is not the file that was trained; train it again"):
        score_all(shop)


def test_a_day_that_is_not_built_is_refused(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    with pytest.raises(WellkeptError, match="int_customers_qualified holds nobody on 2026-03-09"):
        score_all(replace(shop, as_of_date=DAY + timedelta(days=7)))


def test_who_is_explained_and_how(shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    crown(shop, spec)
    by_decile = f"select risk_decile = 10, reasons_by, count(*) from {PREDICTIONS} group by all order by all"
    score_all(shop)
    assert read(shop, by_decile) == [(False, None, 270), (True, "tree_shap", 30)]
    asked = spec.model_copy(update={"explain_rest": "leaf_path"})
    monkeypatch.setattr("ml.scoring.score.load_specs", lambda: [asked])
    score_all(shop)
    assert read(shop, by_decile) == [(False, "leaf_path", 270), (True, "tree_shap", 30)]
    assert read(
        shop, f"select count(*) > 100 from {PREDICTIONS} where risk_decile < 10 and reason_1_sentence is not null"
    ) == [(True,)]


def test_a_blend_scores_as_it_was_fitted_and_says_how_its_reasons_were_found(
    shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train(shop)["kind"] == "blend"
    monkeypatch.setattr("ml.scoring.score.load_specs", lambda: [spec.model_copy(update={"explain_rest": "leaf_path"})])
    score_all(shop)
    told = f"select reasons_by, count(*) from {PREDICTIONS} group by all order by all"
    assert read(shop, told) == [("blend", 30), ("leaf_path", 270)]
    champion = find_champion(shop, spec)
    assert champion is not None
    model = load_model(shop, champion)
    rows = [row for row in make_rows([*training_days(), DAY], 300).to_pylist() if row["as_of_date"] == DAY]
    matrix = np.array([[row[name] for name in model.features] for row in rows])
    scored = read(shop, f"select raw_score from {PREDICTIONS} order by customer_id")
    assert [raw for (raw,) in scored] == pytest.approx(model.predict_raw(matrix))


def test_customers_come_from_the_models_own_population(
    shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    crown(shop, spec)
    write(
        shop,
        "create table intermediate.int_few as from intermediate.int_customers_qualified where customer_id < 'c0010'",
    )
    monkeypatch.setattr("ml.scoring.score.load_specs", lambda: [spec.model_copy(update={"population": "int_few"})])
    assert score_all(shop)["customers"] == 10
    unsafe = spec.model_copy(update={"population": "int_few; drop table x"})
    monkeypatch.setattr("ml.scoring.score.load_specs", lambda: [unsafe])
    with pytest.raises(BadInputError, match="is no intermediate model"):
        score_all(shop)


def test_a_customer_twice_on_a_day_is_refused(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    table = "features.feature_customer__orders"
    write(shop, f"insert into {table} from {table} where customer_id = 'c0001' and as_of_date = '{DAY}'")
    with pytest.raises(WellkeptError, match="300 customers are eligible on 2026-03-02 and 301 have features"):
        score_all(shop)


def test_scoring_gives_every_column_of_the_record_and_needs_no_list_of_them(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    stored = [name for (name,) in read(shop, f"select column_name from (describe {PREDICTIONS})")]
    assert stored == PREDICTIONS.column_names
    assert set(SCHEMA.names) < set(stored)


def test_a_home_of_before_gets_a_new_score_column_and_scores_on(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    write(shop, f"alter table {PREDICTIONS} drop column reasons_by")
    score_all(shop)
    assert read(shop, f"select count(reasons_by) from {PREDICTIONS}") == [(30,)]


def test_all_that_is_predicted_is_in_the_score_table_with_its_type() -> None:
    [table, *_] = read_yml(DBT_PROJECT / "models" / "scores" / "feature_customer__churn_risk.yml")["models"]
    described = {column["name"]: column["data_type"].replace("int", "integer") for column in table["columns"]}
    predicted = {column.name: column.sql_type for column in PREDICTIONS.columns}
    assert {name: described.get(name) for name in predicted} == predicted


def test_every_population_that_a_spec_names_is_among_those_dbt_unites() -> None:
    united = (DBT_PROJECT / "models" / "intermediate" / "labels" / "int_populations_unioned.sql").read_text()
    for one in load_specs():
        assert f"ref('{one.population}')" in united, one.name
        assert f"'{one.population}' as population" in united, one.name
