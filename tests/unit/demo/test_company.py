"""The demo company keeps the landing contract, its books agree with each other, and its past never moves."""

from pathlib import Path

import duckdb
import pytest

from wellkept.demo.company import Founded, write_landing
from wellkept.demo.truth import FIRST_DAY, LAST_DAY
from wellkept.errors import BadInputError
from wellkept.landing.contract import ENTITIES

EVENTS = {
    "orders": ("ordered_at", "order_id"),
    "customers": ("created_at", "customer_id"),
    "refunds": ("refunded_at", "refund_id"),
    "payments": ("attempted_at", "payment_id"),
}
CHANGING = {
    "orders": "status, cancelled_at, channel, updated_at",
    "customers": "email, first_name, last_name, phone, birth_date, country, city, consent_email, consent_sms,"
    " consent_push, updated_at, deleted_at",
}


def the_value(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """The one number a query gives."""
    (value,) = connection.execute(query).fetchall()[0]
    return float(value)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (write_landing(tmp_path / name, seed=3, customers=300) for name in ("one", "two"))
    other = write_landing(tmp_path / "other", seed=4, customers=300)
    for file in sorted(one.folder.iterdir()):
        assert file.read_bytes() == (two.folder / file.name).read_bytes(), file.name
        assert file.read_bytes() != (other.folder / file.name).read_bytes(), file.name


@pytest.mark.parametrize("entity", ["orders", "customers", "order_lines", "products", "refunds", "payments"])
def test_every_contract_column_is_there(books: duckdb.DuckDBPyConnection, entity: str) -> None:
    columns = set(books.table(entity).columns)
    assert columns - {"loyalty_note"} == set(ENTITIES[entity].column_names) - {"subscription_id"}
    assert ("loyalty_note" in columns) == (entity == "customers")


@pytest.mark.parametrize("entity", EVENTS)
def test_events_lie_on_or_after_the_first_day_and_before_the_last(
    books: duckdb.DuckDBPyConnection, entity: str
) -> None:
    event, _ = EVENTS[entity]
    assert (
        the_value(
            books,
            f"select count(*) from {entity}"
            f" where {event} < timestamp '{FIRST_DAY}' or {event} >= timestamp '{LAST_DAY}'",
        )
        == 0
    )


@pytest.mark.parametrize(
    ("entity", "column"),
    [("orders", "cancelled_at"), ("orders", "updated_at"), ("customers", "updated_at"), ("customers", "deleted_at")],
)
def test_changes_follow_their_event_and_are_known_by_the_last_day(
    books: duckdb.DuckDBPyConnection, entity: str, column: str
) -> None:
    event, _ = EVENTS[entity]
    assert the_value(books, f"select count({column}) from {entity}") > 0
    assert (
        the_value(
            books, f"select count(*) from {entity} where {column} < {event} or {column} >= timestamp '{LAST_DAY}'"
        )
        == 0
    )


@pytest.mark.parametrize("entity", ENTITIES)
def test_keys_are_unique_and_counted(company: Founded, books: duckdb.DuckDBPyConnection, entity: str) -> None:
    key = ", ".join(ENTITIES[entity].key)
    assert the_value(books, f"select count(*) from (select distinct {key} from {entity})") == company.rows[entity]
    assert the_value(books, f"select count(*) from {entity}") == company.rows[entity]


@pytest.mark.parametrize(
    ("child", "key", "parent"),
    [
        ("orders", "customer_id", "customers"),
        ("order_lines", "order_id", "orders"),
        ("order_lines", "product_id", "products"),
        ("orders", "order_id", "order_lines"),
        ("payments", "order_id", "orders"),
        ("refunds", "order_id", "orders"),
    ],
)
def test_every_reference_is_found(books: duckdb.DuckDBPyConnection, child: str, key: str, parent: str) -> None:
    assert the_value(books, f"select count(*) from {child} anti join {parent} using ({key})") == 0


def test_amounts_add_up_to_the_cent(books: duckdb.DuckDBPyConnection) -> None:
    wrong = """
        with baskets as (
            select order_id, sum(quantity * unit_price - discount_amount) as net, sum(discount_amount) as discount
            from order_lines group by order_id
        )
        select count(*) from orders join baskets using (order_id)
        where total_amount <> net + shipping_amount or discount_amount <> discount
    """
    assert the_value(books, wrong) == 0
    assert (
        the_value(books, "select count(*) from refunds join orders using (order_id) where amount > total_amount") == 0
    )


def test_nobody_orders_before_joining_or_after_deleting(books: duckdb.DuckDBPyConnection) -> None:
    assert (
        the_value(
            books,
            "select count(*) from orders join customers using (customer_id)"
            " where ordered_at < created_at or ordered_at > deleted_at",
        )
        == 0
    )


@pytest.mark.parametrize("entity", EVENTS)
def test_a_later_last_day_leaves_the_past_as_it_was_but_for_updates(
    company_later: Founded, books: duckdb.DuckDBPyConnection, books_later: duckdb.DuckDBPyConnection, entity: str
) -> None:
    event, key = EVENTS[entity]
    columns = f"* exclude ({CHANGING[entity]})" if entity in CHANGING else "*"
    before = books.sql(f"select {columns} from {entity} order by {key}").fetchall()
    after = books_later.sql(
        f"select {columns} from {entity} where {event} < timestamp '{LAST_DAY}' order by {key}"
    ).fetchall()
    assert before == after
    assert company_later.rows[entity] > len(before)


@pytest.mark.parametrize("entity", CHANGING)
def test_what_a_later_last_day_updates_has_a_later_updated_at(
    books: duckdb.DuckDBPyConnection, books_later: duckdb.DuckDBPyConnection, entity: str
) -> None:
    _, key = EVENTS[entity]
    before = {row[0]: row for row in books.sql(f"select {key}, * from {entity}").fetchall()}
    position = books.table(entity).columns.index("updated_at") + 1
    changed = [
        row for row in books_later.sql(f"select {key}, * from {entity}").fetchall() if before.get(row[0], row) != row
    ]
    assert changed
    assert all(row[position].date() >= LAST_DAY for row in changed)


def test_too_small_a_company_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="at least 200 customers"):
        write_landing(tmp_path, customers=10)
    with pytest.raises(BadInputError, match="after 2023-11-20"):
        write_landing(tmp_path, last_day=FIRST_DAY)
