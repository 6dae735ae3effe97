"""What late rows make of held snapshots: whom they touch, on which days, and when everybody."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import duckdb
import pytest

from features import snapshots
from features.repair import Repairs, find_repairs
from wellkept.landing import raw
from wellkept.landing.contract import ENTITIES
from wellkept.runs.run import Run

ORDERS, LABEL = "feature_customer__orders", "label_customer__purchase_churn"
HASHES = {ORDERS: "one", LABEL: "one"}
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 9)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Orders of three customers, and a ticket of one, loaded on 1 March; snapshots of 2 and 9 March."""
    with duckdb.connect() as connection:
        raw.create_tables(connection)
        for table in HASHES:
            connection.execute(f"create schema if not exists {snapshots.schema_of(table)}")
            connection.execute(f"create table {snapshots.schema_of(table)}.{table} (customer_id text, as_of_date date)")
        for number in (1, 2, 3):
            land(
                connection,
                "orders",
                "2026-01-05",
                "2026-03-01",
                order_id=f"o{number}",
                customer_id=f"c{number}",
                ordered_at="2026-01-04",
            )
        land(
            connection, "tickets", "2026-01-05", "2026-03-01", ticket_id="t1", customer_id="c1", opened_at="2026-01-04"
        )
        yield connection


def land(
    connection: duckdb.DuckDBPyConnection,
    entity: str,
    known_on: str,
    loaded_on: str,
    source: str = "shop",
    **values: object,
) -> None:
    """One row version, and its load."""
    row = {
        "source_system": source, "row_hash": "h", "known_on": known_on, "loaded_on": loaded_on, "run_id": "r",
        "is_known_on_assumed": False, "is_tombstone": False, **values,
    }  # fmt: skip
    connection.execute(
        f"insert into raw.{entity} ({', '.join(row)}) values ({', '.join(f'${name}' for name in row)})", row
    )
    note_load(connection, entity, loaded_on, source)


def note_load(
    connection: duckdb.DuckDBPyConnection, entity: str, day: str, source: str = "shop", run_id: str = "r"
) -> None:
    connection.execute(
        "insert or replace into raw.loads values (?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', '[]')",
        [day, source, entity, run_id],
    )


def build(connection: duckdb.DuckDBPyConnection, run: Run, *days: date) -> None:
    snapshots.note_built(connection, run, HASHES, days, snapshots.look_at_loads(connection))


def touched(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, date]]:
    return set(connection.execute("select customer_id, as_of_date from features.touched").fetchall())


