"""Reasons of many customers at once."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from ml.kinds.blend import blend
from ml.kinds.logistic import Logistic
from ml.scoring.reasons import NOBODY, SCHEMA, find_reasons, say_all, tell_reasons
from ml.scoring.score_reasons import find_falling

NAMES = ["days_since_last_order", "silence_in_own_gaps", "orders_count_365d", "amount_365d"]
MATRIX = np.array([[64.0, 3.0, 2.0, np.nan], [3.0, 0.2, 9.0, 70.0]])
CONTRIBUTIONS = np.array([[0.5, 0.4, 0.3, -0.1, 1.0], [-0.5, -0.4, -0.3, -0.1, 1.0]])


def tell() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pa.table(
        tell_reasons(NAMES, MATRIX, CONTRIBUTIONS, {"orders_count_365d"}), SCHEMA
    ).to_pylist()
    return rows


def test_reasons_raise_the_risk_and_do_not_repeat_themselves() -> None:
    told, _ = tell()
    assert [told[f"reason_{number}_feature"] for number in (1, 2, 3)] == [
        "days_since_last_order",
        "orders_count_365d",
        None,
    ]
    assert [told[f"reason_{number}_contribution"] for number in (1, 2, 3)] == [0.5, 0.3, None]
    assert [told[f"reason_{number}_value"] for number in (1, 2, 3)] == [64.0, 2.0, None]
    assert told["reason_1_sentence"] == "last ordered 64 days ago"


def test_a_reason_of_fewness_says_so() -> None:
    told, _ = tell()
    assert told["reason_2_sentence"] == "only 2 orders in a year"


def test_many_that_raise_the_risk_are_not_called_few() -> None:
    names, matrix = ["orders_count_365d"], np.array([[64.0], [2.0]])
    columns = tell_reasons(names, matrix, np.array([[0.5, 1.0], [-0.5, 1.0]]), falling=())
    assert columns[3].to_pylist() == ["64 orders in a year", None]


def test_what_is_worse_when_few_is_a_fact_of_the_model() -> None:
    names = ["orders_count_365d", "days_since_last_order"]
    as_expected = Logistic(names, [0.0, 0.0], [1.0, 1.0], [-0.5, 0.5], [0.0, 0.0], 0.0)
    otherwise = replace(as_expected, weights=[0.5, 0.5])
    assert find_falling(as_expected) == {"orders_count_365d"}
    assert find_falling(otherwise) == set()
    assert find_falling(blend([as_expected, otherwise])) == set()
    assert find_falling(blend([as_expected, as_expected])) == {"orders_count_365d"}


def test_what_adds_almost_nothing_is_no_reason() -> None:
    names = ["days_since_last_order", "orders_count_365d", "amount_365d"]
    reasons = find_reasons(names, np.array([[0.05, 0.049, 0.0], [3.0, 0.149, 0.151], [0.049, 0.04, 0.03]]))
    assert [reason.places.tolist() for reason in reasons] == [[0, 0, NOBODY], [NOBODY, 2, NOBODY], [NOBODY] * 3]


def test_who_has_nothing_against_them_has_no_reason() -> None:
    _, told = tell()
    assert set(told.values()) == {None}


def test_one_cause_of_worry_is_told_once() -> None:
    names = ["failed_payments_count_90d", "is_last_payment_failed", "days_since_last_session", "sessions_count_30d"]
    reasons = find_reasons(names, np.array([[0.4, 0.3, 0.2, 0.1]]))
    assert [int(reason.places[0]) for reason in reasons] == [0, 2, NOBODY]


def test_the_strongest_comes_first_wherever_it_stands() -> None:
    names = ["tenure_days_365d", "amount_365d", "days_since_last_order"]
    reasons = find_reasons(names, np.array([[0.1, 0.2, 0.3], [0.3, 0.1, 0.2], [0.2, 0.2, 0.0]]))
    assert [reason.places.tolist() for reason in reasons] == [[2, 0, 0], [1, 2, 1], [0, 1, NOBODY]]


def test_an_unknown_value_is_said_to_be_unknown() -> None:
    places = np.array([3, 3, NOBODY])
    matrix = np.vstack([MATRIX, MATRIX[:1]])
    assert say_all(NAMES, matrix, places) == ["order amounts are unknown", "spent 70 in a year", None]
