"""`features.read` of days that are held: any spine, in any pieces, against a plain lookup."""

import gc
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import features
from features import on_demand, snapshots
from features.registry import load
from wellkept.deployment.errors import BadInputError
from wellkept.landing import raw
from wellkept.project.definitions import table_hash
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

pytestmark = pytest.mark.slow

TABLE = "feature_customer__orders"
COUNT, RATIO = "orders_count_30d", "silence_in_own_gaps"
DAYS = [date(2026, 1, 5), date(2026, 1, 12)]
BEFORE_ANYTHING, LAST = date(2025, 1, 1), date(2026, 1, 12)


@pytest.fixture
def run(run_of: Callable[..., Run]) -> Run:
    """A store that holds two days of five customers; loaded up to the second."""
    run = run_of(str(LAST))
    with connect(run, "making a store") as connection:
        raw.create_tables(connection)
        connection.execute(
            "insert into raw.orders by name select 'o' as order_id, 'c0' as customer_id, timestamp '2026-01-01' as ordered_at, "
            "'shop' as source_system, 'h' as row_hash, date '2026-01-02' as known_on, false as is_known_on_assumed, "
            "false as is_tombstone, date '2026-01-12' as loaded_on, 'r' as run_id"
        )
        connection.execute(
            f"insert into raw.loads values ('{LAST}', 'shop', 'orders', 'r', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', '[]')"
        )
        look = snapshots.look_at_loads(connection)
        columns = ", ".join(f"{feature.name} {feature.data_type}" for feature in load() if feature.group == TABLE)
        connection.execute(f"create table features.{TABLE} (customer_id varchar, as_of_date date, {columns})")
        for place, day in enumerate(DAYS):
            connection.execute(
                f"insert into features.{TABLE} by name select 'c' || i as customer_id, ?::date as as_of_date, "
                f"i * 10 + ? as {COUNT}, i / 3 as {RATIO} from range(5) as numbers (i)",
                [day, place],
            )
        snapshots.note_built(connection, run, {TABLE: table_hash(TABLE, run.parameters)}, DAYS, look)
    return run


def expected(customer: str | None, day: date | None) -> tuple[Any, Any]:
    if customer is None or day not in DAYS or int(customer[1:]) > 4:
        return None, None
    number = int(customer[1:])
    return number * 10 + DAYS.index(day), number / 3


rows = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 8).map("c{}".format)),
        st.sampled_from([*DAYS, BEFORE_ANYTHING, None]),
        st.text(max_size=3),
        st.lists(st.integers(-3, 3), max_size=2),
    ),
    max_size=30,
)


@given(rows=rows, piece=st.integers(1, 12), at_once=st.integers(1, 40), is_text=st.booleans())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_comes_back_in_its_place_with_its_features(
    run: Run, monkeypatch: pytest.MonkeyPatch, rows: list[Any], piece: int, at_once: int, is_text: bool
) -> None:
    monkeypatch.setattr(on_demand, "_ROWS_AT_ONCE", at_once)
    days = [day for _, day, _, _ in rows]
    texts = pa.array([day and day.isoformat() for day in days], pa.string())
    spine = pa.table(
        {
            "note": pa.array([note for _, _, note, _ in rows], pa.string()).dictionary_encode(),
            "as_of_date": texts if is_text else pa.array(days, pa.date32()).cast(pa.timestamp("us", "UTC")),
            "customer_id": pa.array([customer for customer, _, _, _ in rows], pa.large_string()),
            "numbers": pa.array([numbers for _, _, _, numbers in rows], pa.list_(pa.int8())),
        }
    ).replace_schema_metadata({"whose": "mine"})
    reader = pa.RecordBatchReader.from_batches(spine.schema, spine.to_batches(piece))
    found = features.read(run, reader, [RATIO, COUNT])
    assert found.schema.names == [*spine.column_names, RATIO, COUNT]
    table = found.read_all()
    assert table.select(spine.column_names).equals(spine, check_metadata=True)
    wanted = [expected(customer, day) for customer, day, _, _ in rows]
    assert list(zip(table[COUNT].to_pylist(), table[RATIO].to_pylist(), strict=True)) == wanted


