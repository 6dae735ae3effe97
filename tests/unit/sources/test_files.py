"""The source `files` by itself: which files it reads, and what it makes of their bytes."""

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from landings import ORDERS, write
from pydantic import ValidationError

from wellkept.deployment.errors import BadInputError
from wellkept.landing.request import Request
from wellkept.sources.files import FilesSource, read_files
from wellkept.sources.files.listing import Found

DAY = date(2026, 3, 10)
ROW = "a,c,2026-03-01"
PACK: dict[str, Callable[[bytes], bytes]] = {
    ".csv": bytes,
    ".csv.gz": gzip.compress,
    ".csv.zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "delivery"
    made.mkdir()
    return made


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    made = tmp_path / "landing"
    made.mkdir()
    return made


def read_rows(folder: Path, landing: Path, columns: str = "*", **settings: Any) -> list[tuple[Any, ...]]:
    """The day's orders, as the landing files have them."""
    read_files(FilesSource(path=folder, **settings), Request("shop", DAY, landing, {}))
    return duckdb.execute(f"select {columns} from '{landing}/orders.parquet' order by order_id").fetchall()


def quarantined(landing: Path) -> list[tuple[Any, ...]]:
    return duckdb.execute(f"select file, line, reason from '{landing}/quarantine.parquet' order by all").fetchall()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "cp1250"])
@pytest.mark.parametrize("suffix", PACK)
def test_text_is_read_as_configured_however_it_is_packed(
    folder: Path, landing: Path, suffix: str, encoding: str
) -> None:
    lines = (
        "order_id;customer_id;ordered_at;total_amount;channel",
        "a;c;2026-03-01 00:30;1234,50;Lädchen",
        "b;c;2026-03-02T00:00:00Z;7;",
    )
    content = "\r\n".join([*lines, ""]).encode(encoding)
    (folder / f"orders{suffix}").write_bytes(PACK[suffix](content))
    settings = {"encoding": encoding, "delimiter": ";", "decimal": ",", "timezone": "Europe/Berlin"}
    assert read_rows(folder, landing, "ordered_at::varchar, total_amount::double, channel, _line", **settings) == [
        ("2026-02-28 23:30:00", 1234.5, "Lädchen", 2),
        ("2026-03-02 00:00:00", 7.0, None, 3),
    ]
    assert quarantined(landing) == []
    assert sorted(file.name for file in landing.iterdir()) == [
        "orders.parquet",
        "orders.waiting.parquet",
        "quarantine.parquet",
    ], "no copy of a delivery stays behind"


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv.zst"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_packed_file_that_is_cut_off_or_damaged_is_not_taken_for_a_shorter_one(
    folder: Path, landing: Path, suffix: str, encoding: str
) -> None:
    lines = [f"{n},c{n * 7919 % 10007},2026-03-01" for n in range(50_000)]
    whole = PACK[suffix]("\n".join([ORDERS, *lines]).encode(encoding))
    middle = len(whole) // 2
    damaged = whole[:middle] + bytes(100) + whole[middle + 100 :]
    for broken in (whole[:middle], *([damaged] if suffix == ".csv.gz" else [])):  # pyarrow packs without a checksum
        (folder / f"orders{suffix}").write_bytes(broken)
        with pytest.raises(BadInputError, match=rf"orders: .*orders{suffix} cannot be read \("):
            read_rows(folder, landing, encoding=encoding)


@pytest.mark.parametrize("suffix", PACK)
def test_bytes_that_are_not_utf_8_cost_their_row(folder: Path, landing: Path, suffix: str) -> None:
    content = (
        f"{ORDERS},channel\n{ROW},Caf\N{LATIN SMALL LETTER E WITH ACUTE}\n".encode("cp1252") + b"b,c,2026-03-01,web\n"
    )
    (folder / f"orders{suffix}").write_bytes(PACK[suffix](content))
    assert read_rows(folder, landing, "order_id") == [("b",)]
    assert quarantined(landing) == [(f"orders{suffix}", 2, "invalid encoding")]


