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