def test_what_was_spooled_is_gone_after_the_last_batch_and_the_warehouse_free_meanwhile(run: Run) -> None:
    spine = pa.table({"customer_id": ["c1"] * 3, "as_of_date": [DAYS[0]] * 3})
    reader = features.read(run, spine, [COUNT])
    assert spools(run.home.scratch)
    with connect(run, "writing meanwhile") as connection:
        connection.execute("create table other (i int)")
    assert reader.read_all()[COUNT].to_pylist() == [10, 10, 10]
    assert not spools(run.home.scratch)


def test_what_was_spooled_is_gone_with_a_reader_that_nobody_reads(run: Run) -> None:
    reader = features.read(run, pa.table({"customer_id": ["c1"], "as_of_date": [DAYS[0]]}), [COUNT])
    assert spools(run.home.scratch)
    del reader
    gc.collect()
    assert not spools(run.home.scratch)


def spools(scratch: Path) -> list[Path]:
    return list(scratch.glob("read-*"))


def test_a_day_after_the_last_loaded_one_is_refused(run: Run) -> None:
    spine = pa.table({"customer_id": ["c1"], "as_of_date": [LAST + timedelta(days=1)]})
    with pytest.raises(BadInputError, match="features of 2026-01-13, but the run is as of 2026-01-12"):
        features.read(run, spine, [COUNT])
    assert not spools(run.home.scratch)


def test_an_unknown_feature_is_named_before_anything_is_read(run: Run) -> None:
    with pytest.raises(BadInputError, match="there is no feature shoe_size"):
        features.read(run, pa.table({"customer_id": ["c1"], "as_of_date": [DAYS[0]]}), ["shoe_size"])


def test_what_another_run_builds_during_a_read_is_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    odd, others = date(2026, 1, 7), date(2026, 1, 11)

    def build(reader: Run, days: list[date], tables: tuple[str, ...] = ()) -> None:
        """What dbt would write of an odd day, and a day that a scheduled run finishes meanwhile."""
        with connect(reader, "building") as connection:
            hashes = {TABLE: table_hash(TABLE, reader.parameters)}
            for day, by in ((odd, reader), (others, replace(reader, run_id="scheduled"))) if days else ():
                connection.execute(
                    f"insert into features.{TABLE} by name select 'c1' as customer_id, ?::date as as_of_date, 7 as {COUNT}",
                    [day],
                )
                snapshots.note_built(connection, by, hashes, [day], 1)

    monkeypatch.setattr(on_demand, "build_days", build)
    rows = features.read(run, pa.table({"customer_id": ["c1"], "as_of_date": [odd]}), [COUNT]).read_all()
    assert rows[COUNT].to_pylist() == [7]
    with connect(run, "looking what is held") as connection:
        assert snapshots.list_held(connection) == {(TABLE, day) for day in (*DAYS, others)}


def test_what_killed_readers_left_behind_goes_after_a_week(run: Run) -> None:
    old, young = (run.home.scratch / f"read-{age}" for age in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "spine.arrows").write_text("somebody's rows")
    os.utime(old, (0, 0))
    features.read(run, pa.table({"customer_id": ["c1"], "as_of_date": [DAYS[0]]}), [COUNT]).read_all()
    assert spools(run.home.scratch) == [young]


@pytest.mark.parametrize(("spine", "names"), [([("c1", DAYS[0])], [COUNT]), (pa.table({"customer_id": ["c1"]}), COUNT)])
def test_what_is_no_table_and_no_list_of_names_is_refused(run: Run, spine: Any, names: Any) -> None:
    with pytest.raises(BadInputError, match="takes a pyarrow Table or RecordBatchReader and a list of names"):
        features.read(run, spine, names)
