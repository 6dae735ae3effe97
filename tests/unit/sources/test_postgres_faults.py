"""A PostgreSQL that fails: the whole day or nothing, one clear error without secrets or rows, and the next run complete."""

import os
import signal
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from databases import Database, new_database, run_sql

from wellkept.demo.postgres_server import running
from wellkept.deployment.connections import connections_given
from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.landing.request import Request
from wellkept.sources.postgres import PostgresSource, read_postgres
from wellkept.sources.postgres.failures import Place, explain_failure, explain_refusal

pytestmark = pytest.mark.slow

DAY = date(2026, 3, 10)
SECRET = "canary-password"
PRODUCTS = "create table products (product_id text, name text)"
# Slow enough to be interrupted, and with rows on their way before it is.
SLOW = "select i::text as product_id, repeat('x', 2000) || pg_sleep(0.001) as name from generate_series(1, 60000) i"

ONCE_READING = """
do $$ begin
    while not exists (select from pg_stat_activity where query like 'COPY%pg_sleep%') loop
        perform pg_sleep(0.01), pg_stat_clear_snapshot();
    end loop;
    perform pg_sleep(0.2);
end $$
"""
END_READING = "select pg_terminate_backend(pid) from pg_stat_activity where query like 'COPY%pg_sleep%'"


def extract(uri: str, folder: Path, **settings: Any) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    content = {
        "type": "postgres",
        "entities": {"products": {"table": "products"}},
        "connect_attempts": 2,
        "connect_wait": "0s",
        **settings,
    }
    with connections_given({"shop": uri}):
        return read_postgres(PostgresSource.model_validate(content), Request("shop", DAY, folder, {}))


def refused(uri: str, folder: Path, **settings: Any) -> WellkeptError:
    with pytest.raises(WellkeptError) as caught:
        extract(uri, folder, **settings)
    message = str(caught.value)
    assert "shop" in message
    assert "2026-03-10" in message
    assert SECRET not in message
    assert "host=" not in message
    assert caught.value.__suppress_context__ or caught.value.__cause__ is None
    assert not list(folder.glob("*.parquet"))
    return caught.value


def with_password(uri: str) -> str:
    return uri.replace("postgres@", f"postgres:{SECRET}@", 1)


def test_a_server_that_does_not_answer_is_asked_again_then_named(tmp_path: Path) -> None:
    error = refused(f"postgresql://u:{SECRET}@/x?host={tmp_path}", tmp_path / "out", connect_attempts=3)
    assert not isinstance(error, BadInputError)
    assert "connection shop does not answer" in str(error)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("//postgres:", "//nobody:"), "does not know the user"),
        (("/test_", "/not_"), "has no database of that name"),
        (("?host=", "?colour=red&host="), "cannot be reached by a text like that"),
    ],
)
def test_a_refusal_is_the_users_to_mend(
    database: Database, tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    error = refused(with_password(database.uri).replace(*change, 1), tmp_path / "out")
    assert isinstance(error, BadInputError)
    assert words in str(error)


def test_a_text_that_is_no_connection_is_not_repeated(tmp_path: Path) -> None:
    error = refused(f"{SECRET} and more", tmp_path / "out")
    assert "cannot be reached by a text like that" in str(error)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"table": "public.Products"}, "public.Products of source shop is not there"),
        ({"table": "sales.products"}, "sales.products of source shop is not there"),
        ({"table": "products", "columns": {"product_id": "sku"}}, "has no column sku, which columns.product_id names"),
        ({"table": "products", "incremental": "changed_at"}, "has no column changed_at, which incremental names"),
        ({"table": "products", "incremental": "name"}, "has name as varchar, and incremental must name a timestamp"),
        ({"query": "selec 1"}, 'the database says: syntax error at or near "selec"'),
        ({"query": "select 1 as a, 2 as a"}, "has two columns"),
    ],
)
def test_a_wrong_mapping_is_named_before_a_row_is_read(
    database: Database, tmp_path: Path, mapping: dict[str, Any], words: str
) -> None:
    database.execute(PRODUCTS)
    error = refused(with_password(database.uri), tmp_path / "out", entities={"products": mapping})
    assert isinstance(error, BadInputError)
    assert str(error).startswith("products for 2026-03-10: ")
    assert words in str(error)


def test_a_table_that_may_not_be_read_is_named(database: Database, tmp_path: Path) -> None:
    database.execute(f"{PRODUCTS}; drop role if exists clerk; create role clerk login")
    error = refused(database.as_user("clerk"), tmp_path / "out")
    assert isinstance(error, BadInputError)
    assert "may not be read by this user; grant it select" in str(error)


