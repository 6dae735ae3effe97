"""The source `files` on an object store: a real S3 listing, real reads, and a key that nobody sees."""

import gzip
import traceback
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from landings import LINES, ORDERS, load, query
from object_store import ObjectStore, object_store

from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.landing.request import Request
from wellkept.runs.run import Run
from wellkept.sources.files import FilesSource, access, objects, read_files
from wellkept.sources.files.access import read_access

MakeRun = Callable[..., Run]
DAY = date(2026, 3, 10)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """An empty store, its key in the connection `lake`."""
    for name in ("HTTP_PROXY", "http_proxy", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with object_store() as made:
        monkeypatch.setenv("WELLKEPT_CONNECTION_LAKE", f"s3://{made.key}:{made.secret}@eu-west-1")
        yield made


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    made = tmp_path / "landing"
    made.mkdir()
    return made


def source_of(store: ObjectStore, scheme: str = "s3", connection: str | None = "lake", **settings: Any) -> FilesSource:
    given = {"endpoint": store.address, "url_style": "path", "use_ssl": False, **settings}
    return FilesSource(
        path=f"{scheme}://{store.bucket}/shop", **given, **({"connection": connection} if connection else {})
    )


def read_orders(source: FilesSource, landing: Path) -> list[str]:
    read_files(source, Request("shop", DAY, landing, {}))
    rows = duckdb.execute(f"select order_id from '{landing}/orders.parquet' order by 1").fetchall()
    return [order_id for (order_id,) in rows]


def text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def test_days_are_read_from_a_store_and_each_object_once(store: ObjectStore, tmp_path: Path, run_of: MakeRun) -> None:
    (tmp_path / "wellkept.toml").write_text(
        f'[sources.shop]\npath = "s3://{store.bucket}/shop"\nconnection = "lake"\nendpoint = "{store.address}"\n'
        'url_style = "path"\nuse_ssl = false\n'
    )
    duckdb.execute(f"copy (select 'c' as customer_id, 'Ann' as first_name) to '{tmp_path}/customers.parquet'")
    store.put("shop/customers.parquet", (tmp_path / "customers.parquet").read_bytes())
    store.put("shop/", b"")
    store.put("shop2/orders.csv", b"not ours")
    store.put("shop/orders/2026-03-01.csv", text(ORDERS, "a,c,2026-03-01"))
    store.put("shop/orders/2026-03-09.csv", text(ORDERS, "later,c,2026-03-09"))
    store.put("shop/orders/dt=2026-03-02/part 0+[a]*.csv.gz", gzip.compress(text(ORDERS, "b,c,2026-03-02")))
    store.put("shop/order_lines/1.csv.zst", pa.compress(text(LINES, "a,1,1,5", "b,1,1,5"), codec="zstd", asbytes=True))
    load(run_of("2026-03-03"))
    assert store.forget_read() == [
        "shop/customers.parquet",
        "shop/order_lines/1.csv.zst",
        "shop/orders/2026-03-01.csv",
        "shop/orders/dt=2026-03-02/part 0+[a]*.csv.gz",
    ]
    store.put("shop/orders/2026-03-03.csv", text(ORDERS, "d,c,2026-03-03"))
    store.put("shop/orders/2026-03-01.csv", text(ORDERS, "m,c,2026-03-01"), modified_at="2026-03-03T10:00:00")
    load(run := run_of("2026-03-04"))
    assert store.forget_read() == ["shop/orders/2026-03-01.csv", "shop/orders/2026-03-03.csv"]
    assert query(run, "select order_id, known_on from raw.orders order by 1") == [
        ("a", date(2026, 3, 2)),
        ("b", date(2026, 3, 3)),
        ("d", date(2026, 3, 4)),
        ("m", date(2026, 3, 4)),
    ]
    assert query(run, "select (select count(*) from raw.customers), (select count(*) from raw.order_lines)") == [(1, 2)]


@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_a_busy_store_is_asked_again(store: ObjectStore, landing: Path, scheme: str) -> None:
    store.put("shop/orders.csv", text(ORDERS, "a,c,2026-03-01"))
    store.failures = 2
    assert read_orders(source_of(store, scheme), landing) == ["a"]


@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_a_public_store_needs_no_key(store: ObjectStore, landing: Path, scheme: str) -> None:
    store.is_public = True
    store.put("shop/orders.csv", text(ORDERS, "a,c,2026-03-01"))
    assert read_orders(source_of(store, scheme, connection=None), landing) == ["a"]


def test_without_a_connection_the_environment_has_the_key(
    store: ObjectStore, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", store.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", store.secret)
    store.put("shop/orders.csv", text(ORDERS, "a,c,2026-03-01"))
    assert read_orders(source_of(store, connection=None), landing) == ["a"]


def test_a_key_that_is_refused_stands_in_no_message(
    store: ObjectStore, landing: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setenv("WELLKEPT_CONNECTION_LAKE", "s3://WRONGKEY:canary/secret@eu-west-1")
    with pytest.raises(
        BadInputError, match=r"s3://lake/shop cannot be read .*403.*; check path, connection"
    ) as refused:
        read_orders(source_of(store), landing)
    said = "".join(traceback.format_exception(refused.value)) + caplog.text
    assert not any(word in said for word in ("WRONGKEY", "canary", store.key, store.secret))


def test_a_store_that_does_not_answer_is_not_the_users_fault(
    store: ObjectStore, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "_RETRIES", 0)
    with pytest.raises(WellkeptError, match="s3://lake/shop cannot be read") as refused:
        read_orders(source_of(store, endpoint="127.0.0.1:1"), landing)
    assert not isinstance(refused.value, BadInputError)


def test_a_url_without_orders_is_named(store: ObjectStore, landing: Path) -> None:
    store.put("shop/order.csv", text(ORDERS, "a,c,2026-03-01"))
    with pytest.raises(BadInputError, match="s3://lake/shop has no orders"):
        read_orders(source_of(store), landing)


def test_an_object_that_changes_while_it_is_read_fails_the_day(
    store: ObjectStore, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("shop/orders.csv", text(ORDERS, "a,c,2026-03-01"))
    find = objects.ObjectFolder.find

    def find_then_write(folder: objects.ObjectFolder) -> Any:
        found = find(folder)
        store.put("shop/orders.csv", text(ORDERS, "a,c,2026-03-01", "b,c,2026-03-01"))
        return found

    monkeypatch.setattr(objects.ObjectFolder, "find", find_then_write)
    with pytest.raises(WellkeptError, match=r"s3://lake/shop/orders\.csv"):
        read_orders(source_of(store), landing)


def test_without_the_extension_the_message_says_what_to_install(
    store: ObjectStore, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wellkept.warehouse.extensions.find_spec", lambda _: None)
    with pytest.raises(BadInputError, match=r"s3://lake/shop cannot be read: .*duckdb-extension-httpfs"):
        read_orders(source_of(store), landing)


@pytest.mark.parametrize(
    ("connection", "options", "key"),
    [
        ("s3://KEY:a/b+c%2Fd@eu-west-1", {"region": "eu-west-1"}, {"key_id": "KEY", "secret": "a/b+c/d"}),
        ("gs://KEY:secret@", {}, {"key_id": "KEY", "secret": "secret"}),
        (
            "aws://KEY:secret@/?region_name=eu-west-1&endpoint_url=http%3A%2F%2Fminio%3A9000&aws_session_token=t%2Bt",
            {"region": "eu-west-1", "endpoint": "minio:9000", "use_ssl": False},
            {"key_id": "KEY", "secret": "secret", "session_token": "t+t"},
        ),
        (
            "aws://KEY:secret@/?__extra__=%7B%22region_name%22%3A+%22eu-west-1%22%2C+%22config_kwargs%22%3A+%7B%7D%7D",
            {"region": "eu-west-1"},
            {"key_id": "KEY", "secret": "secret"},
        ),
    ],
)
def test_a_connection_is_a_url_with_a_key_or_airflows(
    connection: str, options: dict[str, Any], key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WELLKEPT_CONNECTION_LAKE", connection)
    found = read_access(FilesSource(path="s3://lake", connection="lake"))
    assert (found.options, found.key) == (options, key)
    assert "secret" not in repr(found)
    assert access.read_access(FilesSource(path="s3://lake", connection="lake", region="x")).options["region"] == "x"


@pytest.mark.parametrize("connection", ["canary", "s3://canary@eu-west-1", "aws://K:canary@/?role_arn=arn"])
def test_a_connection_without_a_key_is_told_without_its_text(connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELLKEPT_CONNECTION_LAKE", connection)
    with pytest.raises(BadInputError, match="connection 'lake' is not a key for an object store") as refused:
        read_access(FilesSource(path="s3://lake", connection="lake"))
    assert "canary" not in "".join(traceback.format_exception(refused.value))
