"""How far the newest training day lies from those before it, feature by feature: what the card says of drift."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.dataset import Dataset
from ml.psi import Stability, cut_points, measure_stability

Floats = NDArray[np.float64]


def measure_training_drift(dataset: Dataset, names: Sequence[str], bins: int) -> dict[str, Stability]:
    """The population stability index of each feature on the newest training day against the days before it.

    Bins are quantiles of the days before, NULLs one more. Empty where there is one day only.
    """
    is_newest = dataset.is_of(dataset.days[-1])
    if is_newest.all():
        return {}
    matrix = dataset.matrix(names)
    return {name: _measure(matrix[~is_newest, at], matrix[is_newest, at], bins) for at, name in enumerate(names)}


def _measure(before: Floats, newest: Floats, bins: int) -> Stability:
    known = before[~np.isnan(before)]
    quantiles = np.quantile(known, np.arange(1, bins) / bins).tolist() if known.size else []
    cuts = np.array(cut_points(quantiles))
    return measure_stability(_count(before, cuts), _count(newest, cuts))


def _count(values: Floats, cuts: Floats) -> list[int]:
    known = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(cuts, known, side="left"), minlength=len(cuts) + 1)
    return [*map(int, counts), len(values) - len(known)]
