"""The winner of the test days by segment: where it can be trusted, and where its probabilities are off."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.dataset import Dataset
from ml.evaluate import auc, calibration_error, calibration_error_by_chance, log_losses
from ml.matrix import to_floats
from ml.training.verdict import Verdict
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

Floats = NDArray[np.float64]
_STATES = ("prospect", "onboarding", "reactivated", "active", "cooling", "slipping", "dormant", "lost")
"""By lifecycle_state_rank: the order of macros/lifecycle_rule.sql."""
_SMALLEST = 50
"""Rows of a segment below which nothing is said of it."""
_ENOUGH_FOR_BINS = 1000
_DEVIATIONS = 1.96
_COUNTRIES = 6


@dataclass(frozen=True)
class Segment:
    """One segment over all test days: what was said of it on average and what happened, with what chance allows.

    `ece` and its limit are None where rows are too few for bins, `auc` where all churned or all stayed.
    """

    name: str
    value: str
    rows: int
    churned: float
    mean_risk: float
    gap_by_chance: float
    log_loss: float
    floor_log_loss: float
    auc: float | None
    ece: float | None
    ece_by_chance: float | None

    @property
    def is_calibrated(self) -> bool:
        """Whether the mean risk is off by no more than chance allows."""
        return abs(self.mean_risk - self.churned) <= self.gap_by_chance


def grade_segments(run: Run, dataset: Dataset, verdict: Verdict) -> list[Segment]:
    """Measures by lifecycle state, tenure, value and country, as far as they are known; none without test days."""
    if not verdict.backtest.days:
        return []
    rows = dataset.rows.take(pa.array(verdict.backtest.rows))
    bands = [*_bands(rows, verdict.spec.segments), ("country", _countries(run, rows))]
    return [segment for name, values in bands for segment in _grade(name, values, verdict)]


def _grade(name: str, values: Sequence[str | None], verdict: Verdict) -> Iterator[Segment]:
    labels = np.array([value or "" for value in values])
    for value in sorted(set(labels) - {""}):
        chosen = labels == value
        if chosen.sum() >= _SMALLEST:
            yield _measure(name, value, chosen, verdict)


def _measure(name: str, value: str, chosen: NDArray[np.bool_], verdict: Verdict) -> Segment:
    churned = verdict.backtest.churned[chosen]
    risk, floor = (verdict.backtest.risks[one][chosen] for one in (verdict.winner, verdict.floor))
    has_bins = len(churned) >= _ENOUGH_FOR_BINS
    samples, seed = verdict.spec.test_days.chance_samples, verdict.spec.lightgbm.seed
    return Segment(
        name=name,
        value=value,
        rows=len(churned),
        churned=float(churned.mean()),
        mean_risk=float(risk.mean()),
        gap_by_chance=float(_DEVIATIONS * np.sqrt(np.sum(risk * (1 - risk))) / len(risk)),
        log_loss=float(log_losses(churned, risk).mean()),
        floor_log_loss=float(log_losses(churned, floor).mean()),
        auc=auc(churned, risk) if 0 < churned.mean() < 1 else None,
        ece=calibration_error(churned, risk) if has_bins else None,
        ece_by_chance=calibration_error_by_chance(risk, samples, seed) if has_bins else None,
    )


def _bands(rows: pa.Table, features: Sequence[str]) -> Iterator[tuple[str, list[str | None]]]:
    for feature in features:
        values = to_floats(rows[feature])
        if feature == "lifecycle_state_rank":
            yield "lifecycle state", [None if np.isnan(rank) else _STATES[int(rank)] for rank in values]
        elif feature == "tenure_days_365d":
            yield "tenure", [_tenure(days) for days in values]
        else:
            yield feature, _thirds(values)


def _tenure(days: float) -> str | None:
    if np.isnan(days):
        return None
    return "up to 90 days" if days <= 90 else "up to a year" if days < 365 else "a year or longer"


def _thirds(values: Floats) -> list[str | None]:
    known = values[~np.isnan(values)]
    if not known.size or known.min() == known.max():
        return [None] * len(values)
    low, high = np.quantile(known, [1 / 3, 2 / 3])
    names = np.where(values <= low, "low", np.where(values <= high, "middle", "high"))
    return [None if np.isnan(value) else str(name) for value, name in zip(values, names, strict=True)]


def _countries(run: Run, rows: pa.Table) -> list[str | None]:
    """The country as it was last known by the run's day: it groups the report and enters no model."""
    with connect(run, "reading countries for the model's card") as connection:
        found = connection.execute(
            """
            select customer_id, country from staging.stg_customers
            where country is not null and known_from <= $day and known_to > $day
            """,
            {"day": run.as_of_date},
        ).fetchall()
    country = dict(found)
    values = [country.get(customer) for customer in rows["customer_id"].to_pylist()]
    counts = {value: values.count(value) for value in set(values) if value}
    largest = set(sorted(counts, key=lambda value: (-counts[value], value))[:_COUNTRIES])
    return [value if value in largest or value is None else "other" for value in values]
