"""What incremental and complete deliveries need of the load: rows that wait, rows that are gone, columns that are gone."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wellkept.deployment.errors import GateError
from wellkept.landing.contract import ENTITIES
from wellkept.landing.load import load_day
from wellkept.landing.loads import Missing, read_missing
from wellkept.landing.record import LandingRecord
from wellkept.landing.request import Request
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

pytestmark = pytest.mark.slow

MakeRun = Callable[..., Run]
ORDER = "select '{0}' as order_id, 'c' as customer_id, '{1}' as ordered_at, {2} as total_amount"
LINE = "select '{0}' as order_id, 1 as line_number, 1 as quantity, {1} as unit_price"
FIRST = ORDER.format("a", "2026-03-01", 1)
NO_ORDER = ORDER.format("", "2026-01-01", 0) + " where false"


def deliver(run: Run, is_complete: bool = False, **queries: str) -> dict[str, int]:
    """Load what the queries give, one an entity, as a source would deliver it."""
    write_delivery(run, is_complete, **queries)
    return load_day(run)


def write_delivery(run: Run, is_complete: bool = False, **queries: str) -> None:
    """The day's landing files."""
    folder = run.home.landing(run.as_of_date, "files")
    folder.mkdir(parents=True, exist_ok=True)
    with LandingRecord(Request("files", run.as_of_date, folder)) as record:
        for entity, query in queries.items():
            record.connection.execute(
                f"create or replace temp table staged as select *, row_number() over () as _line from ({query})"
            )
            record.connection.execute(
                "create or replace temp table unreadable (line bigint, reason varchar, raw_text varchar)"
            )
            record.keep_staged(ENTITIES[entity], entity, is_complete)
        (folder / "extract.json").write_text(json.dumps(record.finish()))


@pytest.fixture
def on(run_of: MakeRun, tmp_path: Path) -> Callable[..., Run]:
    """`on("2026-03-10")`: the run of that day, from one source."""
    return lambda day, **parameters: run_of(day, source=tmp_path, **parameters)


