"""One back-test judged: a healthy model almost never fails, a season warns, what is wrong fails and says why."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.evaluate import auc
from ml.monitoring.performance import (
    Judgement,
    auc_interval,
    compare,
    explain_too_few,
    gap_by_chance,
    judge_back_test,
)
from ml.spec import load_spec
from wellkept.deployment.paths import MODEL_SPECS

Floats = NDArray[np.float64]
RULES = load_spec(MODEL_SPECS / "churn_risk" / "spec.yml").monitoring
PROMISED = 0.82


def draw(customers: int, seed: int, shift: float = 0.0) -> tuple[Floats, Floats]:
    """Who churned and what was said of them; the true odds are those that were said, times e to the shift."""
    generator = np.random.default_rng(seed)
    raw = generator.normal(0.0, 1.6, customers)
    truth = 1 / (1 + np.exp(-(raw + shift)))
    return (generator.random(customers) < truth).astype(float), 1 / (1 + np.exp(-raw))


def judged(churned: Floats, risk: Floats) -> Judgement:
    return judge_back_test(compare(churned, risk, 0.5, 5, 1), gap_by_chance(risk), PROMISED, RULES)


@pytest.mark.parametrize("customers", [200, 1000])
def test_a_healthy_model_fails_in_no_back_test_of_two_hundred(customers: int) -> None:
    statuses = [judged(*draw(customers, seed)).status for seed in range(200)]
    assert statuses.count("failed") == 0
    assert statuses.count("warning") <= 15


def test_a_season_that_moves_the_odds_warns_and_does_not_fail() -> None:
    for shift in (-1.2, -0.4, 0.4, 1.2):  # a gift shop's share that churns went from 38 to 70 % within nine months
        statuses = {judged(*draw(2000, seed, shift)).status for seed in range(50)}
        assert "failed" not in statuses
        assert "warning" in statuses


def test_shuffled_scores_fail_and_the_reason_has_the_numbers() -> None:
    for seed in range(50):
        churned, risk = draw(400, seed)
        found = judged(churned, np.random.default_rng(seed).permutation(risk))
        assert found.status == "failed"
        assert found.reason is not None
        assert "where its training promised 0.820" in found.reason


def test_scores_of_another_level_fail_though_they_rank_well() -> None:
    for seed in range(50):
        found = judged(*draw(400, seed, shift=-3.2))
        assert found.status == "failed"
        assert found.reason is not None
        assert "times off" in found.reason


def test_a_model_that_knows_nothing_is_no_worse_than_one_rate_and_fails_by_its_promise() -> None:
    churned, _ = draw(2000, 1)
    nothing = compare(churned, np.full(2000, 0.5), 0.5, 5, 1)
    limit = gap_by_chance(np.full(2000, 0.5))
    assert judge_back_test(nothing, limit, None, RULES).status == "passed"
    assert judge_back_test(nothing, limit, PROMISED, RULES).status == "failed"


def test_the_interval_of_the_auc_holds_the_true_one_in_19_of_20_draws() -> None:
    truth = auc(*draw(400_000, 0))
    intervals = [auc_interval(*draw(500, seed)) for seed in range(1, 401)]
    assert sum(one.low <= truth <= one.high for one in intervals) == pytest.approx(380, abs=14)
    churned, risk = draw(500, 1)
    assert intervals[0].value == pytest.approx(auc(churned, risk))


def test_ties_and_a_perfect_ranking_have_an_interval_too() -> None:
    churned = np.array([0.0, 0.0, 1.0, 1.0])
    assert auc_interval(churned, np.full(4, 0.5)).value == 0.5
    assert auc_interval(churned, np.array([0.1, 0.2, 0.8, 0.9])).high == 1.0


def test_the_gap_of_a_perfect_model_stays_within_chance_in_19_of_20_draws() -> None:
    gaps = []
    for seed in range(400):
        churned, risk = draw(500, seed)
        gaps.append(abs(risk.mean() - churned.mean()) <= gap_by_chance(risk))
    assert sum(gaps) == pytest.approx(380, abs=14)


def test_too_few_customers_or_one_class_are_no_ground_for_a_judgement() -> None:
    assert explain_too_few(np.ones(100), RULES) == "100 customers, and 200 are needed"
    assert explain_too_few(np.ones(300), RULES) == "300 churned and 0 stayed, and 30 of each are needed"
    assert explain_too_few(draw(300, 1)[0], RULES) is None
