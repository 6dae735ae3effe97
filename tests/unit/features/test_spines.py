"""The keys of a spine: what is understood, and what is refused because it could mean two things."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from features.spines import check_columns, read_keys
from wellkept.deployment.errors import BadInputError

DAY = date(2026, 1, 5)


def keys_of(customers: pa.Array, days: pa.Array) -> tuple[list[Any], list[Any]]:
    customer_ids, dates = read_keys(pa.table({"customer_id": customers, "as_of_date": days}))
    assert (customer_ids.type, dates.type) == (pa.string(), pa.date32())
    return customer_ids.to_pylist(), dates.to_pylist()


@pytest.mark.parametrize(
    "days",
    [
        pa.array([DAY, None], pa.date32()),
        pa.array([DAY, None], pa.date64()),
        pa.array([DAY, None], pa.date32()).cast(pa.timestamp("ns")),
        pa.array([datetime(2026, 1, 5, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        pa.array(["2026-01-05", None], pa.large_string()),
        pa.array(["2026-01-05", None]).dictionary_encode(),
    ],
    ids=lambda array: str(array.type),
)
def test_a_day_is_understood_in_any_type_that_says_one(days: pa.Array) -> None:
    assert keys_of(pa.array(["c1", "c2"]), days) == (["c1", "c2"], [DAY, None])


def test_keys_that_are_all_null_are_understood() -> None:
    assert keys_of(pa.nulls(1), pa.nulls(1)) == ([None], [None])


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (
            pa.array([datetime(2026, 1, 5, 0, 0, 1, tzinfo=UTC)], pa.timestamp("us", "UTC")),
            "2026-01-05 00:00:01, which is not midnight",
        ),
        (
            pa.array([datetime(2026, 1, 5, tzinfo=ZoneInfo("Europe/Berlin"))], pa.timestamp("us", "Europe/Berlin")),
            "a time in Europe/Berlin, and days are UTC",
        ),
        (pa.array(["05/01/2026"]), "05/01/2026, which is not a day written YYYY-MM-DD"),
        (pa.array(["2026-01-05 00:00"]), "not a day written YYYY-MM-DD"),
        (pa.array(["2026-02-30"]), "a day that is none"),
        (pa.array([20260105]), "as_of_date of the spine is int64"),
        (pa.array([1_767_571_200_001]).view(pa.date64()), "a day that is not whole"),
        (pa.array([3_000_000], pa.int32()).view(pa.date32()), "before the year 1 or after 9999"),
        (pa.array([-3_000_000], pa.int32()).view(pa.date32()), "before the year 1 or after 9999"),
    ],
)
def test_a_day_that_could_mean_two_is_refused(days: pa.Array, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        keys_of(pa.array(["c1"]), days)


def test_numbers_for_customers_are_refused() -> None:
    with pytest.raises(BadInputError, match="customer_id of the spine is int64; keys are text"):
        keys_of(pa.array([17]), pa.array([DAY]))


@pytest.mark.parametrize(
    ("columns", "names", "message"),
    [
        (["customer_id"], [], "no column as_of_date"),
        (["customer_id", "as_of_date", "customer_id"], [], "more than one column customer_id"),
        (["customer_id", "as_of_date", "season"], ["season"], "a column season already"),
        (["customer_id", "as_of_date"], ["season", "season"], "season is asked for twice"),
    ],
)
def test_columns_that_cannot_be_told_apart_are_refused(columns: list[str], names: list[str], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        check_columns(pa.schema([(name, pa.string()) for name in columns]), names)
