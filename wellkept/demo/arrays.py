"""Array types, and seconds since the first day as the one unit of time in the demo's tables."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.str_]
Columns = dict[str, npt.NDArray[Any]]

DAY_SECONDS = 86_400


def in_seconds(days: Floats) -> Integers:
    """Days as whole seconds, rounded down, so that a cut at midnight is exact."""
    return np.floor(days * DAY_SECONDS).astype(np.int64)


def as_times(seconds: Integers, first_day: date, missing: Flags | None = None) -> pa.Array:
    """Timestamps in UTC without a zone; NULL where `missing`."""
    start = np.datetime64(first_day, "s")
    return pa.array(start + seconds.astype("timedelta64[s]"), pa.timestamp("us"), mask=missing, safe=True)


def as_amounts(cents: Integers) -> pa.Array:
    """Cents as decimals with two places."""
    whole = pa.array(cents, pa.int64()).cast(pa.decimal128(19, 0))
    return pc.multiply(whole, pa.scalar(Decimal("0.01"), pa.decimal128(2, 2))).cast(pa.decimal128(18, 2))


def as_ids(prefix: str, numbers: Integers) -> pa.Array:
    """Keys such as `C000042`, in the order of `numbers`."""
    return pa.array(np.char.add(prefix, np.char.zfill(numbers.astype(str), 6)))


def pick(uniform: Floats, weights: list[float]) -> Integers:
    """An index per uniform draw, by cumulated weights: the same draw gives the same index."""
    edges = np.cumsum(weights) / sum(weights)
    return np.minimum(np.searchsorted(edges, uniform, side="right"), len(weights) - 1).astype(np.int64)
