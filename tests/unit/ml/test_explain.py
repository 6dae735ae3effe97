"""Features in words: every one has a sentence for whatever is known, with the customer's own numbers."""

from pathlib import Path
from typing import Any

import pytest

from features import registry
from features.registry import Feature
from ml.scoring import explain
from ml.scoring.explain import find_needed, say
from tests.unit.features.test_registry import column, write_project
from wellkept.deployment.errors import WellkeptError
from wellkept.project.feature_columns import read_feature_columns

REGULAR = {
    "days_since_last_order": 64.0,
    "own_gap_days": 21.0,
    "longest_gap_days": 40.0,
    "silence_in_own_gaps": 3.05,
    "silence_in_longest_gaps": 1.6,
    "orders_count_90d": 1.0,
    "orders_count_365d": 12.0,
    "orders_trend_90d_365d": 0.08,
    "lifetime_order_days_count": 14.0,
    "tenure_days_365d": 365.0,
}
EVERY = registry.load()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("silence_in_own_gaps", "ordered every 21 days, now 64 days silent"),
        ("silence_in_longest_gaps", "silent for 64 days; the longest silence before was 40 days"),
        ("lifetime_order_days_count", "ordered on 14 days so far, now 64 days silent"),
        ("orders_trend_90d_365d", "1 order in the last 90 days, of 12 in a year"),
        ("orders_count_365d", "12 orders in a year"),
        ("orders_count_90d", "1 order in 90 days"),
        ("tenure_days_365d", "a customer for a year or longer"),
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
    once = {"days_since_last_order": 1.0, "silence_share_of_tenure": 1.0}
    for name in ("days_since_last_order", "own_gap_days"):
        assert say(name, once) == "ordered on one day only, 1 day ago"


def test_a_number_that_is_not_known_is_not_said() -> None:
    assert (
        say("silence_in_own_gaps", {"silence_in_own_gaps": 3.1}) == "silent for 3.1 times the usual time between orders"
    )
    assert say("orders_trend_90d_365d", {"orders_trend_90d_365d": 0.25}) == (
        "25% of the orders of a year came in the last 90 days"
    )


def test_few_are_said_to_be_few_only_where_that_raises_the_risk() -> None:
    assert say("orders_count_365d", {"orders_count_365d": 6.0}, True, is_few=True) == "only 6 orders in a year"
    assert say("orders_count_365d", {"orders_count_365d": 6.0}, raises=True) == "6 orders in a year"
    assert say("orders_count_365d", {"orders_count_365d": 0.0}, True, is_few=True) == "no orders in a year"
    assert say("failed_payments_count_90d", {"failed_payments_count_90d": 6.0}, True, is_few=True) == (
        "6 failed payments in 90 days"
    )


def test_a_year_without_trouble_says_why_it_raises_a_risk() -> None:
    assert say("days_since_last_friction", {}) == "no problems in a year"
    assert say("days_since_last_friction", {}, raises=True) == (
        "not one problem in a year: who stays has one now and then"
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("failed_payments_count_90d", 2.0, "2 failed payments in 90 days"),
        ("failed_payments_count_90d", 1.0, "1 failed payment in 90 days"),
        ("is_last_payment_failed", 1.0, "the last payment failed"),
        ("is_last_payment_failed", 0.0, "the last payment went through"),
        ("last_nps_score_365d", 3.0, "last NPS answer: 3 of 10"),
        ("last_nps_score_365d", None, "no NPS answer in a year"),
        ("sessions_trend_90d_365d", 0.1, "10% of the online visits of a year came in the last 90 days"),
        ("days_since_last_session", None, "no online visit in a year"),
        ("days_since_last_active_touch", 40.0, "the shop last reached out 40 days ago"),
        ("replies_count_90d", 1.0, "got in touch once in 90 days (replies, calls, meetings)"),
        (
            "engagement_change_90d",
            -0.5,
            "visits, opens, clicks and replies of 90 days fell to 33% of the 90 days before",
        ),
        ("points_earned_90d", 1200.0, "earned 1,200 loyalty points in 90 days"),
        ("has_cancelled_subscription", 1.0, "has cancelled a subscription that still runs"),
        ("is_subscriber", 0.0, "has no subscription"),
        ("days_to_period_end", 12.0, "the subscription's period ends in 12 days"),
        ("lifetime_longest_gap_days", 45.0, "the longest silence ever was 45 days"),
        ("mean_unit_price_365d", 17.26, "buys products at 17 apiece on average"),
        ("lines_per_order_365d", 164.0, "orders of 164 items on average"),
    ],
)
def test_early_warnings_are_told_in_plain_words(name: str, value: float | None, sentence: str) -> None:
    assert say(name, {} if value is None else {name: value}) == sentence