@pytest.fixture
def repairs_after(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> Callable[[Callable[[], None]], Repairs]:
    """What is to be repaired after what a test does to a store that holds 2 and 9 March."""

    def find(happen: Callable[[], None]) -> Repairs:
        run = run_of("2026-03-10")
        build(connection, run, FIRST, LAST)
        happen()
        return find_repairs(connection, run, HASHES)

    return find


RepairsAfter = Callable[[Callable[[], None]], Repairs]


def test_a_daily_load_touches_nothing_and_is_seen_from_then_on(
    connection: duckdb.DuckDBPyConnection, repairs_after: RepairsAfter, run_of: Callable[..., Run]
) -> None:
    def happen() -> None:
        land(connection, "orders", "2026-03-10", "2026-03-10", order_id="o9", customer_id="c1", ordered_at="2026-03-09")

    assert repairs_after(happen) == Repairs(loads_seen=2)
    assert find_repairs(connection, run_of("2026-03-10"), HASHES) == Repairs(loads_seen=2)
    assert connection.execute("select distinct loads_seen from features.snapshots").fetchall() == [(2,)]


def test_a_late_row_touches_its_customer_from_the_day_it_was_known(
    connection: duckdb.DuckDBPyConnection, repairs_after: RepairsAfter
) -> None:
    def happen() -> None:
        land(connection, "orders", "2026-03-05", "2026-03-10", order_id="o9", customer_id="c2", ordered_at="2026-03-04")

    repairs = repairs_after(happen)
    assert repairs.touched == {ORDERS: [LAST]}
    assert repairs.whole == {LABEL: [LAST]}, "labels are rebuilt for everybody"
    assert touched(connection) == {("c2", LAST)}


def test_a_row_that_changes_hands_touches_both(
    connection: duckdb.DuckDBPyConnection, repairs_after: RepairsAfter
) -> None:
    def happen() -> None:
        land(connection, "orders", "2026-03-05", "2026-03-10", order_id="o1", customer_id="c3", ordered_at="2026-01-04")

    repairs_after(happen)
    assert touched(connection) == {("c1", LAST), ("c3", LAST)}


def test_what_has_no_customer_touches_the_owner_of_what_it_hangs_on(
    connection: duckdb.DuckDBPyConnection, repairs_after: RepairsAfter
) -> None:
    def happen() -> None:
        land(
            connection,
            "order_lines",
            "2026-01-05",
            "2026-03-10",
            order_id="o2",
            line_number=1,
            quantity=1,
            unit_price=1,
        )

    repairs_after(happen)
    assert touched(connection) == {("c2", FIRST), ("c2", LAST)}


def test_an_order_touches_whose_refund_hangs_on_it(
    connection: duckdb.DuckDBPyConnection, repairs_after: RepairsAfter
) -> None:
    land(
        connection,
        "refunds",
        "2026-01-06",
        "2026-03-01",
        refund_id="r",
        customer_id="c3",
        order_id="o8",
        refunded_at="2026-01-05",
        amount=1,
    )

    def happen() -> None:
        land(connection, "orders", "2026-01-05", "2026-03-10", order_id="o8", customer_id="c1", ordered_at="2026-01-04")

    repairs_after(happen)
    assert {customer for customer, _ in touched(connection)} == {"c1", "c3"}


def test_a_record_of_a_person_touches_all_who_may_be_that_person(
    connection: duckdb.DuckDBPyConnection, repairs_after: RepairsAfter
) -> None:
    land(connection, "customers", "2026-01-05", "2026-03-01", customer_id="c1", email="Ann@x.org")
    land(connection, "customers", "2026-01-05", "2026-03-01", customer_id="c2", email="bob@x.org")

    def happen() -> None:
        land(connection, "customers", "2026-01-05", "2026-03-10", source="crm", customer_id="p1", email=" ann@X.org ")
        land(connection, "customers", "2026-03-05", "2026-03-10", source="crm", customer_id="p2", also_known_as="p1")

    repairs_after(happen)
    assert touched(connection) == {(customer, day) for customer in ("c1", "p1", "p2") for day in (FIRST, LAST)}


def test_the_first_that_is_told_of_an_entity_changes_the_day_for_everybody(
    connection: duckdb.DuckDBPyConnection, repairs_after: RepairsAfter
) -> None:
    def happen() -> None:
        land(
            connection,
            "surveys",
            "2026-03-05",
            "2026-03-10",
            response_id="s",
            customer_id="c1",
            responded_at="2026-03-04",
            survey="nps",
            score=1,
        )
        land(
            connection,
            "tickets",
            "2026-03-01",
            "2026-03-10",
            source="crm",
            ticket_id="t9",
            customer_id="c2",
            opened_at="2026-02-28",
        )

    repairs = repairs_after(happen)
    assert repairs.whole[ORDERS] == [LAST], "tickets were known before"
    assert repairs.touched == {ORDERS: [FIRST]}
    assert touched(connection) == {("c2", FIRST)}


def test_a_load_that_was_replaced_changes_the_days_after_the_load_before_it(
    connection: duckdb.DuckDBPyConnection, repairs_after: RepairsAfter
) -> None:
    note_load(connection, "orders", "2026-03-03")
    land(connection, "orders", "2026-03-05", "2026-03-05", order_id="o5", customer_id="c1", ordered_at="2026-03-04")

    def happen() -> None:
        connection.execute("update raw.orders set run_id = 'again' where loaded_on = '2026-03-05'")
        note_load(connection, "orders", "2026-03-05", run_id="again")

    assert repairs_after(happen).whole[ORDERS] == [LAST], "the load before it was of 3 March"


def test_orders_of_a_shop_with_several_currencies_change_the_day_for_everybody(
    connection: duckdb.DuckDBPyConnection, repairs_after: RepairsAfter
) -> None:
    connection.execute("update raw.orders set currency = 'EUR'")

    def happen() -> None:
        land(
            connection,
            "orders",
            "2026-03-05",
            "2026-03-10",
            order_id="o9",
            customer_id="c2",
            ordered_at="2026-03-04",
            currency="USD",
        )

    assert repairs_after(happen).whole[ORDERS] == [LAST]


@pytest.mark.parametrize(("known_on", "expected"), [("2026-03-04", [FIRST]), ("2026-03-05", [])])
def test_a_final_label_is_rebuilt_for_what_was_known_by_the_end_of_its_horizon(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run], known_on: str, expected: list[date]
) -> None:
    run = run_of("2026-03-10", horizon_days=1, late_days=1)
    build(connection, run, FIRST)
    land(connection, "orders", known_on, "2026-03-11", order_id="o9", customer_id="c2", ordered_at="2026-03-03")
    assert find_repairs(connection, run, HASHES).whole.get(LABEL, []) == expected


