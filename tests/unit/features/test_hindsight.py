"""Raw as it would be had everything been told at once: what a store without a second clock has."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from features.hindsight import Hindsight, copy_raw
from wellkept.landing import raw
from wellkept.landing.contract import ENTITIES
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

LAST = date(2026, 3, 31)
# Order, day it happened, day from which the version is known, amount, whether it says that the order is gone.
ORDERS = [
    ("told late", "2026-03-01", "2026-03-20", 10, False),
    ("corrected", "2026-03-01", "2026-03-02", 10, False),
    ("corrected", "2026-03-01", "2026-03-20", 30, False),
    ("corrected", "2026-03-01", "2026-04-20", 70, False),
    ("withdrawn", "2026-03-01", "2026-03-02", 10, False),
    ("withdrawn", "2026-03-01", "2026-03-20", 10, True),
    ("brought back", "2026-03-01", "2026-03-02", 10, False),
    ("brought back", "2026-03-01", "2026-03-10", 10, True),
    ("brought back", "2026-03-01", "2026-03-20", 40, False),
]


def add(connection: duckdb.DuckDBPyConnection, entity: str, known: str, gone: bool, **values: Any) -> None:
    own = {"source_system": "shop", "row_hash": "", "known_on": known, "is_known_on_assumed": False}
    row = {**own, "is_tombstone": gone, "loaded_on": known, "run_id": "r", **values}
    connection.execute(
        f"insert into raw.{entity} ({', '.join(row)}) values ({', '.join('?' * len(row))})", [*row.values()]
    )


def fill(run: Run) -> None:
    with connect(run, "filling raw") as connection:
        raw.create_tables(connection)
        for order, day, known, amount, gone in ORDERS:
            add(connection, "orders", known, gone, order_id=order, customer_id="c", ordered_at=day, total_amount=amount)
        add(
            connection,
            "order_lines",
            "2026-03-20",
            False,
            order_id="told late",
            line_number=1,
            quantity=1,
            unit_price=1,
        )
        add(connection, "products", "2026-03-20", False, product_id="p", category="toys")


def ask(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_without_lateness_each_row_is_known_the_day_after_it_happened_as_it_is_known_now(
    tmp_path: Path, run_of: Callable[..., Run]
) -> None:
    run = run_of(str(LAST))
    fill(run)
    copy_raw(run, tmp_path / "at_once.duckdb", Hindsight("lateness", LAST), 100)
    told = "known_on::varchar, loaded_on::varchar"
    rows = ask(
        tmp_path / "at_once.duckdb",
        f"select order_id, {told}, total_amount::int, is_tombstone from raw.orders order by all",
    )
    assert rows == [
        ("brought back", "2026-03-02", "2026-03-02", 40, False),
        ("corrected", "2026-03-02", "2026-03-02", 30, False),
        ("told late", "2026-03-02", "2026-03-20", 10, False),
        ("withdrawn", "2026-03-02", "2026-03-02", 10, False),
        ("withdrawn", "2026-03-20", "2026-03-20", 10, True),
    ]
    assert ask(tmp_path / "at_once.duckdb", f"select {told} from raw.order_lines") == [("2026-03-02", "2026-03-20")]
    assert ask(tmp_path / "at_once.duckdb", f"select {told} from raw.products") == [("2026-03-20", "2026-03-20")]


def test_without_later_events_a_column_may_come_true_late_days_after_the_day(
    tmp_path: Path, run_of: Callable[..., Run]
) -> None:
    run = run_of(str(LAST))
    with connect(run, "filling raw") as connection:
        raw.create_tables(connection)
        for day in ("2026-03-09", "2026-03-10", "2026-03-11"):
            add(
                connection,
                "orders",
                "2026-03-20",
                False,
                order_id=day,
                customer_id="c",
                ordered_at="2026-03-01",
                status="cancelled",
                cancelled_at=day,
            )
        add(connection, "orders", "2026-03-20", False, order_id="later", customer_id="c", ordered_at="2026-03-10")
    copy_raw(run, tmp_path / "before.duckdb", Hindsight("later events", date(2026, 3, 10), late_days=1), 100)
    rows = ask(tmp_path / "before.duckdb", "select order_id, status from raw.orders order by all")
    assert rows == [("2026-03-09", "cancelled"), ("2026-03-10", "cancelled"), ("2026-03-11", "completed")]


def test_every_entity_can_be_told_at_once(tmp_path: Path, run_of: Callable[..., Run]) -> None:
    run = run_of(str(LAST))
    fill(run)
    copy_raw(run, tmp_path / "at_once.duckdb", Hindsight("lateness", LAST), 100)
    tables = ask(tmp_path / "at_once.duckdb", "select table_name from duckdb_tables() where schema_name = 'raw'")
    assert {name for (name,) in tables} == set(ENTITIES)


def test_a_sample_keeps_what_names_nobody(run_of: Callable[..., Run], tmp_path: Path) -> None:
    run = run_of(str(LAST))
    with connect(run, "filling raw") as connection:
        raw.create_tables(connection)
        for number in range(100):
            own = {"order_id": f"o{number}", "ordered_at": "2026-03-01"}
            add(connection, "orders", "2026-03-02", False, customer_id=f"c{number}", **own)
        for customer in (None, *(f"c{number}" for number in range(100))):
            row = {"payment_id": f"of {customer}", "status": "failed", "attempted_at": "2026-03-01", "order_id": "o1"}
            add(connection, "payments", "2026-03-02", False, customer_id=customer, **row)
    copy_raw(run, tmp_path / "sample.duckdb", Hindsight("nothing removed"), 10)
    [(orders, payments, unnamed)] = ask(
        tmp_path / "sample.duckdb",
        "select (select count(*) from raw.orders), count(*), count(*) - count(customer_id) from raw.payments",
    )
    assert 0 < orders < 30
    assert (payments, unnamed) == (orders + 1, 1)


def test_lines_stay_with_any_version_of_their_order_that_is_left(run_of: Callable[..., Run], tmp_path: Path) -> None:
    run = run_of(str(LAST))
    with connect(run, "filling raw") as connection:
        raw.create_tables(connection)
        for order, day, known in (
            ("before", "2026-03-05", "2026-03-06"),
            ("moved", "2026-03-05", "2026-03-06"),
            ("moved", "2026-03-15", "2026-03-20"),
            ("after", "2026-03-15", "2026-03-16"),
        ):
            add(connection, "orders", known, False, order_id=order, customer_id="c", ordered_at=day)
            line = {"line_number": 1, "quantity": 1, "unit_price": 1}
            add(connection, "order_lines", known, False, order_id=order, **line)
    copy_raw(run, tmp_path / "cut.duckdb", Hindsight("later events", date(2026, 3, 10)), 1000)
    left = "select order_id, count(*) from raw.{} group by order_id order by order_id"
    assert ask(tmp_path / "cut.duckdb", left.format("orders")) == [("before", 1), ("moved", 1)]
    assert ask(tmp_path / "cut.duckdb", left.format("order_lines")) == [("before", 1), ("moved", 2)]
