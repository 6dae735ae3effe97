"""A life agrees with itself however far it is lived, and is what truth.py says."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from wellkept.demo.life import Charter, Life, live, live_on
from wellkept.demo.people import gather_people
from wellkept.demo.truth import CAUSES, Truth

TRUTH = Truth()


@pytest.fixture(scope="module")
def larger() -> Life:
    return live(Charter(customers=2_000), 1_000)


def test_a_longer_life_begins_like_a_shorter_one(life: Life, earlier: Life) -> None:
    for kind, columns in earlier.happened.items():
        early = life.happened[kind]["day"] < earlier.days
        for name, values in columns.items():
            np.testing.assert_array_equal(values, life.happened[kind][name][early], err_msg=f"{kind}.{name}")


def test_living_on_is_the_same_life(life: Life, earlier: Life) -> None:
    later = np.concatenate([happened.orders["who"] for happened in live_on(earlier, life.days - earlier.days)])
    orders = life.happened["orders"]
    expected = orders["who"][(orders["day"] >= earlier.days) & (orders["who"] < earlier.joined)]
    np.testing.assert_array_equal(later, expected)


def test_nothing_happens_before_joining(life: Life) -> None:
    for kind, columns in life.happened.items():
        assert (columns["day"] > np.floor(life.people.created[columns["who"]])).all(), kind


def test_every_cause_makes_some_leave(larger: Life) -> None:
    shares = np.bincount(larger.happened["departures"]["cause"], minlength=len(CAUSES))
    assert (shares / shares.sum() > 0.02).all()


def test_traits_have_the_stated_distributions() -> None:
    people = gather_people(1, TRUTH, 60_000, 1)
    traits = people.traits
    assert np.median(traits.gap) == pytest.approx(TRUTH.gap_median, rel=0.03)
    assert np.log(traits.gap).std() == pytest.approx(TRUTH.gap_sigma, rel=0.03)
    assert traits.season.mean() == pytest.approx(TRUTH.season_mean, rel=0.03)
    assert traits.base.mean() == pytest.approx(TRUTH.base_rate, rel=0.04)
    assert traits.failed_share.mean() == pytest.approx(TRUTH.failed_a / (TRUTH.failed_a + TRUTH.failed_b), rel=0.05)
    assert np.isinf(people.first_wait).mean() == pytest.approx(TRUTH.never_orders, abs=0.01)
    assert np.bincount(people.response) / len(people) == pytest.approx(TRUTH.responses, abs=0.01)


def shop_as_seen(life: Life, day: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Recency and frequency of the eligible (365 days), and who of them does not order in 90 days."""
    orders = life.happened["orders"]
    kept = ~orders["is_cancelled"]
    who, when = orders["who"][kept], orders["day"][kept]
    known = (when < day) & (when >= day - 365)
    last, count = np.full(len(life.people), -1), np.bincount(who[known], minlength=len(life.people))
    np.maximum.at(last, who[known], when[known])
    eligible = np.flatnonzero(count)
    churned = ~np.isin(eligible, who[(when >= day) & (when < day + 90)])
    return eligible, np.log(np.column_stack([day - last[eligible], count[eligible]])), churned


def test_churn_can_be_learnt_from_recency_and_frequency_but_not_guessed(larger: Life) -> None:
    _, before, churned_before = shop_as_seen(larger, 800)
    _, now, churned = shop_as_seen(larger, 900)
    model = LogisticRegression().fit(before, churned_before)
    assert 0.3 < churned.mean() < 0.6
    assert 0.75 < roc_auc_score(churned, model.predict_proba(now)[:, 1]) < 0.88


def test_november_and_december_sell_more_per_active_customer(larger: Life) -> None:
    orders = larger.happened["orders"]

    def orders_each(first: int) -> float:
        who = orders["who"][(orders["day"] >= first) & (orders["day"] < first + 60)]
        return float(len(who) / len(np.unique(who)))

    assert 1.1 < orders_each(712) / ((orders_each(650) + orders_each(780)) / 2) < 1.7


def test_sessions_fade_before_a_customer_leaves_in_silence(larger: Life) -> None:
    left, looks = larger.happened["departures"], larger.happened["sessions"]
    stayed = left["day"] - larger.people.created[left["who"]]
    silent = (left["cause"] == CAUSES.index("silence")) & (stayed > 150)
    seen = set(zip(looks["who"].tolist(), looks["day"].tolist(), strict=True))

    def visits(first: int, last: int) -> int:
        pairs = zip(left["who"][silent].tolist(), left["day"][silent].tolist(), strict=True)
        return sum((who, day - back) in seen for who, day in pairs for back in range(first, last))

    assert visits(0, 30) < 0.7 * visits(120, 150)
