"""Reasons in words."""

import numpy as np
import pytest

from ml.explain import find_reasons, say
from ml.spec import load_specs

REGULAR = {
    "days_since_last_order": 64.0,
    "own_gap_days": 21.0,
    "longest_gap_days": 40.0,
    "orders_count_90d": 1.0,
    "orders_count_365d": 12.0,
}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("silence_in_own_gaps", "ordered every 21 days, now 64 days silent"),
        ("silence_in_longest_gaps", "silent for 64 days; the longest silence before was 40 days"),
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


def test_reasons_raise_the_risk_and_do_not_repeat_themselves() -> None:
    names = ["days_since_last_order", "silence_in_own_gaps", "orders_count_365d", "amount_365d"]
    reasons = find_reasons(names, np.array([64.0, 3.0, 2.0, np.nan]), np.array([0.5, 0.4, 0.3, -0.1, 1.0]))
    assert [(reason.feature, reason.contribution) for reason in reasons] == [
        ("days_since_last_order", 0.5),
        ("orders_count_365d", 0.3),
    ]


@pytest.mark.parametrize("values", [{}, {"days_since_last_order": 10.0}])
def test_every_feature_has_a_sentence_whatever_is_known(values: dict[str, float]) -> None:
    for spec in load_specs():
        for name in [*spec.features, *spec.calendar_features]:
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


def test_one_cause_of_worry_is_told_once() -> None:
    names = ["failed_payments_count_90d", "is_last_payment_failed", "days_since_last_session", "sessions_count_30d"]
    reasons = find_reasons(names, np.array([2.0, 1.0, 60.0, 0.0]), np.array([0.4, 0.3, 0.2, 0.1, 1.0]))
    assert [reason.feature for reason in reasons] == ["failed_payments_count_90d", "days_since_last_session"]
