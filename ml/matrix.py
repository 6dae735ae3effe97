"""From Arrow columns to the numbers a model takes."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def to_matrix(rows: pa.Table, names: Sequence[str]) -> NDArray[np.float64]:
    """The columns `names` in that order as float64, NULL as NaN."""
    if not names:
        return np.empty((rows.num_rows, 0))
    return np.column_stack([to_floats(rows[name]) for name in names])


def to_floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """One column as float64, NULL as NaN."""
    values: NDArray[np.float64] = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    return values


def weigh_columns(values: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Weighted mean and standard deviation of each column's known values; the deviation is 1 where nothing varies."""
    is_known = ~np.isnan(values)
    mass = np.maximum((weights[:, None] * is_known).sum(axis=0), 1e-12)
    means = (weights[:, None] * np.nan_to_num(values)).sum(axis=0) / mass
    spread = np.where(is_known, values - means, 0.0)
    deviations = np.sqrt((weights[:, None] * spread**2).sum(axis=0) / mass)
    return means, np.where(deviations > 1e-9, deviations, 1.0)


def to_codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Whole numbers from 0 that are equal where the values are, in order of first appearance."""
    encoded = column.combine_chunks().dictionary_encode()
    codes: NDArray[np.int64] = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes
