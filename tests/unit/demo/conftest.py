"""One small company for all tests here, and the same company ten weeks later."""

from datetime import timedelta

import duckdb
import pytest

from wellkept.demo.company import Founded, write_landing
from wellkept.demo.truth import LAST_DAY

LATER = LAST_DAY + timedelta(days=100)


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    return write_landing(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="session")
def company_later(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    return write_landing(tmp_path_factory.mktemp("later"), last_day=LATER)


def open_books(founded: Founded) -> duckdb.DuckDBPyConnection:
    """A connection with one view per entity: clean rows only, typed."""
    connection = duckdb.connect(config={"threads": 2})
    for name in ("orders", "products", "payments"):
        connection.execute(f"create view {name} as select distinct * from '{founded.folder}/{name}.parquet'")
    for name, rule in (("order_lines", "quantity::int > 0"), ("customers", "true"), ("refunds", "refund_id[1] = 'R'")):
        connection.execute(
            f"create view {name} as select distinct * replace ({_typed(name)})"
            f" from read_csv('{founded.folder / name}.csv', all_varchar = true,"
            f" header = true, delim = ',', quote = '\"', ignore_errors = true) where {rule}"
        )
    return connection


def _typed(name: str) -> str:
    types = {
        "order_lines": {
            "line_number": "int",
            "quantity": "int",
            "unit_price": "decimal(18, 2)",
            "discount_amount": "decimal(18, 2)",
        },
        "customers": {"created_at": "timestamp", "updated_at": "timestamp", "deleted_at": "timestamp"},
        "refunds": {"refunded_at": "timestamp", "amount": "decimal(18, 2)"},
    }
    return ", ".join(f"{column}::{sql_type} as {column}" for column, sql_type in types[name].items())


@pytest.fixture(scope="session")
def books(company: Founded) -> duckdb.DuckDBPyConnection:
    return open_books(company)


@pytest.fixture(scope="session")
def books_later(company_later: Founded) -> duckdb.DuckDBPyConnection:
    return open_books(company_later)