def _example_values(feature: Feature) -> list[float]:
    low = feature.minimum if feature.minimum is not None else (0.0 if feature.data_type == "boolean" else -40.0)
    high = feature.maximum if feature.maximum is not None else (1.0 if feature.data_type == "boolean" else 2500.0)
    if feature.data_type == "double":
        return [low, (low + high) / 3, high]
    return [low, min(low + 1, high), high]


@pytest.mark.parametrize("feature", EVERY, ids=lambda feature: feature.name)
def test_every_feature_has_a_sentence_whatever_is_known(feature: Feature) -> None:
    beside = [{}, {"days_since_last_order": 10.0}, {other.name: _example_values(other)[1] for other in EVERY}]
    for values in beside:
        for value in [None, *_example_values(feature)]:
            known = {**values, feature.name: value}
            for raises in (False, True):
                sentence = say(
                    feature.name, {name: found for name, found in known.items() if found is not None}, raises
                )
                assert sentence == " ".join(sentence.split())
                assert sentence
                assert not set("[]{}_") & set(sentence)
                assert "only no" not in sentence


@pytest.mark.parametrize("feature", EVERY, ids=lambda feature: feature.name)
def test_a_value_that_is_known_is_not_said_as_one_that_is_not(feature: Feature) -> None:
    said = {say(feature.name, {feature.name: value}) for value in _example_values(feature)}
    assert len(said) > 1 or feature.name.startswith("season_"), said


def test_sentences_name_features_that_there_are() -> None:
    names = {feature.name for feature in EVERY}
    assert {needed for name in names for needed in find_needed(name)} == names


@pytest.mark.parametrize("days", [1.0, 60.0])
def test_a_sentence_looks_at_no_other_values_than_it_says(days: float) -> None:
    for feature in EVERY:
        needed = find_needed(feature.name)
        everything = dict.fromkeys((other.name for other in EVERY), 1.0) | {"days_since_last_order": days}
        assert say(feature.name, everything) == say(feature.name, {name: everything[name] for name in needed})


@pytest.mark.parametrize(
    ("sentences", "said"),
    [
        ({"known": "{value|day}", "unknown": "no"}, r"sentences\.known: .*No filter named 'day'"),
        ({"known": "[if value]one", "unknown": "no"}, r"sentences\.known: .*Unexpected end of template"),
        (
            {"known": "{orders_count_90d}", "unknown": "no"},
            r"sentences\.known: .* names orders_count_90d, which may be",
        ),
        (
            {"known": "{value}", "unknown": ["{tickets_count_90d|days}"]},
            r"sentences\.unknown: .* names tickets_count_90d",
        ),
        ({"known": "{value}", "unknown": "{value}"}, r"sentences\.unknown: .* names value"),
    ],
)
def test_a_sentence_that_cannot_always_be_said_is_an_error_that_names_the_feature(
    sentences: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [broken] = read_feature_columns(write_project(tmp_path, column(feature={"sentences": sentences})))
    monkeypatch.setattr(explain, "_column", lambda name: broken)
    explain._sayer_of.cache_clear()
    with pytest.raises(WellkeptError, match=said) as refused:
        say("tickets_count_90d", {})
    explain._sayer_of.cache_clear()
    assert "feature_customer__service.tickets_count_90d: config.meta.feature" in str(refused.value)
