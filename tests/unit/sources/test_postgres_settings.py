"""What wellkept.toml may say about a PostgreSQL source, and what it may not."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from wellkept.sources.postgres import PostgresSource
from wellkept.sources.postgres.connection_text import with_settings

ORDERS = {"table": "public.orders", "incremental": "updated_at", "overlap": "2d"}


def make(**orders: Any) -> PostgresSource:
    return PostgresSource.model_validate({"type": "postgres", "entities": {"orders": {**ORDERS, **orders}}})


def test_durations_are_read_with_their_units() -> None:
    source = make(overlap="90s")
    assert source.entities["orders"].overlap == timedelta(seconds=90)
    assert source.statement_timeout == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"overlap": "6"}, "not a duration"),
        ({"overlap": "-1h"}, "not a duration"),
        ({"query": "select 1"}, "either table or query"),
        ({"table": None}, "either table or query"),
        ({"table": "a.b.c"}, "table"),
        ({"columns": {"order_nr": "id"}}, r"orders.columns names order_nr"),
        ({"wattermark": "updated_at"}, "wattermark"),
    ],
)
def test_mistakes_are_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make(**wrong)


def test_an_entity_that_is_none_is_named() -> None:
    with pytest.raises(ValidationError, match="'ordrs' is not an entity"):
        PostgresSource.model_validate({"type": "postgres", "entities": {"ordrs": ORDERS}})


OURS = "-c default_transaction_read_only=on -c statement_timeout=60000"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "host=db dbname=shop",
            f"host=db dbname=shop client_encoding='UTF8' options='{OURS}' connect_timeout='10' keepalives_idle=",
        ),
        (
            r"host=db options='-c search_path=it\'s' connect_timeout=3",
            rf"host=db options='-c search_path=it\'s' connect_timeout=3 client_encoding='UTF8' "
            rf"options='-c search_path=it\'s {OURS}'",
        ),
    ],
)
def test_a_dsn_keeps_its_own_options(given: str, expected: str) -> None:
    assert with_settings(given, timedelta(minutes=1)).startswith(expected)


def test_a_uri_keeps_its_own_options() -> None:
    text = with_settings(
        "postgres://u:p%40ss@db/shop?sslmode=require&options=-c%20search_path%3Dsales", timedelta(minutes=1)
    )
    assert text.startswith(
        "postgres://u:p%40ss@db/shop?sslmode=require&options=-c%20search_path%3Dsales&client_encoding=UTF8"
    )
    assert "options=-c%20search_path%3Dsales%20-c%20default_transaction_read_only%3Don%20-c%20statement_timeout" in text
    assert with_settings("postgresql://db/shop", timedelta(minutes=1)).startswith(
        "postgresql://db/shop?client_encoding=UTF8&"
    )
