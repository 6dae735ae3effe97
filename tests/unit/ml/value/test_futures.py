"""Futures: on average what the formulas expect, for each customer alone, and intervals that hold as often as they say."""

import numpy as np
import pytest

from ml.value.bgnbd import BgNbd
from ml.value.futures import LEVEL, Futures
from ml.value.gamma_gamma import GammaGamma
from tests.unit.ml.value.conftest import Floats, live

ORDERS = BgNbd(r=0.8, alpha=40.0, a=0.9, b=3.0, log_likelihood=0.0)
SPEND = GammaGamma(p=2.5, q=4.0, v=60.0, log_likelihood=0.0)
DAYS = 180
FUTURES = Futures(ORDERS, SPEND, DAYS)
KINDS: tuple[Floats, ...] = tuple(
    np.array(values, dtype=float) for values in ([0, 0, 3, 3, 30], [0, 0, 90, 90, 390], [5, 400, 100, 400, 400])
)


def test_futures_are_on_average_what_the_formulas_expect() -> None:
    frequency = KINDS[0]
    orders = FUTURES.draw_orders(*KINDS)
    assert orders.mean(axis=0) == pytest.approx(ORDERS.expected_orders(*KINDS, DAYS), rel=0.15, abs=0.05)
    assert (orders == 0).mean(axis=0) == pytest.approx(ORDERS.risk_of_silence(*KINDS, DAYS), abs=0.06)
    worth = FUTURES.draw_unit_value(*KINDS, frequency + 1).mean(axis=0)
    expected = ORDERS.expected_orders(*KINDS, DAYS) * SPEND.unit_spend(frequency + 1)
    assert worth == pytest.approx(expected, rel=0.25, abs=0.02)
    assert orders.max() <= DAYS


def test_a_customer_s_interval_does_not_depend_on_the_others() -> None:
    frequency, recency, age = KINDS
    together = np.array(FUTURES.unit_interval(frequency, recency, age, frequency + 1))
    for number in range(len(frequency)):
        one = slice(number, number + 1)
        alone = FUTURES.unit_interval(frequency[one], recency[one], age[one], frequency[one] + 1)
        np.testing.assert_array_equal(np.array(alone)[:, 0], together[:, number])
    again = Futures(ORDERS, SPEND, DAYS).unit_interval(frequency, recency, age, frequency + 1)
    np.testing.assert_array_equal(np.array(again), together)


def test_intervals_hold_the_later_value_as_often_as_they_say() -> None:
    model = BgNbd(r=2.0, alpha=60.0, a=0.5, b=6.0, log_likelihood=0.0)
    futures = Futures(model, SPEND, DAYS)
    lives = live(model, customers=5_000, days=400, ahead=DAYS)
    generator = np.random.default_rng(11)
    scales = generator.gamma(SPEND.q, 1 / SPEND.v, len(lives.age))
    orders = lives.frequency + 1
    spent = generator.gamma(SPEND.p * orders) / scales
    later = np.where(lives.later_orders > 0, generator.gamma(SPEND.p * np.maximum(lives.later_orders, 1)) / scales, 0)
    low, high = futures.unit_interval(lives.frequency, lives.recency, lives.age, orders)
    scale = SPEND.v + spent
    often = model.risk_of_silence(lives.frequency, lives.recency, lives.age, DAYS) < 0.1
    assert often.sum() > 400
    held = (low * scale <= later) & (later <= high * scale)
    assert held[often].mean() == pytest.approx(LEVEL, abs=0.06)
    assert held.mean() >= LEVEL - 0.02  # who most likely orders nothing is held by nothing
