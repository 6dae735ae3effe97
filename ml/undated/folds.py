"""Stratified folds, drawn by a seed over rows in a fixed order."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def draw_folds(churned: Floats, folds: int, seed: int, draw: int) -> NDArray[np.int64]:
    """The fold of each row; every fold has its share of those who churned and of those who stayed, to a row."""
    generator = np.random.default_rng([seed, draw])
    fold = np.empty(len(churned), dtype=np.int64)
    begin = 0
    for outcome in (1.0, 0.0):
        rows = generator.permutation(np.flatnonzero(churned == outcome))
        fold[rows] = (begin + np.arange(len(rows))) % folds
        begin += len(rows)
    return fold
