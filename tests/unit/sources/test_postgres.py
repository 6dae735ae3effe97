"""What lands from a PostgreSQL: the rows, the types, the names, the watermark."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from databases import Database

from wellkept.deployment.connections import connections_given
from wellkept.deployment.errors import BadInputError
from wellkept.landing.request import LastRead, Request
from wellkept.sources.postgres import PostgresSource, read_postgres
from wellkept.sources.postgres.reading import read_as

pytestmark = pytest.mark.slow

DAY = date(2026, 3, 10)
ORDERS = """
create table orders (
    id bigint primary key, customer_id text, ordered_at timestamptz, status text, total_amount numeric(12, 2),
    updated_at timestamptz
);
insert into orders values
    (1, 'c1', '2026-03-01 10:00+00', 'completed', 10.50, '2026-03-01 10:00+00'),
    (2, 'c2', '2026-03-09 23:30+00', 'completed', 20.00, '2026-03-09 23:30+00');
"""
MAPPING = {"table": "public.orders", "columns": {"order_id": "id"}, "incremental": "updated_at"}

Extract = Callable[..., dict[str, Any]]


@pytest.fixture
def extract(database: Database, tmp_path: Path) -> Extract:
    """`extract({"orders": {...}}, day)`: what `read` returns; the files lie in tmp_path / day."""

    def run(
        entities: dict[str, Any], day: date = DAY, last: dict[str, date] | None = None, **settings: Any
    ) -> dict[str, Any]:
        folder = tmp_path / day.isoformat()
        folder.mkdir(exist_ok=True)
        source = PostgresSource.model_validate({"type": "postgres", "entities": entities, **settings})
        with connections_given({"shop": database.uri}):
            return read_postgres(source, Request("shop", day, folder, read_before(source, last or {})))

    return run


def read_before(source: PostgresSource, last: Mapping[str, date]) -> dict[tuple[str, str], LastRead]:
    """Each entity as read on its day, up to that day's first moment."""
    mappings = {name: source.entities[name] for name in last}
    return {
        (name, mapping.label): LastRead(last[name], read_as(source, mapping), datetime.combine(last[name], time()))
        for name, mapping in mappings.items()
    }


def landed(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """`landed(folder, "select order_id from orders")`."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for file in folder.glob("*.parquet"):
            connection.execute(f"create view {file.stem.replace('.', '_')} as from '{file}'")
        return connection.execute(query).fetchall()


def test_a_mapped_table_lands_under_the_contracts_names(database: Database, extract: Extract, tmp_path: Path) -> None:
    database.execute(ORDERS)
    counts = extract({"orders": MAPPING})["entities"]["orders"]
    assert (counts["rows_read"], counts["files"], counts["unknown_columns"]) == (2, ["public.orders"], [])
    assert landed(
        tmp_path / str(DAY), "select order_id, total_amount::text, ordered_at::text from orders order by 1"
    ) == [
        ("1", "10.5000", "2026-03-01 10:00:00"),
        ("2", "20.0000", "2026-03-09 23:30:00"),
    ]
    assert not list((tmp_path / str(DAY)).glob(".*"))


def test_a_query_lands_like_a_table(database: Database, extract: Extract, tmp_path: Path) -> None:
    database.execute(ORDERS)
    query = "with paid as (select * from orders where total_amount > 15) select id as order_id, customer_id, ordered_at from paid; "
    extract({"orders": {"query": query}})
    extract({"orders": {"query": query.strip().rstrip(";") + " -- the paid ones"}})
    assert landed(tmp_path / str(DAY), "select order_id from orders") == [("2",)]


def test_a_later_day_reads_what_was_written_since_and_the_overlap(
    database: Database, extract: Extract, tmp_path: Path
) -> None:
    database.execute(ORDERS)
    extract({"orders": MAPPING})
    next_day = date(2026, 3, 11)
    database.execute(
        "insert into orders values (3, 'c3', '2026-03-10 12:00+00', 'completed', 1, '2026-03-10 12:00+00');"
        "update orders set status = 'cancelled', updated_at = '2026-03-10 13:00+00' where id = 1"
    )
    counts = extract({"orders": {**MAPPING, "overlap": "0s"}}, next_day, {"orders": DAY})
    assert counts["entities"]["orders"]["rows_read"] == 2
    counts = extract({"orders": MAPPING}, next_day, {"orders": DAY})
    assert counts["entities"]["orders"]["rows_read"] == 3


def test_the_overlap_catches_a_row_stamped_by_a_clock_an_hour_behind(
    database: Database, extract: Extract, tmp_path: Path
) -> None:
    database.execute(ORDERS)
    extract({"orders": MAPPING})
    # Written at 00:20 of the loaded day, after the extraction; its clock says 23:20 of the day before.
    database.execute("insert into orders values (3, 'c3', '2026-03-09 23:20+00', null, 1, '2026-03-09 23:20+00')")
    extract({"orders": {**MAPPING, "overlap": "0s"}}, date(2026, 3, 11), {"orders": DAY})
    assert ("3",) not in landed(tmp_path / "2026-03-11", "select order_id from orders")
    extract({"orders": {**MAPPING, "overlap": "6h"}}, date(2026, 3, 11), {"orders": DAY})
    assert ("3",) in landed(tmp_path / "2026-03-11", "select order_id from orders")


@pytest.mark.parametrize(
    ("sql_type", "rows"),
    [("timestamptz", ["late", "unstamped"]), ("timestamp", ["late", "unstamped"]), ("date", ["late", "unstamped"])],
)
def test_watermarks_of_each_type_keep_what_is_newer_and_what_has_none(
    database: Database, extract: Extract, tmp_path: Path, sql_type: str, rows: list[str]
) -> None:
    """A time without a zone is the source's: here Tokyo's, nine hours ahead."""
    database.execute(
        f"create table p (product_id text, changed {sql_type}); set timezone = 'UTC'; insert into p values "
        "('late', '2026-03-10 09:00:00'), ('early', '2026-03-08 23:00:00'), ('unstamped', null)"
    )
    mapping = {"table": "p", "incremental": "changed", "overlap": "0s"}
    counts = extract({"products": mapping}, date(2026, 3, 11), {"products": DAY}, timezone="Asia/Tokyo")
    assert [name for (name,) in landed(tmp_path / "2026-03-11", "select product_id from products order by 1")] == rows
    assert counts["entities"]["products"]["unknown_columns"] == []


def test_a_table_without_a_watermark_is_complete(database: Database, extract: Extract) -> None:
    database.execute("create table products (product_id text, name text); insert into products values ('p1', 'Tea')")
    counts = extract({"products": {"table": "products"}}, last={"products": date(2026, 3, 9)})["entities"]["products"]
    assert (counts["rows_read"], counts["is_complete"]) == (1, True)


def test_an_incremental_table_is_not_complete(database: Database, extract: Extract) -> None:
    database.execute(ORDERS)
    assert extract({"orders": MAPPING})["entities"]["orders"]["is_complete"] is False


def test_columns_that_the_contract_does_not_know_are_kept_aside(
    database: Database, extract: Extract, tmp_path: Path
) -> None:
    database.execute(ORDERS)
    extract({"orders": MAPPING})
    database.execute("alter table orders add column gift_note text default 'hello', add secret text default 'x'")
    counts = extract({"orders": {**MAPPING, "ignore": ["secret"]}})["entities"]["orders"]
    assert counts["unknown_columns"] == ["gift_note"]
    assert landed(tmp_path / str(DAY), "select distinct _extra from orders") == [('{"gift_note":"hello"}',)]


def test_a_column_retyped_to_words_costs_its_rows_only(database: Database, extract: Extract, tmp_path: Path) -> None:
    database.execute(ORDERS)
    database.execute(
        "alter table orders alter total_amount type text; update orders set total_amount = 'ten' where id = 1"
    )
    counts = extract({"orders": MAPPING})["entities"]["orders"]
    assert (counts["rows_read"], counts["rows_quarantined"]) == (2, 1)
    assert landed(tmp_path / str(DAY), "select reason from quarantine") == [("total_amount is not a number",)]


def test_a_column_that_was_dropped_is_not_among_those_delivered(database: Database, extract: Extract) -> None:
    database.execute(ORDERS)
    assert "status" in extract({"orders": MAPPING})["entities"]["orders"]["columns"]
    database.execute("alter table orders drop column status")
    assert "status" not in extract({"orders": MAPPING})["entities"]["orders"]["columns"]


def test_a_required_column_that_was_dropped_stops_the_day(database: Database, extract: Extract) -> None:
    database.execute(ORDERS)
    database.execute("alter table orders drop column ordered_at")
    with pytest.raises(BadInputError, match=r"orders for 2026-03-10: public.orders has no column ordered_at"):
        extract({"orders": MAPPING})


def test_names_that_meet_are_kept_apart(database: Database, extract: Extract, tmp_path: Path) -> None:
    """A column beside the one that is mapped to its name, and names that the record keeps for itself."""
    database.execute(
        'create table "Old Products" (id int, product_id text, "_line" int, "Name" text, "odd ""one" text);'
        """insert into "Old Products" values (7, 'legacy', 3, 'Tea', 'x')"""
    )
    extract({"products": {"table": "public.Old Products", "columns": {"product_id": "id"}}})
    assert landed(tmp_path / str(DAY), "select product_id, name, _extra from products") == [
        ("7", "Tea", '{"product_id_in_source":"legacy","_line_in_source":3,"odd \\"one":"x"}')
    ]


def test_exotic_types_come_as_postgresqls_own_text(database: Database, extract: Extract, tmp_path: Path) -> None:
    database.execute(
        "create type mood as enum ('sad', 'ok');"
        "create table products (product_id uuid, unit_cost numeric, a money, b jsonb, c int[], d mood, e bytea, f inet,"
        " g interval, h float8, i point, j time, k json, l char(4));"
        "insert into products values ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 12345678901234.5678, 12.5, '{\"a\": [1]}',"
        " '{1,2}', 'ok', '\\x00ff', '10.0.0.1', '1 day', 0.1, '(1,2)', '10:00', '{\"b\": null}', 'ab'),"
        " ('b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'NaN', null, null, null, null, null, null, null, null, null, null, null, null)"
    )
    counts = extract({"products": {"table": "products"}})["entities"]["products"]
    folder = tmp_path / str(DAY)
    assert counts["rows_quarantined"] == 1  # a NaN is no amount, and must not land as 0
    assert landed(folder, "select product_id, unit_cost::text from products") == [
        ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "12345678901234.5678")
    ]
    fields = {"a": "$12.50", "b": '{"a": [1]}', "c": "{1,2}", "d": "ok", "e": "\\x00ff", "f": "10.0.0.1/32", "h": "0.1"}
    for name, value in fields.items():
        assert landed(folder, f"select _extra->>'{name}' from products") == [(value,)]


def test_keys_are_text_without_a_decimal_point(database: Database, extract: Extract, tmp_path: Path) -> None:
    database.execute(
        "create table customers (customer_id numeric, email text, consent_email boolean, birth_date date, created_at timestamp);"
        "insert into customers values (17, '', true, '1980-02-29', '2026-03-01 08:00')"
    )
    extract({"customers": {"table": "customers"}}, timezone="Europe/Berlin")
    assert landed(
        tmp_path / str(DAY),
        "select customer_id, email, consent_email, birth_date::text, created_at::text from customers",
    ) == [("17", None, True, "1980-02-29", "2026-03-01 07:00:00")]


def test_all_entities_are_of_one_moment(database: Database, tmp_path: Path) -> None:
    """What another session writes after the first read is not seen by the second."""
    from wellkept.sources.postgres.failures import Place
    from wellkept.sources.postgres.snapshot import open_snapshot

    database.execute(ORDERS)
    source = PostgresSource.model_validate({"type": "postgres", "entities": {"orders": MAPPING}})
    place = Place("shop", DAY, "orders", "orders")
    with open_snapshot(database.uri, source, Request("shop", DAY, tmp_path, {})) as snapshot:
        assert snapshot.copy("select * from orders", tmp_path / "one", place) == 2
        database.execute("insert into orders (id) values (3)")
        assert snapshot.copy("select * from orders", tmp_path / "two", place) == 2


def test_nothing_can_be_written_through_the_source(database: Database, extract: Extract) -> None:
    database.execute(
        ORDERS + "create function sneak() returns table (order_id bigint) language sql volatile as"
        " $$ insert into orders (id) values (99) returning id $$"
    )
    for query in (
        "insert into orders (id) values (99) returning id as order_id",
        "select order_id, 'c' as customer_id, now() as ordered_at from sneak()",
        "select 1 as order_id; insert into orders (id) values (99)",
    ):
        with pytest.raises(BadInputError, match="orders for 2026-03-10: query of source shop"):
            extract({"orders": {"query": query}})
    assert database.execute("select count(*) from orders") == "2"