def test_each_label_is_final_when_its_own_outcome_is_known(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    run = run_of("2026-03-10", horizon_days=1, subscription_horizon_days=1, restart_days=1, late_days=1)
    of_subscriptions = "label_customer__subscription_churn"
    connection.execute(f"create table labels.{of_subscriptions} (customer_id text, as_of_date date)")
    hashes = {LABEL: "one", of_subscriptions: "one"}
    snapshots.note_built(connection, run, hashes, [FIRST], snapshots.look_at_loads(connection))
    land(connection, "orders", "2026-03-05", "2026-03-11", order_id="o9", customer_id="c2", ordered_at="2026-03-03")
    assert find_repairs(connection, run, hashes).whole == {of_subscriptions: [FIRST]}


def test_days_after_the_run_are_left_for_a_later_one(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    build(connection, run_of("2026-03-10"), FIRST, LAST)
    land(
        connection,
        "orders",
        "2026-01-05",
        "2026-03-10",
        source="crm",
        order_id="o9",
        customer_id="c2",
        ordered_at="2026-01-04",
    )
    assert find_repairs(connection, run_of("2026-03-03"), HASHES).touched == {ORDERS: [FIRST]}
    assert find_repairs(connection, run_of("2026-03-10"), HASHES).touched == {ORDERS: [FIRST, LAST]}, (
        "killed before it was noted"
    )


@pytest.mark.parametrize("is_dropped", [False, True])
def test_another_definition_and_a_lost_table_are_built_anew(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run], is_dropped: bool
) -> None:
    run = run_of("2026-03-10")
    build(connection, run, FIRST, LAST, LAST + timedelta(days=2))
    if is_dropped:
        connection.execute(f"drop table features.{ORDERS}")
    repairs = find_repairs(connection, run, HASHES if is_dropped else {**HASHES, ORDERS: "two"})
    assert repairs.redefined == {ORDERS: [FIRST, LAST]}
    assert connection.execute("select count(*) from duckdb_tables() where table_name = ?", [ORDERS]).fetchone() == (0,)


@pytest.mark.parametrize("now", [HASHES, {**HASHES, ORDERS: "two"}])
def test_a_rebuild_that_was_killed_is_begun_again_by_whatever_the_definition_is_then(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run], now: dict[str, str]
) -> None:
    run = run_of("2026-03-10")
    build(connection, run, FIRST, LAST)
    find_repairs(connection, run, {**HASHES, ORDERS: "two"})
    connection.execute(f"create table features.{ORDERS} as select 'c1' as customer_id, date '{LAST}' as as_of_date")
    assert find_repairs(connection, run, now).redefined == {ORDERS: [FIRST, LAST]}, "dbt had made the table by `two`"
    assert connection.execute("select count(*) from duckdb_tables() where table_name = ?", [ORDERS]).fetchone() == (0,)


def test_a_table_of_which_no_day_is_noted_is_made_anew(
    connection: duckdb.DuckDBPyConnection, run_of: Callable[..., Run]
) -> None:
    assert find_repairs(connection, run_of("2026-03-10"), HASHES) == Repairs(loads_seen=1)
    assert connection.execute("select count(*) from duckdb_tables() where table_name = ?", [ORDERS]).fetchone() == (0,)


def test_a_payment_touches_who_failed_to_pay_the_same(
    connection: duckdb.DuckDBPyConnection, repairs_after: RepairsAfter
) -> None:
    def pay(payment: str, customer: str, known_on: str, loaded_on: str, **values: object) -> None:
        row = {"payment_id": payment, "customer_id": customer, "attempted_at": "2026-01-04", **values}
        land(connection, "payments", known_on, loaded_on, **row)

    pay("p1", "c1", "2026-01-05", "2026-03-01", status="failed", order_id="not told")
    pay("p2", "c2", "2026-01-05", "2026-03-01", status="failed", order_id="another")

    def happen() -> None:
        pay("p3", "c3", "2026-01-06", "2026-03-10", status="paid", order_id="not told")

    repairs_after(happen)
    assert {customer for customer, _ in touched(connection)} == {"c1", "c3"}


def test_every_entity_can_be_traced_to_customers(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    from features.touched import write_touched

    snapshots.look_at_loads(connection)
    assert write_touched(connection, {FIRST: 0}, ENTITIES) == 3
