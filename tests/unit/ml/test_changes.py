"""What changed since the last score: the split adds up, and is told in words where there is something to tell."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from ml.predictions import PREDICTIONS, SCORINGS
from ml.scoring.change_sentences import Moves, find_causes, say_moves
from ml.scoring.score import score_all
from ml.spec import ModelSpec
from tests.unit.ml.champion import crown
from tests.unit.ml.conftest import DAY, fill_warehouse, make_rows, read, training_days, write
from wellkept.runs.run import Run

pytestmark = pytest.mark.slow

NEXT = DAY + timedelta(days=7)
NOT_SUMMED = (
    f"select count(*) from {PREDICTIONS} where previous_risk is not null "
    "and not coalesce(abs(churn_risk - previous_risk - change_by_data - change_by_model) < 1e-12, false)"
)


@pytest.fixture
def next_day(shop: Run, spec: ModelSpec) -> Run:
    """A run a week later; the champion is of DAY, which is scored."""
    fill_warehouse(shop, make_rows([*training_days()[-8:], DAY, NEXT], 300), training_days()[-1])
    crown(shop, spec)
    score_all(shop)
    return replace(shop, as_of_date=NEXT)


def pretend_another_version_spoke(run: Run, **changed: str) -> None:
    """The scores of DAY are by an older version, which saw less risk."""
    values = ", ".join(f"{value} as {name}" for name, value in {"model_version": "'older'", **changed}.items())
    write(
        run,
        f"update {PREDICTIONS} set model_version = 'older', churn_risk = 0.5 * churn_risk where as_of_date = '{DAY}'",
    )
    write(run, f"update {SCORINGS} set model_version = 'older' where as_of_date = '{DAY}'")
    write(run, f"insert into scores.model_versions by name select * replace ({values}) from scores.model_versions")


def test_the_first_score_has_nothing_before_it(next_day: Run) -> None:
    assert read(
        next_day,
        f"select count(previous_as_of_date), count(previous_risk), count(change_by_data), count(change_by_model), "
        f"count(change_sentence) from {PREDICTIONS}",
    ) == [(0, 0, 0, 0, 0)]


def test_the_same_version_changes_by_the_data_alone(next_day: Run) -> None:
    score_all(next_day)
    now = f"select %s from {PREDICTIONS} as now inner join {PREDICTIONS} as before using (customer_id) where now.as_of_date = '{NEXT}' and before.as_of_date = '{DAY}' and before.churn_risk is not null"
    assert read(
        next_day,
        now % "count(*), bool_and(now.previous_risk = before.churn_risk), bool_and(now.change_by_model = 0), "
        "bool_and(now.change_by_data = now.churn_risk - before.churn_risk), count(distinct now.previous_as_of_date)",
    ) == [(300, True, True, True, 1)]
    told = read(next_day, f"select change_sentence from {PREDICTIONS} where as_of_date = '{NEXT}' and risk_decile = 10")
    assert len(told) == 30
    assert any("mostly because: " in str(sentence) and "(was " in str(sentence) for (sentence,) in told)
    assert all(f" {DAY}" in str(sentence) for (sentence,) in told)
    assert read(
        next_day,
        f"select count(*) from {PREDICTIONS} where as_of_date = '{NEXT}' and risk_decile < 10 and change_sentence is not null",
    ) == [(0,)]


def test_another_version_is_told_apart_from_the_data(next_day: Run) -> None:
    pretend_another_version_spoke(next_day)
    assert "changes_not_split_reason" not in score_all(next_day)
    assert read(next_day, NOT_SUMMED) == [(0,)]
    # The champion said twice what the older version is made to have said, so that the model did as much as was there.
    assert read(
        next_day,
        f"select count(*), max(abs(change_by_model - previous_risk)) < 1e-12 from {PREDICTIONS} where as_of_date = '{NEXT}' and previous_risk is not null",
    ) == [(300, True)]
    [(count,)] = read(
        next_day,
        f"select count(*) from {PREDICTIONS} where change_sentence like '%because another model version judges'",
    )
    assert int(str(count)) > 0


def test_rows_that_are_no_longer_held_leave_the_split_open(next_day: Run) -> None:
    pretend_another_version_spoke(next_day)
    write(next_day, f"delete from features.snapshots where as_of_date = '{DAY}'")
    assert score_all(next_day)["changes_not_split_reason"] == f"features of {DAY}, scored by older, are no longer held"
    assert read(
        next_day,
        f"select count(previous_risk), count(change_by_data), count(change_by_model) from {PREDICTIONS} where as_of_date = '{NEXT}'",
    ) == [(300, 0, 0)]
    told = read(next_day, f"select change_sentence from {PREDICTIONS} where as_of_date = '{NEXT}' and risk_decile = 10")
    assert all(str(sentence).endswith(f" {DAY}") for (sentence,) in told), "no cause is made up"


def test_a_customer_whose_features_of_then_are_gone_has_no_split(next_day: Run) -> None:
    pretend_another_version_spoke(next_day)
    write(
        next_day, f"delete from features.feature_customer__orders where as_of_date = '{DAY}' and customer_id = 'c0007'"
    )
    score_all(next_day)
    assert read(
        next_day,
        f"select customer_id, previous_risk is not null from {PREDICTIONS} where as_of_date = '{NEXT}' and churn_risk is not null and change_by_data is null",
    ) == [("c0007", True)]


def test_what_other_parameters_said_is_no_change(next_day: Run) -> None:
    pretend_another_version_spoke(next_day, parameters="'{}'")
    score_all(next_day)
    assert read(next_day, f"select count(previous_risk) from {PREDICTIONS}") == [(0,)]


def test_scoring_again_tells_the_same(next_day: Run) -> None:
    pretend_another_version_spoke(next_day)
    query = f"select * from {PREDICTIONS} order by as_of_date, customer_id"
    score_all(next_day)
    once = read(next_day, query)
    score_all(next_day)
    assert read(next_day, query) == once


NAMES = ["days_since_last_order", "own_gap_days", "amount_365d", "tickets_count_90d"]


def cause(now: list[float], then: list[float], gained: list[float], by_data: float = 0.1) -> str | None:
    [found] = find_causes(NAMES, np.array([now]), np.array([then]), np.array([gained]), np.array([by_data]))
    return found


def test_a_cause_has_the_number_of_now_and_of_then() -> None:
    assert cause([64.0, 21.0, 9.0, 0.0], [57.0, 21.0, 9.0, 0.0], [0.3, 0.2, 0.0, 0.0]) == (
        "ordered every 21 days, now 64 days silent (was 57)"
    )


def test_both_are_said_where_more_than_a_number_differs() -> None:
    assert cause([10.0, 21.0, 9.0, 2.0], [10.0, 21.0, 9.0, 0.0], [0.0, 0.0, 0.0, 0.5]) == (
        "2 support tickets in 90 days; before: no support tickets in 90 days"
    )


def test_what_did_not_change_is_no_cause_whatever_the_trees_credit_it_with() -> None:
    assert cause([64.0, 21.0, 9.0, 0.0], [57.0, 21.0, 9.0, 0.0], [0.1, 0.9, 0.0, 0.0]) == (
        "ordered every 21 days, now 64 days silent (was 57)"
    )
    assert cause([64.0, 21.0, 9.0, 0.0], [64.0, 21.0, 9.0, 0.0], [0.1, 0.9, 0.0, 0.0]) is None


def test_what_is_said_the_same_of_both_days_is_passed_over() -> None:
    assert (
        cause([64.0, 21.0, 91.1, 2.0], [64.0, 21.0, 91.2, 1.0], [0.0, 0.0, 0.9, 0.1])
        == "2 support tickets in 90 days; before: 1 support ticket in 90 days"
    )


def test_a_fall_is_caused_by_what_lowers_the_risk() -> None:
    assert cause([3.0, 21.0, 9.0, 2.0], [57.0, 21.0, 9.0, 1.0], [-0.9, 0.0, 0.0, 0.2], by_data=-0.3) == (
        "last ordered 3 days ago, before that every 21 days; before: ordered every 21 days, now 57 days silent"
    )


def test_moves_are_told_in_points() -> None:
    nan = float("nan")
    moves = Moves(
        date(2026, 11, 13),
        np.array([0.124, -0.006, 0.3, 0.2]),
        np.array([0.1, -0.006, 0.1, nan]),
        np.array([0.024, 0, 0.2, nan]),
    )
    assert say_moves(moves, ["x (was y)", None, "z", None]) == [
        "risk rose by 12 points since 2026-11-13, mostly because: x (was y)",
        "risk fell by 1 point since 2026-11-13",
        "risk rose by 30 points since 2026-11-13, mostly because another model version judges",
        "risk rose by 20 points since 2026-11-13",
    ]