def test_a_slow_statement_ends_at_its_limit(database: Database, tmp_path: Path) -> None:
    database.execute(PRODUCTS)
    slow = {"products": {"query": SLOW}}
    error = refused(database.uri, tmp_path / "out", entities=slow, statement_timeout="1s")
    assert "took longer than statement_timeout" in str(error)


def test_bytes_that_are_not_utf8_stop_the_day_and_mended_they_come(database_server: str, tmp_path: Path) -> None:
    options = ("encoding 'SQL_ASCII'", "template template0", "locale_provider libc", "locale 'C'")
    database = new_database(database_server, *options)
    database.execute(f"{PRODUCTS}; insert into products values ('1', 'Tee'), ('2', E'Caf\\xe9')")
    error = refused(database.uri, tmp_path / "out")
    assert isinstance(error, BadInputError)
    assert "products of source shop holds text that is not UTF-8" in str(error)
    assert "0xe9" not in str(error)
    database.execute("update products set name = E'Caf\\xc3\\xa9' where product_id = '2'")
    assert extract(database.uri, tmp_path / "out")["entities"]["products"]["rows_kept"] == 2


def test_an_error_never_shows_a_row(database: Database, tmp_path: Path) -> None:
    database.execute(f"{PRODUCTS}; insert into products values ('jane@example.org', 'x')")
    error = refused(
        database.uri, tmp_path / "out", entities={"products": {"query": "select product_id::int from products"}}
    )
    assert "invalid input syntax for type integer" in str(error)
    assert "jane" not in str(error)


@pytest.mark.parametrize("is_killed", [False, True], ids=["its session ended", "killed"])
def test_a_server_that_dies_in_mid_read_ends_the_day_and_not_the_process(tmp_path: Path, is_killed: bool) -> None:
    """The extension would end the process when such a connection is dropped with its transaction open."""
    with running(tmp_path / "server") as uri:
        run_sql(uri, f"{PRODUCTS}; insert into products values ('1', 'x')")
        pid = int((tmp_path / "server/data/postmaster.pid").read_text().split()[0])

        def strike() -> None:
            run_sql(uri, ONCE_READING if is_killed else f"{ONCE_READING}; {END_READING}")
            if is_killed:
                os.kill(pid, signal.SIGKILL)

        striking = threading.Thread(target=strike)
        striking.start()
        error = refused(uri, tmp_path / "out", entities={"products": {"query": SLOW}})
        striking.join()
        assert not isinstance(error, BadInputError)
        assert "was not read to its end, because the connection broke" in str(error)
    with running(tmp_path / "server") as uri:
        assert extract(uri, tmp_path / "out")["entities"]["products"]["rows_kept"] == 1


@pytest.mark.parametrize("may_hold_rows", [False, True])
def test_what_a_server_says_in_another_tongue_is_shown_without_its_quotes(may_hold_rows: bool) -> None:
    place = Place("shop", DAY, "products", "products")
    message = "IO Error: Failed to fetch header for COPY: ERROR:  ungültige Eingabe für Typ integer: »jane«"
    said = str(explain_failure(message, "select 1", place, may_hold_rows))
    assert "products for 2026-03-10: products of source shop cannot be read" in said
    assert "ungültige Eingabe" in said
    assert ("jane" in said) is not may_hold_rows


@pytest.mark.parametrize(
    ("reason", "is_final"),
    [
        ('connection to server at "db", port 5432 failed: FATAL:  the database system is starting up', False),
        ('connection to server at "db", port 5432 failed: FATAL:  sorry, too many clients already', False),
        ('connection to server at "ssl.password.example", port 5432 failed: Connection refused', False),
        ('could not translate host name "db" to address: Name or service not known', False),
        ('connection to server at "db", port 5432 failed: FATAL:  password authentication failed for user "u"', True),
        ('connection to server at "db", port 5432 failed: FATAL:  no pg_hba.conf entry for host "10.0.0.1"', True),
        ('connection to server at "db", port 5432 failed: FATAL:  unsupported startup parameter: options', True),
        ('connection to server at "db", port 5432 failed: FATAL:  Rolle ist gesperrt', True),
        ("connection to server failed: server does not support SSL, but SSL was required", True),
        ('missing "=" after "secret" in connection info string', True),
    ],
)
def test_only_what_may_pass_is_tried_again(reason: str, is_final: bool) -> None:
    message = f'IO Error: Unable to connect to Postgres at "host=db password={SECRET}": {reason}\n'
    error = explain_refusal(message, f"host=db password={SECRET}", "source shop")
    assert isinstance(error, BadInputError) is is_final
    assert SECRET not in str(error)
    assert "secret" not in str(error)
