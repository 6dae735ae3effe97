"""One small company for all tests here: its life, its books, and its shop's books as landing files."""

from datetime import date

import duckdb
import pytest

from wellkept.demo.bookkeeping import keep_books
from wellkept.demo.books import DUPLICATED, Books
from wellkept.demo.company import Charter, Founded, write_landing
from wellkept.demo.life import Life, live
from wellkept.demo.truth import LAST_DAY

CHARTER = Charter(seed=7, customers=500)
DAYS = (LAST_DAY - CHARTER.first_day).days


@pytest.fixture(scope="session")
def life() -> Life:
    return live(CHARTER, DAYS)


@pytest.fixture(scope="session")
def earlier() -> Life:
    """The same life, three months before."""
    return live(CHARTER, DAYS - 90)


@pytest.fixture(scope="session")
def books(life: Life) -> Books:
    return keep_books(life)


@pytest.fixture(scope="session")
def tables(books: Books) -> duckdb.DuckDBPyConnection:
    """A connection with every table of the shop and every object type of the CRM; what stands there twice, once."""
    connection = duckdb.connect(config={"threads": 2})
    for name, table in {**books.shop, **books.crm}.items():
        connection.register("given", table)
        rows = "select distinct *" if name in DUPLICATED else "select *"
        connection.execute(f"create table {name} as {rows} from given")
    return connection


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    return write_landing(tmp_path_factory.mktemp("company"), customers=1200, last_day=date(2026, 10, 1))
