"""How well each column alone tells who churned: above a limit it was written down afterwards."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from ml.evaluate import auc
from ml.undated.folds import draw_folds
from ml.undated.rules import Rules
from ml.undated.table import Column, Customers
from wellkept.deployment.errors import LeakSuspectedError

Floats = NDArray[np.float64]
_BINS = 20
_PRIOR_ROWS = 10.0


def measure_alone(customers: Customers, rules: Rules) -> dict[str, float]:
    """The AUC of each column by itself, rows judged by other rows; whether it is empty counts as a value."""
    folds = draw_folds(customers.churned, rules.folds, rules.seed, 0)
    return {
        column.name: _measure(column, customers.matrix[:, place], customers.churned, folds)
        for place, column in enumerate(customers.columns)
    }


def check_alone(aucs: Mapping[str, float], keep: Collection[str], rules: Rules, file: str) -> None:
    """A column above the limit is a LeakSuspectedError that says how to go on, unless somebody vouched for it."""
    suspected = {name: value for name, value in aucs.items() if value > rules.max_single_auc and name not in keep}
    if not suspected:
        return
    listed = ", ".join(f"{name!r} ({value:.3f})" for name, value in suspected.items())
    options = " ".join(f"--leave-out {name!r}" for name in suspected)
    raise LeakSuspectedError(
        f"{file}: alone, {listed} tells who churned with an AUC above {rules.max_single_auc}, so it was probably written "
        f"after the customer left. Train without: {options}. If it was known before, vouch for it with --keep COLUMN. "
        "No model was made"
    )


def check_together(reached: float, aucs: Mapping[str, float], keep: Collection[str], rules: Rules, file: str) -> None:
    """A model too good to be true is a LeakSuspectedError, unless somebody vouched for the strongest column."""
    strongest = sorted(aucs, key=lambda name: (-aucs[name], name))[:3]
    if reached <= rules.max_plausible_auc or strongest[0] in keep:
        return
    raise LeakSuspectedError(
        f"{file}: the columns together tell who churned with an AUC of {reached:.3f}, above the plausible "
        f"{rules.max_plausible_auc}; some were probably written after the customer left. Look at "
        f"{', '.join(map(repr, strongest))} first, and leave out what was with --leave-out COLUMN; if none was, vouch "
        f"for the strongest: --keep {strongest[0]!r}. No model was made"
    )


def _measure(column: Column, values: Floats, churned: Floats, folds: NDArray[np.int64]) -> float:
    groups = np.nan_to_num(values, nan=-1.0).astype(np.int64) if column.kind == "category" else _bin(values)
    aucs = [auc(churned, _rates_of_others(groups, churned, folds))]
    if column.kind == "number":
        ranked = np.where(np.isnan(values), np.nanmedian(values), values)
        straight = auc(churned, ranked)
        aucs += [straight, 1 - straight]
    return max(aucs)


def _bin(values: Floats) -> NDArray[np.int64]:
    edges = np.unique(np.nanquantile(values, np.linspace(0, 1, _BINS + 1)[1:-1]))
    binned: NDArray[np.int64] = np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), -1, binned)


def _rates_of_others(groups: NDArray[np.int64], churned: Floats, folds: NDArray[np.int64]) -> Floats:
    """Of each row, how many of its group churned in the other folds, drawn towards the mean where the group is small."""
    codes = np.unique(groups, return_inverse=True)[1]
    base = churned.mean()
    rates = np.empty(len(churned))
    for fold in np.unique(folds):
        is_in, is_out = folds == fold, folds != fold
        counts = np.bincount(codes[is_out], minlength=codes.max() + 1)
        sums = np.bincount(codes[is_out], weights=churned[is_out], minlength=codes.max() + 1)
        rates[is_in] = ((sums + _PRIOR_ROWS * base) / (counts + _PRIOR_ROWS))[codes[is_in]]
    return rates
