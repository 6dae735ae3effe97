"""The shop's books in PostgreSQL: written whole the first time, and only where they differ after that."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from databases import Database

from wellkept.demo.books import KEYS
from wellkept.demo.postgres import reader_of, shop_entities, write_shop
from wellkept.deployment.connections import connections_given
from wellkept.landing.request import LastRead, Request
from wellkept.sources.postgres import PostgresSource, read_postgres
from wellkept.sources.postgres.reading import read_as

pytestmark = pytest.mark.slow

START = datetime.fromisoformat("2026-03-01T10:00")
DAY = date(2026, 3, 10)


def books(**shop: list[dict[str, Any]]) -> Any:
    return SimpleNamespace(today=DAY, shop={name: table(rows) for name, rows in shop.items()}, crm={})


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows)


def order(number: int, status: str = "completed", written: datetime = START) -> dict[str, Any]:
    return {
        "order_id": f"o{number}",
        "customer_id": "c1",
        "ordered_at": START,
        "status": status,
        "total_amount": Decimal("10.5000"),
        "updated_at": written,
    }


def payment(number: int) -> dict[str, Any]:
    return {"payment_id": f"p{number}", "status": "paid", "attempted_at": START, "updated_at": START}


def test_the_first_time_everything_is_written_with_keys_and_an_index(database: Database) -> None:
    written = write_shop(database.uri, books(orders=[order(1), order(2)], payments=[payment(1), payment(1)]))
    assert written == {"orders": (2, 0), "payments": (2, 0)}
    assert database.execute("select order_id, total_amount, ordered_at at time zone 'UTC' from orders order by 1") == (
        "o1|10.5000|2026-03-01 10:00:00\no2|10.5000|2026-03-01 10:00:00"
    )
    indexes = database.execute(
        "select tablename || ' ' || indexdef from pg_indexes where schemaname = 'public' order by 1"
    )
    assert [line.partition(" USING ")[2] for line in indexes.splitlines()] == [
        "btree (updated_at)",
        "btree (order_id)",
        "btree (updated_at)",
    ]


def test_afterwards_only_what_differs_is_touched(database: Database) -> None:
    write_shop(database.uri, books(orders=[order(1), order(2)], payments=[payment(1)]))
    versions = "select order_id, ctid, xmin from orders where order_id = 'o2'"
    untouched = database.execute(versions)
    later = START + timedelta(days=1)
    again = books(orders=[order(1, "cancelled", later), order(2), order(3)], payments=[payment(1), payment(2)])
    assert write_shop(database.uri, again) == {"orders": (1, 1), "payments": (1, 0)}
    assert database.execute(versions) == untouched
    assert database.execute("select status from orders order by order_id") == "cancelled\ncompleted\ncompleted"
    assert write_shop(database.uri, again) == {"orders": (0, 0), "payments": (0, 0)}


def test_rows_held_twice_are_counted_not_collapsed(database: Database) -> None:
    write_shop(database.uri, books(payments=[payment(1)]))
    assert write_shop(database.uri, books(payments=[payment(1), payment(1)])) == {"payments": (1, 0)}
    assert write_shop(database.uri, books(payments=[payment(1), payment(1)])) == {"payments": (0, 0)}
    assert database.execute("select count(*) from payments") == "2"


def test_a_write_that_fails_leaves_the_shop_as_it_was(database: Database) -> None:
    write_shop(database.uri, books(orders=[order(1)], payments=[payment(1)]))
    twice_one_key = books(
        payments=[payment(1), payment(2)], orders=[order(1, "cancelled"), order(1, "completed"), order(2), order(2)]
    )
    with pytest.raises(Exception, match="second time"):
        write_shop(database.uri, twice_one_key)
    assert database.execute("select count(*) from payments") == "1"
    assert (
        database.execute(
            "select string_agg(tablename, ' ' order by tablename) from pg_tables where schemaname = 'public'"
        )
        == "orders payments"
    )


def test_empty_columns_and_values_come_through(database: Database) -> None:
    rows = pa.table(
        {
            "session_id": ["s1", "s2"],
            "customer_id": pa.array([None, ""], pa.string()),
            "started_at": pa.array([START, None], pa.timestamp("s")),
            "pages_viewed": pa.array([3, None], pa.int32()),
            "added_to_cart": [True, None],
            "updated_at": pa.array([START, START], pa.timestamp("ns")),
        }
    )
    shop = SimpleNamespace(shop={"sessions": rows})
    assert write_shop(database.uri, shop) == {"sessions": (2, 0)}
    assert write_shop(database.uri, shop) == {"sessions": (0, 0)}
    assert database.execute("select * from sessions where session_id = 's2'") == "s2|||||2026-03-01 10:00:00+00"


def test_the_mapping_reads_every_table_of_the_shop(database: Database, tmp_path: Path) -> None:
    """Through the reader's role; and the next day only what changed."""
    mapping = shop_entities()
    assert list(mapping) == list(KEYS)
    shop = books(orders=[order(1), order(2)], products=[{"product_id": "p1", "name": "Tea", "updated_at": START}])
    write_shop(database.uri, shop)
    source = PostgresSource.model_validate(
        {"type": "postgres", "entities": {name: mapping[name] for name in ("orders", "products")}}
    )

    def rows(day: date, last: Mapping[str, date]) -> dict[str, int]:
        before = {
            (name, source.entities[name].label): LastRead(
                loaded, read_as(source, source.entities[name]), datetime.combine(loaded, time())
            )
            for name, loaded in last.items()
        }
        with connections_given({"shop": reader_of(database.uri)}):
            entities = read_postgres(source, Request("shop", day, tmp_path, before))["entities"]
        assert all(entity["unknown_columns"] == [] for entity in entities.values())
        return {name: entity["rows_read"] for name, entity in entities.items()}

    assert rows(DAY, {}) == {"orders": 2, "products": 1}
    changed = order(2, "cancelled", datetime.fromisoformat("2026-03-10T09:00"))
    write_shop(database.uri, books(orders=[order(1), changed], products=shop.shop["products"].to_pylist()))
    assert rows(DAY + timedelta(days=1), {"orders": DAY, "products": DAY}) == {"orders": 1, "products": 1}
