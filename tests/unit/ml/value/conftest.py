"""The CDNOW sample as its authors summarised it, and lives told event by event."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.value.bgnbd import BgNbd

Floats = NDArray[np.float64]
_WEEK = 7


@dataclass(frozen=True)
class Cdnow:
    """Histories in weeks, the spend on repeat orders, how many customers share them, and what they ordered after."""

    frequency: Floats
    recency: Floats
    age: Floats
    repeat_spend: Floats
    customers: Floats
    later_order_days: Floats


@dataclass(frozen=True)
class Lives:
    """Histories, and what nobody could know of them: who was alive, and the orders to come."""

    frequency: Floats
    recency: Floats
    age: Floats
    is_alive: Floats
    later_orders: Floats


@pytest.fixture(scope="session")
def cdnow() -> Cdnow:
    text = (Path(__file__).parent / "cdnow_sample.csv").read_text()
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    columns = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    return Cdnow(
        frequency=columns["frequency"],
        recency=columns["recency_days"] / _WEEK,
        age=columns["age_days"] / _WEEK,
        repeat_spend=columns["repeat_spend"],
        customers=columns["customers"],
        later_order_days=columns["later_order_days"],
    )


def live(model: BgNbd, customers: int, days: float, ahead: float) -> Lives:
    """Customers of the last `days`, and the `ahead` after: each event drawn as the model's story tells it."""
    generator = np.random.default_rng(7)
    rates = generator.gamma(model.r, 1 / model.alpha, customers)
    leaving = generator.beta(model.a, model.b, customers)
    told = [
        _live(generator, *each, ahead)
        for each in zip(rates, leaving, generator.uniform(1, days, customers), strict=True)
    ]
    return Lives(*np.array(told).T)


def _live(generator: np.random.Generator, rate: float, leaving: float, age: float, ahead: float) -> tuple[float, ...]:
    before, after, last, time = 0, 0, 0.0, 0.0
    while True:
        time += generator.exponential(1 / rate)
        if time > age + ahead:
            return before, last, age, True, after
        if time <= age:
            before, last = before + 1, time
        else:
            after += 1
        if generator.random() < leaving:
            return before, last, age, time > age, after
