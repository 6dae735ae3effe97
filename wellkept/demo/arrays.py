"""Array types, and seconds since the first day as the one unit of time in the demo's tables."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.int16]
Flags = npt.NDArray[np.bool_]
Columns = dict[str, npt.NDArray[Any]]

DAY_SECONDS = 86_400
NEVER = 2**40
"""A second that no company lives to see."""


def in_seconds(days: Floats) -> Integers:
    """Days as whole seconds, rounded down, so that a cut at midnight is exact."""
    seconds: Integers = np.floor(np.minimum(days, NEVER / DAY_SECONDS) * DAY_SECONDS).astype(np.int64)
    return seconds


def as_times(seconds: Integers, first_day: date, missing: Flags | None = None) -> pa.Array:
    """Timestamps in UTC without a zone; NULL where `missing`."""
    start = np.datetime64(first_day, "s")
    return pa.array(start + seconds.astype("timedelta64[s]"), pa.timestamp("us"), mask=missing, safe=True)


def as_iso(seconds: Integers, first_day: date, missing: Flags | None = None) -> pa.Array:
    """Times as a CRM writes them: ISO 8601 with a Z; NULL where `missing`."""
    whole = as_times(seconds, first_day, missing).cast(pa.timestamp("s"))
    return pc.strftime(whole, "%Y-%m-%dT%H:%M:%SZ")


def as_amounts(cents: Integers) -> pa.Array:
    """Cents as decimals with two places."""
    whole = pa.array(cents, pa.int64()).cast(pa.decimal128(19, 0))
    return pc.multiply(whole, pa.scalar(Decimal("0.01"), pa.decimal128(2, 2))).cast(pa.decimal128(18, 2))


def as_ids(prefix: str, numbers: Integers, width: int = 6) -> pa.Array:
    """Keys such as `C000042`, in the order of `numbers`."""
    digits = pc.utf8_lpad(pa.array(numbers, pa.int64()).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def as_digits(numbers: Integers, missing: Flags | None = None) -> pa.Array:
    """Whole numbers as text; NULL where `missing`."""
    return pa.array(numbers, pa.int64(), mask=missing).cast(pa.string())


def as_flags_text(flags: Flags, missing: Flags | None = None) -> pa.Array:
    """Booleans as the text `true` or `false`; NULL where `missing`."""
    return pa.array(flags, mask=missing).cast(pa.string())


def named(index: Integers | Flags, names: tuple[str, ...], missing: Flags | None = None) -> pa.Array:
    """The name at each index, as text; NULL where `missing`."""
    return pa.array(names).take(pa.array(index.astype(np.int64), mask=missing))


def blank(values: pa.Array, where: Flags) -> pa.Array:
    """The values, NULL where `where` holds."""
    return pc.if_else(pa.array(where), pa.scalar(None, values.type), values)


def pick(uniform: Floats, weights: tuple[float, ...]) -> Integers:
    """An index per uniform draw, by cumulated weights: the same draw gives the same index."""
    edges = np.cumsum(weights) / sum(weights)
    return np.minimum(np.searchsorted(edges, uniform, side="right"), len(weights) - 1).astype(np.int64)


def latest(end: int, *times: Integers) -> Integers:
    """The last of the times before `end`; the first of them is before it wherever it matters."""
    last = times[0]
    for time in times[1:]:
        last = np.where(time < end, np.maximum(last, time), last)
    return last


def by_time(seconds: Integers, ties: Integers, **columns: npt.NDArray[Any]) -> Columns:
    """The columns in the order of time, with `second` and the running `number`: numbers never change once given."""
    order = np.lexsort((ties, seconds))
    sorted_columns = {name: values[order] for name, values in columns.items()}
    return sorted_columns | {"second": seconds[order], "number": np.arange(len(order))}