def query(run: Run, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(run.home.warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_what_was_delivered_early_is_loaded_on_its_day_though_it_is_never_delivered_again(on: MakeRun) -> None:
    both = (
        f"{ORDER.format('a', '2026-03-09', 5)} union all {ORDER.format('b', '2026-03-11 10:00', '12345678901234.5678')}"
    )
    lines = f"{LINE.format('a', 5)} union all {LINE.format('b', 7)}"
    deliver(on("2026-03-10"), orders=both, order_lines=lines)
    for day in ("2026-03-11", "2026-03-12", "2026-03-13"):
        deliver(run := on(day), orders=NO_ORDER, order_lines=f"{LINE.format('', 0)} where false")
    assert query(run, "select order_id, total_amount::varchar, known_on::varchar from raw.orders order by 1") == [
        ("a", "5.0000", "2026-03-10"),
        ("b", "12345678901234.5678", "2026-03-12"),
    ]
    assert query(run, "select order_id, known_on::varchar from raw.order_lines order by 1") == [
        ("a", "2026-03-10"),
        ("b", "2026-03-12"),
    ]
    assert query(run, "select as_of_date::varchar, rows_released from raw.loads where rows_released > 0") == [
        ("2026-03-12", 1),
        ("2026-03-12", 1),
    ]
    assert query(run, "select count(*) from raw.waiting") == [(0,)]
    assert query(run, "select count(*) from raw.quarantine") == [(0,)]


def test_of_a_row_that_waits_the_newest_delivery_counts(on: MakeRun) -> None:
    deliver(on("2026-03-10"), orders=f"{FIRST} union all {ORDER.format('b', '2026-03-11', 1)}")
    deliver(on("2026-03-11"), orders=ORDER.format("b", "2026-03-11", 2))
    deliver(run := on("2026-03-12"), orders=NO_ORDER)
    assert query(run, "select total_amount::integer from raw.orders where order_id = 'b'") == [(2,)]


def test_lines_that_come_after_their_early_order_wait_with_it(on: MakeRun) -> None:
    deliver(on("2026-03-10"), orders=f"{FIRST} union all {ORDER.format('b', '2026-03-11 10:00', 1)}")
    deliver(on("2026-03-11"), orders=NO_ORDER, order_lines=LINE.format("b", 7))
    deliver(run := on("2026-03-12"), orders=NO_ORDER, order_lines=f"{LINE.format('', 0)} where false")
    assert query(run, "select order_id, known_on from raw.order_lines") == [("b", date(2026, 3, 12))]


def test_a_day_loaded_again_finds_what_waited_before_it(on: MakeRun) -> None:
    deliver(on("2026-03-10"), orders=f"{FIRST} union all {ORDER.format('b', '2026-03-11', 1)}")
    deliver(on("2026-03-12"), orders=NO_ORDER)
    deliver(run := on("2026-03-12", is_re_extract=True), orders=NO_ORDER)
    assert query(run, "select order_id from raw.orders order by 1") == [("a",), ("b",)]


def test_a_row_that_vanished_from_a_complete_delivery_gets_a_tombstone_and_may_come_back(on: MakeRun) -> None:
    two = "select * from (values ('p', 'Pot'), ('q', 'Pan')) as rows (product_id, name)"
    for day, name in (("2026-03-10", "Pan"), ("2026-03-11", ""), ("2026-03-12", ""), ("2026-03-13", "Pan")):
        rows = two if name else f"{two} where product_id = 'p'"
        deliver(run := on(day), is_complete=True, orders=ORDER.format("a", "2026-03-09", 1), products=rows)
    assert query(
        run, "select name, is_tombstone, known_on::varchar from raw.products where product_id = 'q' order by 3"
    ) == [
        ("Pan", False, "2026-03-10"),
        (None, True, "2026-03-11"),
        ("Pan", False, "2026-03-13"),
    ]
    assert query(run, "select as_of_date::varchar from raw.loads where rows_vanished > 0") == [("2026-03-11",)]


def test_a_row_in_quarantine_is_not_gone(on: MakeRun) -> None:
    good = ORDER.format("a", "2026-03-09", "'1'")
    deliver(on("2026-03-10"), is_complete=True, orders=good)
    bad = ORDER.format("a", "2026-03-09", "'n/a'")
    deliver(run := on("2026-03-11", max_quarantined_share=1.0), is_complete=True, orders=bad)
    assert query(run, "select is_tombstone from raw.orders") == [(False,)]


def test_a_table_that_is_suddenly_empty_stops_the_day_and_can_be_accepted(on: MakeRun) -> None:
    deliver(on("2026-03-10"), is_complete=True, orders=ORDER.format("a", "2026-03-09", 1))
    with pytest.raises(GateError, match="orders for 2026-03-11 from source files: 1 of 1 rows are no longer there"):
        deliver(on("2026-03-11"), is_complete=True, orders=NO_ORDER)
    deliver(run := on("2026-03-11", max_vanished_share=1.0), is_complete=True, orders=NO_ORDER)
    assert query(run, "select is_tombstone from raw.orders order by loaded_on") == [(False,), (True,)]


def test_a_column_that_is_no_longer_delivered_stops_the_day_and_can_be_accepted(on: MakeRun) -> None:
    deliver(on("2026-03-10"), orders=ORDER.format("a", "2026-03-09", 1))
    without = "select 'b' as order_id, 'c' as customer_id, '2026-03-10' as ordered_at"
    with pytest.raises(GateError, match=r"column total_amount is no longer delivered \(it was on 2026-03-10\)"):
        deliver(on("2026-03-11"), orders=without)
    deliver(on("2026-03-11", accept_missing_columns="orders.total_amount"), orders=without)
    deliver(run := on("2026-03-12"), orders=without)
    assert query(run, "select total_amount is null from raw.orders order by order_id") == [(False,), (True,)]


def test_an_entity_that_comes_no_more_is_missing_until_it_comes_or_is_done_without(on: MakeRun) -> None:
    lines = LINE.format("a", 2)
    deliver(on("2026-03-10"), orders=FIRST, order_lines=lines)
    deliver(on("2026-03-11"), orders=NO_ORDER, order_lines=f"{lines} where false")
    assert missing(on("2026-03-11")) == []
    deliver(later := on("2026-03-12"), orders=NO_ORDER)
    assert missing(later) == [Missing("files", "order_lines", date(2026, 3, 11))]
    assert missing(on("2026-03-11")) == []
    assert missing(on("2026-03-12", accept_missing_columns="order_lines.*")) == []
    deliver(on("2026-03-13"), orders=NO_ORDER, order_lines=lines)
    assert missing(on("2026-03-13")) == []


def missing(run: Run) -> list[Missing]:
    with connect(run, "looking what is missing") as connection:
        return read_missing(connection, run)


def test_an_empty_delivery_tells_nothing_of_columns(on: MakeRun) -> None:
    deliver(on("2026-03-10"), orders=ORDER.format("a", "2026-03-09", 1))
    empty = "select 'b' as order_id, 'c' as customer_id, '2026-03-10' as ordered_at where false"
    deliver(on("2026-03-11"), orders=empty)
    with pytest.raises(GateError, match="it was on 2026-03-10"):
        deliver(on("2026-03-12"), orders=empty.removesuffix("where false"))


def test_what_waited_and_is_not_in_a_complete_delivery_is_gone_before_its_day(on: MakeRun) -> None:
    kept = ORDER.format("a", "2026-03-09", 1)
    deliver(on("2026-03-10"), is_complete=True, orders=f"{kept} union all {ORDER.format('b', '2026-03-11', 1)}")
    for day in ("2026-03-11", "2026-03-12"):
        deliver(run := on(day), is_complete=True, orders=kept)
    assert query(run, "select order_id from raw.orders") == [("a",)]


def test_without_a_single_order_nothing_is_loaded(on: MakeRun) -> None:
    with pytest.raises(GateError, match="orders for 2026-03-10: no source has brought a single order"):
        deliver(on("2026-03-10"), orders=NO_ORDER)
    with pytest.raises(GateError, match="before the day"):
        deliver(on("2026-03-10"), orders=ORDER.format("b", "2026-03-11", 1))


def test_a_row_that_waits_is_judged_when_it_comes(on: MakeRun) -> None:
    from expectations.gate import check_landing

    late = f"{FIRST} union all {ORDER.format('b', '2026-03-11', '-1')}"
    run = on("2026-03-10", max_quarantined_share=1.0)
    write_delivery(run, orders=late)
    check_landing(run)
    load_day(run)
    deliver(on("2026-03-12"), orders=NO_ORDER)
    assert query(run, "select order_id from raw.orders") == [("a",)]
    assert query(run, "select entity, reason from raw.quarantine") == [
        ("orders", "breaks the rule: total_amount is at least 0")
    ]
