"""Point-in-time reads: one row out per row in, same order, whatever the data."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.day_reads import read_days
from features.reads import read
from wellkept.deployment.errors import BadInputError, WellkeptError

DAYS = [date(2026, 1, 5), date(2026, 1, 12)]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema features")
        for table, column in (
            ("feature_customer__orders", "orders_count_30d"),
            ("feature_customer__calendar", "season"),
        ):
            connection.execute(f"create table features.{table} (customer_id text, as_of_date date, {column} int)")
            for number, day in enumerate(DAYS):
                connection.execute(
                    f"insert into features.{table} select 'c' || i, ?, i * 10 + ? from range(5) as numbers (i)",
                    [day, number],
                )
        connection.execute(
            "create table features.snapshots as select table_name, as_of_date from "
            "(values ('feature_customer__orders'), ('feature_customer__calendar')) as tables (table_name), "
            "(values (date '2026-01-05'), (date '2026-01-12')) as days (as_of_date)"
        )
        yield connection


spines = st.lists(st.tuples(st.integers(0, 8), st.sampled_from(DAYS), st.text(max_size=3)), max_size=30)


@given(rows=spines)
@settings(max_examples=60, deadline=None)
def test_one_row_out_per_row_in_same_order_with_the_spine_untouched(
    connection: duckdb.DuckDBPyConnection, rows: list[tuple[int, date, str]]
) -> None:
    spine = pa.table(
        {
            "customer_id": pa.array([f"c{number}" for number, _, _ in rows], pa.string()),
            "as_of_date": pa.array([day for _, day, _ in rows], pa.date32()),
            "note": pa.array([note for _, _, note in rows], pa.string()),
        }
    )
    out = read(connection, spine, ["season", "orders_count_30d"])
    assert out.column_names == ["customer_id", "as_of_date", "note", "season", "orders_count_30d"]
    assert out.select(spine.column_names).to_pylist() == spine.to_pylist()
    expected = [n * 10 + DAYS.index(day) if n < 5 else None for n, day, _ in rows]
    assert out["orders_count_30d"].to_pylist() == expected
    assert out["season"].to_pylist() == expected


def one_row(day: date, **more: object) -> pa.Table:
    return pa.table({"customer_id": ["c1"], "as_of_date": [day], **{name: [value] for name, value in more.items()}})


def test_an_unknown_feature_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(BadInputError, match="no feature table has shoe_size"):
        read(connection, one_row(DAYS[0]), ["season", "shoe_size"])


def test_a_day_without_a_snapshot_is_an_error_and_not_nulls(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(WellkeptError, match="no snapshot of 2026-01-13"):
        read(connection, one_row(date(2026, 1, 13)), ["season"])


def test_a_spine_without_its_keys_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(BadInputError, match="no column as_of_date"):
        read(connection, pa.table({"customer_id": ["c1"]}), ["season"])


@pytest.mark.parametrize("are_few", [False, True])
@pytest.mark.parametrize("days", [DAYS[:1], DAYS, [DAYS[0], DAYS[0]]])
def test_a_stream_of_days_has_what_a_read_of_each_has(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, days: list[date], are_few: bool
) -> None:
    monkeypatch.setattr("features.day_reads.ROWS_AT_ONCE", 2)
    customers, names = ["c3", "nobody", "c0", "c4"], ["season", "orders_count_30d"]
    asked = pa.table({"row_number": [7, 1, 5, 2], "customer_id": customers})
    found = [read(connection, pa.table({"customer_id": customers, "as_of_date": [day] * 4}), names) for day in days]
    expected = {
        number: [{name: rows[name][at].as_py() for name in names} for rows in found]
        for at, number in enumerate(asked["row_number"].to_pylist())
    }
    streamed = {
        int(number): [batch.slice(at, 1).to_pylist()[0] for batch in rows.features]
        for rows in read_days(connection, asked, names, days, are_few)
        for at, number in enumerate(rows.row_numbers)
    }
    assert streamed == expected


def test_a_stream_of_a_day_that_is_not_held_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    asked = pa.table({"row_number": [0], "customer_id": ["c0"]})
    with pytest.raises(WellkeptError, match="has no snapshot of 2026-02-02"):
        next(read_days(connection, asked, ["season"], [DAYS[0], date(2026, 2, 2)]))
