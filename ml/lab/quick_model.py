"""How well churn by a definition can be foreseen: a logistic regression that needs no features built, out of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from ml.evaluate import auc, lift_at_tenth
from ml.kinds.floor import fit_rfm_logistic
from ml.lab.definitions import Definition, Grid
from ml.lab.history import FEATURES, Columns

Floats = NDArray[np.float64]

SAMPLED_CUSTOMERS = 5_000
_FEWEST_OF_A_CLASS = 20
"""With fewer leavers or stayers on a day its AUC says nothing; with fewer in training there is no model."""


@dataclass(frozen=True)
class Foresight:
    """The means over test days."""

    auc: float
    auc_spread: float
    """Standard deviation over the test days; 0 for one."""
    lift_10: float
    days_judged: int
    training_days: int


def foresee(
    grid: Grid, samples: Mapping[date, Columns], definition: Definition, days: Sequence[date]
) -> Foresight | None:
    """Fit on earlier days and judge on later ones; every training label was known on the first test day.

    None where the days are too few or too one-sided for it.
    """
    split = split_days(days, definition.horizon_days + grid.late_days)
    if split is None:
        return None
    training, testing = split
    rows = [_rows_of(samples[day], definition) for day in training]
    matrix, churned = np.vstack([row[0] for row in rows]), np.concatenate([row[1] for row in rows])
    if not _has_both(churned):
        return None
    model = fit_rfm_logistic(FEATURES, matrix, churned, np.ones(len(churned)))
    aucs, lifts = [], []
    for day in testing:
        matrix, churned = _rows_of(samples[day], definition)
        if _has_both(churned):
            risk = model.predict_raw(matrix)
            aucs.append(auc(churned, risk))
            lifts.append(lift_at_tenth(churned, risk))
    if not aucs:
        return None
    return Foresight(float(np.mean(aucs)), float(np.std(aucs)), float(np.mean(lifts)), len(aucs), len(training))


def split_days(days: Sequence[date], days_to_maturity: int) -> tuple[list[date], list[date]] | None:
    """Training days and later test days, of about the same span; no training label matures after the first test day."""
    if not days:
        return None
    gap = timedelta(days=days_to_maturity)
    first_testable = min(days) + gap
    if first_testable > max(days):
        return None
    from_ = min(day for day in days if day >= first_testable + (max(days) - first_testable) / 2)
    training = [day for day in days if day + gap <= from_]
    return training, [day for day in days if day >= from_]


def _rows_of(sample: Columns, definition: Definition) -> tuple[Floats, Floats]:
    """Features and outcomes of the day's eligible customers whose outcome is known."""
    churned = sample[f"churned_{definition.horizon_days}"]
    is_in = (sample["silence"] <= definition.eligible_days) & ~np.isnan(churned)
    return np.column_stack([sample[name][is_in] for name in FEATURES]), churned[is_in]


def _has_both(churned: Floats) -> bool:
    leavers = churned.sum()
    return bool(min(leavers, len(churned) - leavers) >= _FEWEST_OF_A_CLASS)
