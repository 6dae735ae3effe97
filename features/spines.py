"""The two keys of a spine, as the feature tables have them: whatever Arrow type they came in, or a clear error."""

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from wellkept.deployment.errors import BadInputError
from wellkept.project.feature_columns import KEYS

_UTC = (None, "UTC", "Etc/UTC", "+00:00", "Z")
_DAY = r"^\d{4}-\d{2}-\d{2}$"


def check_columns(schema: pa.Schema, names: Sequence[str]) -> None:
    """The spine has each key once and no column named like a wanted feature; else a BadInputError says what to change."""
    for key in KEYS:
        if schema.names.count(key) != 1:
            found = "more than one" if key in schema.names else "no"
            raise BadInputError(f"the spine has {found} column {key}; it has {', '.join(schema.names)}")
    taken = [name for name in names if name in schema.names]
    if taken:
        raise BadInputError(
            f"the spine has a column {taken[0]} already, and a feature of that name is asked for: rename the column, or "
            "leave the feature out"
        )
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise BadInputError(f"{twice[0]} is asked for twice; name each feature once")


def read_keys(rows: pa.RecordBatch | pa.Table) -> tuple[pa.Array, pa.Array]:
    """The customers as text and the days as dates, NULL where they are NULL."""
    return _read_customers(_column(rows, "customer_id")), _read_days(_column(rows, "as_of_date"))


def _column(rows: pa.RecordBatch | pa.Table, name: str) -> pa.Array:
    column = rows.column(name)
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _read_customers(column: pa.Array) -> pa.Array:
    if not (_is_text(column.type) or pa.types.is_null(column.type)):
        raise BadInputError(
            f"customer_id of the spine is {column.type}; keys are text: cast it, with the leading zeros that the keys have"
        )
    return column.cast(pa.string())


def _read_days(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_null(kind):
        return _read_dates(column)
    if pa.types.is_timestamp(kind):
        return _read_timestamps(column)
    if _is_text(kind):
        return _read_texts(column)
    raise BadInputError(
        f"as_of_date of the spine is {kind}; give dates, timestamps at midnight UTC, or texts YYYY-MM-DD"
    )


def _read_dates(column: pa.Array) -> pa.Array:
    try:
        days = column.cast(pa.date32())
    except pa.ArrowInvalid as error:
        raise BadInputError(f"as_of_date of the spine holds a day that is not whole: {error}") from None
    outside = pc.or_(pc.less(days, pa.scalar(date.min)), pc.greater(days, pa.scalar(date.max))).filter(days.is_valid())
    if pc.any(outside).as_py():
        raise BadInputError("as_of_date of the spine holds a day before the year 1 or after 9999")
    return days


def _read_timestamps(column: pa.Array) -> pa.Array:
    if column.type.tz not in _UTC:
        raise BadInputError(
            f"as_of_date of the spine is a time in {column.type.tz}, and days are UTC: give the dates that are meant"
        )
    plain = column.cast(pa.timestamp(column.type.unit))
    days = plain.cast(pa.date32(), safe=False)
    _refuse(
        plain,
        pc.not_equal(days.cast(plain.type), plain),
        "is not midnight, so which day's features it wants is unclear",
    )
    return days


def _read_texts(column: pa.Array) -> pa.Array:
    plain = column.cast(pa.string())
    _refuse(plain, pc.invert(pc.match_substring_regex(plain, _DAY)), "is not a day written YYYY-MM-DD")
    try:
        return plain.cast(pa.date32())
    except pa.ArrowInvalid as error:
        raise BadInputError(f"as_of_date of the spine holds a day that is none: {error}") from None


def _refuse(column: pa.Array, is_wrong: pa.Array, why: str) -> None:
    wrong = column.filter(is_wrong)  # NULL is not wrong
    if len(wrong):
        raise BadInputError(f"as_of_date of the spine holds {wrong[0].as_py()}, which {why} ({len(wrong)} such rows)")


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
