"""Reasons in words."""

from collections.abc import Mapping
from typing import Any

import pytest

from ml.scoring.explain import find_needed, say
from ml.spec import ModelSpec, load_specs

REGULAR = {
    "days_since_last_order": 64.0,
    "own_gap_days": 21.0,
    "longest_gap_days": 40.0,
    "orders_count_90d": 1.0,
    "orders_count_365d": 12.0,
    "lifetime_order_days_count": 14.0,
}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("silence_in_own_gaps", "ordered every 21 days, now 64 days silent"),
        ("silence_in_longest_gaps", "silent for 64 days; the longest silence before was 40 days"),
        ("lifetime_order_days_count", "ordered on 14 days so far, now 64 days silent"),
        ("orders_trend_90d_365d", "1 order in the last 90 days, of 12 in a year"),
        ("orders_count_365d", "12 orders in a year"),
        ("orders_count_90d", "1 order in 90 days"),
    ],
)
def test_sentences_carry_the_customers_own_numbers(name: str, sentence: str) -> None:
    assert say(name, REGULAR) == sentence


def test_a_silence_shorter_than_the_gap_is_not_made_to_sound_long() -> None:
    assert (
        say("own_gap_days", {"days_since_last_order": 113.0, "own_gap_days": 393.0})
        == "last ordered 113 days ago, before that every 393 days"
    )


def test_who_ordered_once_is_told_so() -> None:
    assert (
        say("days_since_last_order", {"days_since_last_order": 1.0, "silence_share_of_tenure": 1.0})
        == "ordered on one day only, 1 day ago"
    )


def _read_by(spec: ModelSpec) -> list[str]:
    """What any model of the spec may read, and so may have to be put into words."""
    return list(dict.fromkeys([*spec.features, *spec.calendar_features, *spec.floor.rfm, *spec.floor.bg_nbd]))


@pytest.mark.parametrize("values", [{}, {"days_since_last_order": 10.0}])
def test_every_feature_has_a_sentence_whatever_is_known(values: dict[str, float]) -> None:
    for spec in load_specs():
        for name in _read_by(spec):
            for known in (values, {**values, name: 1.0}):
                assert say(name, known)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("failed_payments_count_90d", 2.0, "2 failed payments in 90 days"),
        ("failed_payments_count_90d", 1.0, "1 failed payment in 90 days"),
        ("is_last_payment_failed", 1.0, "the last payment failed"),
        ("is_last_payment_failed", 0.0, "the last payment went through"),
        ("last_nps_score_365d", 3.0, "last NPS answer: 3 of 10"),
        ("last_nps_score_365d", None, "no NPS answer in a year"),
        ("sessions_trend_90d_365d", 0.1, "10% of the sessions in a year came in the last 90 days"),
        ("days_since_last_session", None, "no session in a year"),
        ("days_since_last_active_touch", 40.0, "last active touch 40 days ago"),
        ("active_touches_count_90d", 0.0, "no active touches in 90 days"),
        ("replies_count_90d", 1.0, "1 reply in 90 days"),
        ("engagement_change_90d", -0.5, "engagement moved by -50% in 90 days"),
        ("points_earned_90d", 1200.0, "1,200 points earned in 90 days"),
        ("has_cancelled_subscription", 1.0, "has cancelled a subscription that runs"),
        ("is_subscriber", 0.0, "is without a subscription"),
        ("days_to_period_end", 12.0, "the subscription's period ends in 12 days"),
    ],
)
def test_early_warnings_are_told_in_plain_words(name: str, value: float | None, sentence: str) -> None:
    assert say(name, {} if value is None else {name: value}) == sentence


def test_a_feature_without_a_sentence_reads_well_too() -> None:
    assert say("has_own_gap", {"has_own_gap": 1.0}) == "own gap: yes"
    assert say("lifecycle_gap_days", {"lifecycle_gap_days": 30.0}) == "lifecycle gap days: 30.00"
    assert say("lifecycle_gap_days", {}) == "lifecycle gap days is unknown"


class Watched(dict[str, float]):
    """Values that remember who asked for them."""

    def __init__(self, values: Mapping[str, float]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> float:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)


@pytest.mark.parametrize("days", [1.0, 60.0])
def test_a_sentence_looks_at_no_other_values_than_it_says(days: float) -> None:
    for spec in load_specs():
        names = _read_by(spec)
        for name in names:
            values = Watched(dict.fromkeys(names, 1.0) | {"days_since_last_order": days})
            say(name, values)
            assert values.asked <= set(find_needed(name))
