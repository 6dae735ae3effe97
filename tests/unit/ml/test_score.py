"""Scoring: everybody once, with reasons for the riskiest, and nothing where no model may speak."""

import itertools
from dataclasses import replace
from datetime import timedelta

import duckdb
import pytest

from ml.score import _rank, score_all
from ml.spec import ModelSpec
from ml.train import train
from ml.versions import folder_of
from tests.unit.ml.conftest import DAY, read
from wellkept.errors import WellkeptError
from wellkept.run import Run

SCORES = "scores.feature_customer__churn_risk"


def test_score_twice_leaves_one_row_per_customer(shop: Run) -> None:
    train(shop)
    for _ in range(2):
        result = score_all(shop)
    assert (result["customers"], result["scored"]) == (301, 300)
    assert read(shop, f"select count(*), count(distinct customer_id), count(churn_risk) from {SCORES}") == [
        (301, 301, 300)
    ]


def test_who_is_not_eligible_has_a_row_that_says_why(shop: Run) -> None:
    train(shop)
    score_all(shop)
    assert read(
        shop,
        f"select churn_risk, risk_decile, risk_band, ineligible_reason, is_eligible from {SCORES} where customer_id = 'gone'",
    ) == [(None, None, None, "already_gone", False)]


def test_the_riskiest_tenth_is_told_why_and_the_sum_holds(shop: Run) -> None:
    train(shop)
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


def rank(raw_scores: list[float], spec: ModelSpec) -> list[tuple[str, int, int]]:
    """Customer, decile and rank of these raw scores; one more customer is not eligible."""
    with duckdb.connect() as connection:
        connection.execute("create temp table listed (customer_id varchar)")
        connection.execute("create temp table predicted (customer_id varchar, raw_score double, churn_risk double)")
        rows = [[f"c{at:03}", score, 0.5] for at, score in enumerate(raw_scores)]
        connection.executemany("insert into predicted values (?, ?, ?)", rows)
        connection.execute("insert into listed select customer_id from predicted union all select 'gone'")
        _rank(connection, spec)
        assert connection.execute(
            "select risk_decile, risk_rank from ranked where customer_id = 'gone'"
        ).fetchall() == [(None, None)]
        return connection.execute(
            "select customer_id, risk_decile, risk_rank from ranked where risk_rank is not null order by risk_rank"
        ).fetchall()


@pytest.mark.parametrize("customers", [1, 3, 9, 10, 11, 19, 95, 101])
def test_the_riskiest_is_in_decile_10_and_deciles_are_equal(customers: int, spec: ModelSpec) -> None:
    deciles = [decile for _, decile, _ in rank([float(at) for at in range(customers)], spec)]
    assert deciles[0] == 10
    assert deciles == sorted(deciles, reverse=True)
    sizes = [deciles.count(decile) for decile in range(1, 11)]
    assert max(sizes) - min(sizes) <= 1


def test_equal_risks_are_ordered_by_customer(spec: ModelSpec) -> None:
    assert rank([0.5] * 3, spec) == [("c000", 10, 1), ("c001", 7, 2), ("c002", 4, 3)]


def test_risk_is_the_probability_of_the_raw_score(shop: Run) -> None:
    train(shop)
    score_all(shop)
    assert read(shop, f"select max(abs(churn_risk - 1 / (1 + exp(-raw_score)))) < 1e-12 from {SCORES}") == [(True,)]


def test_bands_follow_the_spec(shop: Run) -> None:
    train(shop)
    score_all(shop)
    wrong = "churn_risk is not null and risk_band != case when churn_risk >= 0.7 then 'high' when churn_risk >= 0.4 then 'medium' else 'low' end"
    assert read(shop, f"select count(*) from {SCORES} where {wrong}") == [(0,)]


def test_small_batches_give_the_same_scores(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    train(shop)
    score_all(shop)
    query = f"select * exclude (scored_at) from {SCORES} order by customer_id"
    whole = read(shop, query)
    monkeypatch.setattr("ml.score._ROWS_AT_ONCE", 7)
    score_all(shop)
    assert read(shop, query) == whole


def test_without_a_champion_the_day_is_cleared_and_the_reason_told(shop: Run) -> None:
    train(shop)
    score_all(shop)
    before = replace(shop, as_of_date=DAY - timedelta(days=1))
    assert score_all(before)["scores_missing_reason"] == f"no churn_risk model was champion on {before.as_of_date}"
    assert read(shop, f"select distinct as_of_date from {SCORES}") == [(DAY,)]


def test_a_changed_model_file_is_refused(shop: Run, spec: ModelSpec) -> None:
    version = train(shop)["model_version"]
    file = folder_of(shop, spec.name, version) / "model.txt"
    file.write_text(file.read_text() + " ")
    with pytest.raises(WellkeptError, match="is not the file that was trained; train it again"):
        score_all(shop)


def test_a_day_that_is_not_built_is_refused(shop: Run) -> None:
    train(shop)
    with pytest.raises(WellkeptError, match="int_customers_qualified holds nobody on 2026-03-09"):
        score_all(replace(shop, as_of_date=DAY + timedelta(days=7)))
