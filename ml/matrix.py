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


def to_codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Whole numbers from 0 that are equal where the values are, in order of first appearance."""
    encoded = column.combine_chunks().dictionary_encode()
    codes: NDArray[np.int64] = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes
