"""Day after day from a real database: nothing lost, whatever is run again, ahead of time, or mapped anew."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import duckdb
import pytest
from databases import Database

from wellkept.deployment.connections import connections_given
from wellkept.landing.load import load_day
from wellkept.runs.run import Run
from wellkept.sources.extract import extract
from wellkept.sources.postgres import PostgresSource

pytestmark = pytest.mark.slow

MakeRun = Callable[..., Run]
TABLES = """
create table orders (order_id text, customer_id text, ordered_at timestamptz, total_amount text, note text, updated_at timestamptz);
create table order_lines (order_id text, line_number int, quantity int, unit_price int, updated_at timestamptz);
"""


@pytest.fixture
def shop(database: Database) -> Iterator[Database]:
    database.execute(TABLES)
    with connections_given({"shop": database.uri}):
        yield database


def order(shop: Database, key: str, written: str, amount: str = "5") -> None:
    shop.execute(
        f"insert into orders values ('{key}', 'c', '{written}+00', '{amount}', 'n', '{written}+00');"
        f"insert into order_lines values ('{key}', 1, 1, 5, '{written}+00')"
    )


@pytest.fixture
def take(run_of: MakeRun) -> Callable[..., Run]:
    """`take("2026-03-10")`: extract and load the day; `columns` maps orders otherwise."""

    def day(text: str, is_re_extract: bool = False, columns: dict[str, str] | None = None, **parameters: Any) -> Run:
        entities: dict[str, Any] = {
            name: {"table": f"public.{name}", "incremental": "updated_at"} for name in ("orders", "order_lines")
        }
        entities["orders"]["columns"] = columns or {}
        source = PostgresSource.model_validate({"type": "postgres", "entities": entities})
        run = replace(run_of(text, is_re_extract=is_re_extract, **parameters), sources={"shop": source})
        extract(run, "shop")
        load_day(run)
        return run

    return day


def held(run: Run, entity: str = "orders", column: str = "order_id") -> list[str]:
    with duckdb.connect(str(run.home.warehouse), read_only=True) as connection:
        rows = connection.execute(f"select distinct {column} from raw.{entity} where not is_tombstone order by 1")
        return [key for (key,) in rows.fetchall()]


def test_a_day_extracted_again_brings_all_that_it_brought(shop: Database, take: Callable[..., Run]) -> None:
    order(shop, "old", "2026-03-01 09:00")
    take("2026-03-09")
    order(shop, "new", "2026-03-09 09:00")
    take("2026-03-10")
    assert held(take("2026-03-10", is_re_extract=True)) == ["new", "old"]


def test_the_first_day_extracted_again_is_read_in_full(shop: Database, take: Callable[..., Run]) -> None:
    order(shop, "old", "2026-03-01 09:00")
    take("2026-03-09")
    assert held(take("2026-03-09", is_re_extract=True)) == ["old"]


def test_a_run_ahead_of_its_source_loses_nothing(shop: Database, take: Callable[..., Run]) -> None:
    order(shop, "a", "2026-03-08 09:00")
    take("2026-03-10")  # it is only the 8th there
    order(shop, "b", "2026-03-08 21:00")
    order(shop, "c", "2026-03-10 09:00")
    assert held(take("2026-03-11")) == ["a", "b", "c"]


def test_a_table_that_was_empty_is_read_from_its_beginning(shop: Database, take: Callable[..., Run]) -> None:
    order(shop, "a", "2026-03-01 09:00")
    shop.execute("delete from order_lines")
    take("2026-03-09")
    shop.execute("insert into order_lines values ('a', 1, 1, 5, '2026-03-01 09:00+00')")
    assert held(take("2026-03-10"), "order_lines") == ["a"]


def test_a_mapping_that_changed_reaches_all_rows(shop: Database, take: Callable[..., Run]) -> None:
    order(shop, "a", "2026-03-01 09:00")
    take("2026-03-09")
    assert held(take("2026-03-10", columns={"coupon": "note"}), column="coupon") == ["n", None]


def test_lines_of_an_order_that_was_mended_come_back_with_it(shop: Database, take: Callable[..., Run]) -> None:
    order(shop, "a", "2026-03-01 09:00")
    take("2026-03-08")
    order(shop, "b", "2026-03-08 09:00", amount="five")
    take("2026-03-09")
    shop.execute("update orders set total_amount = '5', updated_at = '2026-03-09 12:00+00' where order_id = 'b'")
    assert held(take("2026-03-10"), "order_lines") == ["a", "b"]


def test_a_stamp_of_the_future_once_mended_does_not_freeze_its_row(shop: Database, take: Callable[..., Run]) -> None:
    order(shop, "a", "2026-03-01 09:00")
    shop.execute("update orders set updated_at = '2062-01-01 00:00+00'")
    take("2026-03-09")
    shop.execute("update orders set note = 'cancelled', total_amount = '7', updated_at = '2026-03-09 12:00+00'")
    assert held(take("2026-03-10"), column="total_amount::integer") == [5, 7]


def test_one_bad_row_does_not_stop_a_small_day_and_six_do(shop: Database, take: Callable[..., Run]) -> None:
    from wellkept.deployment.errors import GateError

    order(shop, "a", "2026-03-01 09:00")
    take("2026-03-08")
    order(shop, "bad", "2026-03-08 09:00", amount="five")
    assert held(take("2026-03-09")) == ["a"]
    for number in range(6):
        order(shop, f"bad{number}", "2026-03-09 09:00", amount="five")
    with pytest.raises(GateError, match="orders for 2026-03-10 from source shop: 6 of 7 rows are unusable"):
        take("2026-03-10")
