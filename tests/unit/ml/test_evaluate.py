"""Measures against numbers worked out by hand."""

import math

import numpy as np
import pytest

from ml.evaluate import (
    auc,
    average_precision,
    calibration_error,
    calibration_error_by_chance,
    grade,
    lift_at_tenth,
    log_losses,
    measure,
)

CHURNED = np.array([1.0, 0.0, 1.0, 0.0])
RISK = np.array([0.9, 0.8, 0.4, 0.1])


def test_auc_counts_ordered_pairs() -> None:
    # pairs: (.9,.8) yes, (.9,.1) yes, (.4,.8) no, (.4,.1) yes
    assert auc(CHURNED, RISK) == pytest.approx(3 / 4)


def test_auc_gives_half_for_ties() -> None:
    assert auc(np.array([1.0, 0.0, 1.0, 0.0]), np.full(4, 0.5)) == pytest.approx(0.5)
    assert auc(np.array([1.0, 0.0, 0.0]), np.array([0.7, 0.7, 0.1])) == pytest.approx(0.75)


def test_average_precision_sums_the_steps() -> None:
    # at the first hit precision 1 over recall 1/2, at the second 2/3 over the other half
    assert average_precision(CHURNED, RISK) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_average_precision_takes_ties_together() -> None:
    assert average_precision(np.array([0.0, 1.0]), np.array([0.5, 0.5])) == pytest.approx(0.5)
    assert average_precision(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(0.5)


def test_log_loss_is_minus_the_logarithm_of_what_happened() -> None:
    assert log_losses(CHURNED, RISK)[:2] == pytest.approx([-math.log(0.9), -math.log(0.2)])


def test_lift_compares_the_riskiest_tenth_with_all() -> None:
    churned = np.zeros(20)
    churned[[0, 1, 2, 3]] = 1
    risk = np.linspace(1, 0, 20)
    assert lift_at_tenth(churned, risk) == pytest.approx(5.0)


def test_calibration_error_weighs_bins_by_count() -> None:
    # twenty rows, bins of two: mean risk .25 where half churned in each bin
    churned = np.tile([0.0, 1.0], 10)
    assert calibration_error(churned, np.full(20, 0.25)) == pytest.approx(0.25)
    assert calibration_error(churned, np.full(20, 0.5)) == pytest.approx(0.0)


def test_chance_allows_a_perfect_model_what_definitions_say() -> None:
    # DEFINITIONS, section 8: .018 on average at n = 4,306 and .047 at 578; the 95th percentile lies above
    generator = np.random.default_rng(3)
    large = calibration_error_by_chance(generator.beta(2, 2, 4306), 200, 1)
    small = calibration_error_by_chance(generator.beta(2, 2, 578), 200, 1)
    assert 0.018 < large < 0.032
    assert 0.047 < small < 0.085


def test_a_perfect_model_stays_within_chance_nineteen_times_of_twenty() -> None:
    generator = np.random.default_rng(5)
    risk = generator.beta(2, 2, 2000)
    limit = calibration_error_by_chance(risk, 200, 1)
    above = [calibration_error((generator.random(2000) < risk).astype(float), risk) > limit for _ in range(200)]
    assert 0.01 <= np.mean(above) <= 0.12


def test_measure_gives_lift_as_share_of_its_maximum() -> None:
    churned = np.array([1.0] * 10 + [0.0] * 10)
    metrics = measure(churned, np.linspace(0.95, 0.05, 20), 20, 1)
    assert metrics.lift_10 == pytest.approx(2.0)
    assert metrics.lift_10_share_of_max == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("is_judged", "gain", "excess", "expected"),
    [
        (True, 0.02, -0.001, "A"),
        (True, 0.02, 0.01, "B"),
        (True, 0.02, 0.2, "C"),
        (True, 0.005, -0.01, "C"),
        (True, None, 0.01, "D"),
        (True, None, 0.2, "E"),
        (False, None, 0.0, "F"),
    ],
)
def test_grade_follows_gain_and_calibration(is_judged: bool, gain: float | None, excess: float, expected: str) -> None:
    assert grade(is_judged, gain, excess, 0.01, 0.05) == expected