def test_a_header_in_another_encoding_is_told(folder: Path, landing: Path) -> None:
    write(folder, "orders.csv", f"{ORDERS},größe", f"{ROW},1", encoding="cp1252")
    with pytest.raises(BadInputError, match="its header is not in the encoding of the source"):
        read_rows(folder, landing)


def test_a_byte_that_an_encoding_does_not_have_stops_the_day(folder: Path, landing: Path) -> None:
    (folder / "orders.csv").write_bytes(f"{ORDERS}\na\x81,c,2026-03-01\n".encode("latin-1"))
    with pytest.raises(BadInputError, match=r"orders\.csv cannot be read \('charmap' codec"):
        read_rows(folder, landing, encoding="cp1252")


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("orders/2026-11-20.csv", date(2026, 11, 20)),
        ("orders/2026-11-20.csv.zst", date(2026, 11, 20)),
        ("orders/2026/11/20.csv", date(2026, 11, 20)),
        ("orders/2026-11-20/part-0.parquet", date(2026, 11, 20)),
        ("orders/dt=2026-11-20/part-0.parquet", date(2026, 11, 20)),
        ("orders/2026/11.csv", None),
        ("orders/2026-02-30.csv", None),
        ("orders/export-2026-11-20.csv", None),
        ("orders/valid_to=2026-11-20/part-0.parquet", None),
        ("orders.csv", None),
    ],
)
def test_a_day_is_a_whole_name(name: str, day: date | None) -> None:
    assert Found(name, 0, datetime(2026, 1, 1, tzinfo=UTC)).day == day


def test_a_file_of_a_later_day_is_not_read_yet_and_a_folder_name_is_no_column(folder: Path, landing: Path) -> None:
    for day in ("2026-03-09", "2026-03-10", "2026-03-11"):
        (folder / "orders" / f"dt={day}").mkdir(parents=True)
        duckdb.execute(
            f"copy (select '{day}' as order_id, 'c' as customer_id, timestamp '2026-03-01' as ordered_at) "
            f"to '{folder}/orders/dt={day}/part-0.parquet'"
        )
    assert read_rows(folder, landing, "order_id, _extra") == [("2026-03-09", None), ("2026-03-10", None)]


def test_the_log_says_how_many_files_there_were(folder: Path, landing: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    for day in ("09", "10", "11"):
        write(folder, f"orders/2026-03-{day}.csv", ORDERS, ROW)
    read_rows(folder, landing)
    assert "source shop, orders: 2 files to read, 0 unchanged since they were loaded, 1 of later days" in caplog.text


def test_what_is_no_delivery_is_left_alone_and_what_may_be_one_is_named(
    folder: Path, landing: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (
        "orders/1.csv",
        "orders/.part/2.csv",
        "orders/.3.csv",
        "orders/_SUCCESS",
        "README.md",
        ".hidden/x.csv",
    ):
        write(folder, name, ORDERS, ROW)
    for name in ("orders/4.csv.bz2", "orders/5.CSV", "customer.csv", "order/1.csv"):
        write(folder, name, ORDERS, ROW)
    assert len(read_rows(folder, landing)) == 1
    assert any(said.endswith("customer.csv, order/, orders/4.csv.bz2, orders/5.CSV") for said in caplog.messages)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path": "s3://bucket/or*ders"}, "not a place to read from"),
        ({"path": "ftp://bucket/orders"}, "not a place to read from"),
        ({"path": "/data", "region": "eu-west-1"}, "region can only be given with a path that begins with s3://"),
        ({"path": "s3://bucket", "endpoint": "http://127.0.0.1:9000"}, "endpoint"),
    ],
)
def test_a_wrong_setting_is_told(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        FilesSource(**settings)


def test_a_folder_and_a_url_are_told_apart(tmp_path: Path) -> None:
    assert FilesSource(path="shop").at(tmp_path).path == tmp_path / "shop"
    assert FilesSource(path="s3://bucket/shop/").at(tmp_path).path == "s3://bucket/shop"
