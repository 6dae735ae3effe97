"""The company's books agree with each other, and from day to day."""

from datetime import date, datetime, time, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from wellkept.demo.books import DUPLICATED, KEYS, Books
from wellkept.demo.company import Charter, found
from wellkept.demo.truth import FIRST_DAY, LAST_DAY
from wellkept.deployment.errors import BadInputError
from wellkept.landing.contract import ENTITIES

Rows = dict[tuple[Any, ...], list[dict[str, Any]]]


def the_value(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """The one number a query gives."""
    (value,) = connection.execute(query).fetchall()[0]
    return float(value)


def all_tables(books: Books) -> dict[str, pa.Table]:
    return {**books.shop, **books.crm}


def by_key(name: str, table: pa.Table) -> Rows:
    rows: Rows = {}
    for row in table.to_pylist():
        rows.setdefault(tuple(row[column] for column in KEYS.get(name, ("id",))), []).append(row)
    return rows


@pytest.mark.parametrize(
    "day",
    [date(2023, 12, 4), date(2024, 5, 5), date(2024, 11, 3), date(2025, 1, 1)],
    ids=str,
)
def test_a_day_adds_rows_and_changes_some_and_leaves_all_others(day: date) -> None:
    charter = Charter(customers=200)
    before, after = all_tables(found(charter, day)), all_tables(found(charter, day + timedelta(days=1)))
    start, end = datetime.combine(day, time()), datetime.combine(day + timedelta(days=1), time())
    touched = 0
    for name in before:
        assert before[name].schema == after[name].schema, name
        old, new = by_key(name, before[name]), by_key(name, after[name])
        assert set(old) <= set(new), name
        assert all(row["updated_at"] < start for rows in old.values() for row in rows), name
        for key, rows in new.items():
            if rows != old.get(key):
                touched += 1
                assert any(start <= at < end for at in (rows[0]["updated_at"], rows[0].get("archived_at")) if at), name
    assert touched > 0


def test_nothing_is_changed_or_written_on_the_last_day_or_later(books: Books) -> None:
    for name, table in all_tables(books).items():
        for column in table.schema:
            if pa.types.is_timestamp(column.type):
                late = [at for at in table[column.name].to_pylist() if at and at >= datetime.combine(LAST_DAY, time())]
                assert not late, f"{name}.{column.name}"


def test_keys_hold_but_for_exact_duplicates(books: Books) -> None:
    for name, table in all_tables(books).items():
        rows = by_key(name, table)
        assert all(one == same[0] for same in rows.values() for one in same), name
        assert (len(rows) < len(table)) == (name in DUPLICATED), name


def test_the_shop_has_the_contracts_columns_and_updated_at(books: Books) -> None:
    for name, table in books.shop.items():
        others = {"also_known_as"}  # the CRM's to say
        assert set(table.column_names) - {"loyalty_note"} == {*ENTITIES[name].column_names, "updated_at"} - others, name


def test_crm_properties_are_text_and_objects_have_ids_of_digits(books: Books) -> None:
    own = {"id", "created_at", "updated_at", "archived", "archived_at"}
    for name, table in books.crm.items():
        assert own < set(table.column_names), name
        assert all(one.isdigit() for one in table["id"].to_pylist()), name
        assert all(column.type == pa.string() for column in table.schema if column.name not in own - {"id"}), name


@pytest.mark.parametrize(
    ("child", "key", "parent", "parent_key"),
    [
        ("orders", "customer_id", "customers", "customer_id"),
        ("order_lines", "order_id", "orders", "order_id"),
        ("order_lines", "product_id", "products", "product_id"),
        ("payments", "order_id", "orders", "order_id"),
        ("refunds", "order_id", "orders", "order_id"),
        ("interactions", "customer_id", "customers", "customer_id"),
        ("interactions", "campaign_id", "campaigns", "campaign_id"),
        ("customers", "acquisition_campaign", "campaigns", "campaign_id"),
        ("sessions", "customer_id", "customers", "customer_id"),
        ("loyalty_events", "customer_id", "customers", "customer_id"),
        ("contacts", "customer_id", "customers", "customer_id"),
        ("contacts", "company_id", "companies", "id"),
        ("deals", "contact_id", "contacts", "id"),
        ("deals", "campaign_id", "campaigns", "campaign_id"),
        ("tickets", "contact_id", "contacts", "id"),
        ("calls", "contact_id", "contacts", "id"),
        ("calls", "campaign_id", "campaigns", "campaign_id"),
        ("emails", "contact_id", "contacts", "id"),
        ("meetings", "contact_id", "contacts", "id"),
        ("feedback_submissions", "contact_id", "contacts", "id"),
        ("subscriptions", "contact_id", "contacts", "id"),
        ("subscriptions", "renews_subscription_id", "subscriptions", "id"),
    ],
)
def test_every_reference_is_found(
    tables: duckdb.DuckDBPyConnection, child: str, key: str, parent: str, parent_key: str
) -> None:
    lost = f"select count(*) from {child} where {key} is not null and {key} not in (select {parent_key} from {parent})"
    assert the_value(tables, lost) == 0
    assert the_value(tables, f"select count({key}) from {child}") > 0


def test_payments_of_subscriptions_name_them_as_they_land(tables: duckdb.DuckDBPyConnection) -> None:
    lost = (
        "select count(*) from payments where order_id is null"
        " and subscription_id not in (select 'hubspot-subscription-' || id from subscriptions)"
    )
    assert the_value(tables, lost) == 0
    assert the_value(tables, "select count(subscription_id) from payments") > 50


@pytest.mark.parametrize(
    ("table", "event", "later"),
    [
        ("orders", "ordered_at", "cancelled_at"),
        ("orders", "ordered_at", "updated_at"),
        ("customers", "created_at", "deleted_at"),
        ("tickets", "createdate", "first_agent_reply_date"),
        ("tickets", "first_agent_reply_date", "closed_date"),
        ("deals", "createdate", "closedate"),
        ("subscriptions", "started_at", "period_end_at"),
        ("subscriptions", "started_at", "cancelled_at"),
        ("contacts", "created_at", "archived_at"),
    ],
)
def test_what_follows_comes_later(tables: duckdb.DuckDBPyConnection, table: str, event: str, later: str) -> None:
    assert the_value(tables, f"select count({later}) from {table}") > 0
    assert the_value(tables, f"select count(*) from {table} where {later} < {event}") == 0


def test_amounts_add_up_to_the_cent(tables: duckdb.DuckDBPyConnection) -> None:
    wrong = """
        with baskets as (
            select order_id, sum(quantity * unit_price - discount_amount) as net, sum(discount_amount) as discount
            from order_lines group by order_id
        )
        select count(*) from orders left join baskets using (order_id)
        where (total_amount = net + shipping_amount and discount_amount = discount) is not true
    """
    assert the_value(tables, wrong) == 0
    assert (
        the_value(tables, "select count(*) from refunds join orders using (order_id) where amount > total_amount") == 0
    )


def test_points_never_fall_below_zero(tables: duckdb.DuckDBPyConnection) -> None:
    lowest = """
        select min(balance) from (
            select sum(points) over (partition by customer_id order by occurred_at, points desc) as balance
            from loyalty_events
        )
    """
    assert the_value(tables, lowest) == 0
    assert the_value(tables, "select count(distinct kind) from loyalty_events") == 4


def test_too_small_a_company_is_refused() -> None:
    with pytest.raises(BadInputError, match="at least 200 customers"):
        found(Charter(customers=10), LAST_DAY)
    with pytest.raises(BadInputError, match="after 2023-11-20"):
        found(Charter(), FIRST_DAY)
