"""Which calibration a snapshot's model gets: none, Platt's line or isotonic steps, whichever the inner folds say."""

from typing import get_args

import numpy as np
from numpy.typing import NDArray

from ml.evaluate import log_losses
from ml.kinds.calibration import NONE, Calibration, Kind, fit_calibration
from ml.undated.rules import Rules

Floats = NDArray[np.float64]


def choose_calibration(raw: Floats, churned: Floats, folds: NDArray[np.int64], rules: Rules) -> Calibration:
    """The calibration that lowers the log-loss of held-out rows clearly, fitted on all; none where none does.

    `raw` are scores by models that did not see the row, `folds` those they were made in.
    """
    kinds: list[Kind] = [kind for kind in get_args(Kind) if kind != "isotonic" or len(raw) >= rules.min_isotonic_rows]
    losses = {kind: _loss_of(kind, raw, churned, folds) for kind in kinds}
    best = min(kinds, key=lambda kind: losses[kind])
    if losses["none"] - losses[best] < rules.min_calibration_gain:
        return NONE
    return fit_calibration(best, raw, churned, np.ones(len(raw)))


def _loss_of(kind: Kind, raw: Floats, churned: Floats, folds: NDArray[np.int64]) -> float:
    losses = np.empty(len(raw))
    for fold in np.unique(folds):
        is_in = folds == fold
        calibration = fit_calibration(kind, raw[~is_in], churned[~is_in], np.ones(int((~is_in).sum())))
        losses[is_in] = log_losses(churned[is_in], calibration.to_risk(raw[is_in]))
    return float(losses.mean())
