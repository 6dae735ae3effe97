"""What is kept of a version's test days: JSON of fixed form, read back as what it was."""

from datetime import date

import pytest

from ml.evaluate import Metrics
from ml.measures import Interval, Measures, Step, measures_from_text

DAY = date(2026, 5, 4)
ONE = Metrics(1200, 0.25, 1 / 3, 0.8, 0.6, 0.5, 0.16, 2.5, 0.625, 0.03, 0.04)
TEXT = (
    '{"calibration_excess": -0.01, "challenger_minus_floor": {"high": -0.001, "low": -0.02, "mean": -0.01}, '
    '"choice_days": ["2026-05-04"], "choices": [{"change": "with it", "difference": {"high": 0.1, "low": -0.1, "mean": 0.0}, '
    '"is_taken": false, "question": "calendar", "wins": 0.333333}], "floor": "rfm_logistic", "is_judged": true, '
    '"means": {"challenger": {"auc": 0.8, "base_rate": 0.25, "brier": 0.16, "customers": 1200.0, "ece": 0.03, '
    '"ece_by_chance": 0.04, "lift_10": 2.5, "lift_10_share_of_max": 0.625, "log_loss": 0.5, "mean_risk": 0.333333, '
    '"pr_auc": 0.6}}, "test_days": {"challenger": {"2026-05-04": {"auc": 0.8, "base_rate": 0.25, "brier": 0.16, '
    '"customers": 1200, "ece": 0.03, "ece_by_chance": 0.04, "lift_10": 2.5, "lift_10_share_of_max": 0.625, '
    '"log_loss": 0.5, "mean_risk": 0.333333, "pr_auc": 0.6}}}, "winner": "challenger"}'
)
"""As versions of before have it: what is stored must not change with the code."""


def test_the_stored_form_does_not_change() -> None:
    measures = Measures(
        winner="challenger",
        floor="rfm_logistic",
        is_judged=True,
        calibration_excess=-0.01,
        choice_days=(DAY,),
        choices=(Step("calendar", "with it", Interval(0.0, -0.1, 0.1), 1 / 3, False),),
        test_days={"challenger": {DAY: ONE}},
        means={"challenger": Metrics(**{**vars(ONE), "customers": 1200.0})},
        challenger_minus_floor=Interval(-0.01, -0.02, -0.001),
    )
    assert measures.to_text() == TEXT


def test_what_was_written_is_read_back_and_written_the_same() -> None:
    measures = measures_from_text(TEXT)
    assert measures.to_text() == TEXT
    assert measures.test_days["challenger"][DAY].mean_risk == 0.333333
    assert measures.choices[0].difference == Interval(0.0, -0.1, 0.1)
    assert measures.challenger_minus_incumbent is None


@pytest.mark.parametrize(("text", "promised"), [(TEXT, 0.8), ('{"winner": "rfm_logistic", "means": {}}', None)])
def test_the_promise_is_the_mean_auc_of_the_winner_and_none_where_nothing_was_judged(
    text: str, promised: float | None
) -> None:
    assert measures_from_text(text).promised_auc == promised


def test_a_version_of_the_first_release_has_no_choices() -> None:
    measures = measures_from_text('{"winner": "lightgbm", "lightgbm_minus_floor": {"mean": 0, "low": 0, "high": 0}}')
    assert (measures.choices, measures.choice_days, measures.challenger_minus_floor) == ((), (), None)
