"""Scoring: everybody once, with reasons for the riskiest, and nothing where no model may speak."""

import itertools
from dataclasses import replace
from datetime import timedelta

import duckdb
import numpy as np
import pytest

from ml.promote import find_champion
from ml.scoring.score import score_all
from ml.scoring.score_rows import scratch
from ml.scoring.scored_customers import rank
from ml.spec import ModelSpec
from ml.training.train import train
from ml.versions import folder_of, load_model
from tests.unit.ml.champion import crown
from tests.unit.ml.conftest import DAY, make_rows, read, training_days, write
from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.runs.run import Run

SCORES = "scores.feature_customer__churn_risk"


def test_score_twice_leaves_one_row_per_customer(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    for _ in range(2):
        result = score_all(shop)
    assert (result["customers"], result["scored"]) == (301, 300)
    assert read(shop, f"select count(*), count(distinct customer_id), count(churn_risk) from {SCORES}") == [
        (301, 301, 300)
    ]


def test_who_is_not_eligible_has_a_row_that_says_why(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    assert read(
        shop,
        f"select churn_risk, risk_decile, risk_band, ineligible_reason, is_eligible from {SCORES} where customer_id = 'gone'",
    ) == [(None, None, None, "already_gone", False)]


def test_the_riskiest_tenth_is_told_why_and_the_sum_holds(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    rows = read(
        shop,
        f"select risk_decile, count(*), count(reason_1_sentence), min(churn_risk), max(churn_risk) from {SCORES} "
        "where churn_risk is not null group by risk_decile order by risk_decile",
    )
    assert [(row[0], row[1]) for row in rows] == [(decile, 30) for decile in range(1, 11)]
    assert [row[2] for row in rows] == [0] * 9 + [30]
    assert all(lower[4] <= upper[3] for lower, upper in itertools.pairwise(rows))  # type: ignore[operator]
    [(sentence, contribution)] = read(
        shop,
        f"select reason_1_sentence, reason_1_contribution from {SCORES} where risk_decile = 10 order by customer_id limit 1",
    )
    assert "days silent" in str(sentence)
    assert float(str(contribution)) > 0


def rank_scores(raw_scores: list[float], spec: ModelSpec) -> list[tuple[str, int, bool]]:
    """Customer, decile and whether they get exact reasons, from the riskiest, of customers with these raw scores."""
    with duckdb.connect() as connection, scratch(connection):
        connection.execute("create table scoring.listed (customer_id varchar, place bigint)")
        connection.execute("create table scoring.predicted (place bigint, raw_score double, churn_risk double)")
        connection.executemany(
            "insert into scoring.predicted values (?, ?, 0.5)", [[at, score] for at, score in enumerate(raw_scores)]
        )
        connection.execute(
            "insert into scoring.listed select 'c' || lpad(place::varchar, 3, '0'), place from scoring.predicted"
        )
        rank(connection, spec)
        return connection.execute(
            "select customer_id, risk_decile, is_riskiest from scoring.ranked order by raw_score desc, place"
        ).fetchall()


@pytest.mark.parametrize("customers", [1, 3, 9, 10, 11, 19, 95, 101])
def test_the_riskiest_is_in_decile_10_and_deciles_are_equal(customers: int, spec: ModelSpec) -> None:
    deciles = [decile for _, decile, _ in rank_scores([float(at) for at in range(customers)], spec)]
    assert deciles[0] == 10
    assert deciles == sorted(deciles, reverse=True)
    sizes = [deciles.count(decile) for decile in range(1, 11)]
    assert max(sizes) - min(sizes) <= 1


def test_equal_risks_are_ordered_by_customer(spec: ModelSpec) -> None:
    assert rank_scores([0.5] * 3, spec) == [("c000", 10, True), ("c001", 7, False), ("c002", 4, False)]


def test_risk_is_the_probability_of_the_raw_score(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    assert read(shop, f"select max(abs(churn_risk - 1 / (1 + exp(-raw_score)))) < 1e-12 from {SCORES}") == [(True,)]


def test_bands_follow_the_spec(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    wrong = "churn_risk is not null and risk_band != case when churn_risk >= 0.7 then 'high' when churn_risk >= 0.4 then 'medium' else 'low' end"
    assert read(shop, f"select count(*) from {SCORES} where {wrong}") == [(0,)]


def test_small_batches_give_the_same_scores(shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    crown(shop, spec)
    score_all(shop)
    query = f"select * exclude (scored_at) from {SCORES} order by customer_id"
    whole = read(shop, query)
    monkeypatch.setattr("ml.scoring.score_rows._ROWS_AT_ONCE", 7)
    monkeypatch.setattr("ml.scoring.scored_customers._ROWS_INSERTED_AT_ONCE", 50)
    score_all(shop)
    assert read(shop, query) == whole


def test_without_a_champion_the_day_is_cleared_and_the_reason_told(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    before = replace(shop, as_of_date=DAY - timedelta(days=1))
    assert score_all(before)["scores_missing_reason"] == f"no churn_risk model was champion on {before.as_of_date}"
    assert read(shop, f"select distinct as_of_date from {SCORES}") == [(DAY,)]


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
    by_decile = f"select risk_decile = 10, reasons_by, count(*) from {SCORES} group by all order by all"
    score_all(shop)
    assert read(shop, by_decile) == [(False, None, 270), (True, "tree_shap", 30), (None, None, 1)]
    asked = spec.model_copy(update={"explain_rest": "leaf_path"})
    monkeypatch.setattr("ml.scoring.score.load_specs", lambda: [asked])
    score_all(shop)
    assert read(shop, by_decile) == [(False, "leaf_path", 270), (True, "tree_shap", 30), (None, None, 1)]
    assert read(
        shop, f"select count(*) > 100 from {SCORES} where risk_decile < 10 and reason_1_sentence is not null"
    ) == [(True,)]


def test_a_blend_scores_as_it_was_fitted_and_says_how_its_reasons_were_found(
    shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train(shop)["kind"] == "blend"
    monkeypatch.setattr("ml.scoring.score.load_specs", lambda: [spec.model_copy(update={"explain_rest": "leaf_path"})])
    score_all(shop)
    told = f"select reasons_by, count(*) from {SCORES} where is_eligible group by all order by all"
    assert read(shop, told) == [("blend", 30), ("leaf_path", 270)]
    champion = find_champion(shop, spec)
    assert champion is not None
    model = load_model(shop, champion)
    rows = [row for row in make_rows([*training_days(), DAY], 300).to_pylist() if row["as_of_date"] == DAY]
    matrix = np.array([[row[name] for name in model.features] for row in rows])
    scored = read(shop, f"select raw_score from {SCORES} where is_eligible order by customer_id")
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


def test_value_at_risk_is_there_where_the_value_is_known(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    write(
        shop,
        f"create table scores.customer_value as select 'c' || lpad(i::varchar, 4, '0') as customer_id, date '{DAY}' as as_of_date, "
        "50.0 as expected_value_365d, 80.0 as expected_value_365d_if_retained from range(200) as numbers(i)",
    )
    score_all(shop)
    assert read(
        shop,
        "select count(*), count(value_at_risk), max(abs(value_at_risk - 80 * churn_risk)) < 1e-9, "
        f"count(*) filter (expected_value_365d = 50) from {SCORES}",
    ) == [(301, 200, True, 200)]


def test_a_score_table_of_an_older_version_gets_the_new_columns(shop: Run, spec: ModelSpec) -> None:
    crown(shop, spec)
    score_all(shop)
    for column in (
        "reasons_by",
        "previous_as_of_date",
        "previous_risk",
        "change_by_data",
        "change_by_model",
        "change_sentence",
    ):
        write(shop, f"alter table {SCORES} drop column {column}")
    score_all(shop)
    assert read(shop, f"select count(reasons_by) from {SCORES}") == [(30,)]
