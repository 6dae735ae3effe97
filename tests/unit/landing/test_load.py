"""Landing files into raw: versions, both clocks, quarantine, and what stops a load."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wellkept.deployment.errors import BadInputError, GateError
from wellkept.landing.load import load_day
from wellkept.runs.run import Run
from wellkept.sources.extract import extract, names

pytestmark = pytest.mark.slow

HEADER = "order_id,customer_id,ordered_at"
MakeRun = Callable[..., Run]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "delivery"
    made.mkdir()
    return made


def write(folder: Path, name: str, *lines: str, encoding: str = "utf-8") -> None:
    (folder / name).write_text("\n".join(lines) + "\n", encoding=encoding)


def load(run: Run) -> dict[str, int]:
    for name in names(run):
        extract(run, name)
    return load_day(run)


def query(run: Run, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(run.home.warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_first_load_assumes_a_row_was_knowable_the_day_after_it_happened(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01 23:59:59", "b,c,2026-03-09 00:00:00")
    run = run_of("2026-03-10", folder)
    load(run)
    rows = query(run, "select order_id, known_on, is_known_on_assumed, loaded_on from raw.orders order by 1")
    assert rows == [
        ("a", date(2026, 3, 2), True, date(2026, 3, 10)),
        ("b", date(2026, 3, 10), False, date(2026, 3, 10)),
    ]


def test_a_first_load_lies_in_the_order_of_time_whatever_the_order_of_its_keys(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01", "b,c,2025-03-09", "c,c,2026-02-01")
    run = run_of("2026-03-10", folder)
    load(run)
    assert query(run, "select order_id from raw.orders") == [("b",), ("c",), ("a",)]


def test_what_happens_on_the_day_or_later_waits_for_its_day(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-09 23:59:59", "b,c,2026-03-10 00:00:00", "z,c,2027-01-01")
    write(folder, "order_lines.csv", "order_id,line_number,quantity,unit_price", "a,1,1,5", "b,1,1,5", "z,1,1,5")
    load(run_of("2026-03-10", folder))
    load(run := run_of("2026-03-11", folder))
    assert query(run, "select order_id, known_on from raw.orders order by 1") == [
        ("a", date(2026, 3, 10)),
        ("b", date(2026, 3, 11)),
    ]
    assert query(run, "select order_id, known_on from raw.order_lines order by 1") == [
        ("a", date(2026, 3, 10)),
        ("b", date(2026, 3, 11)),
    ]
    assert query(run, "select entity, rows_waiting from raw.loads where as_of_date = '2026-03-11' order by 1") == [
        ("order_lines", 1),
        ("orders", 1),
    ]


def test_a_catch_up_knows_a_row_from_the_day_after_it_but_not_before_the_last_load(
    folder: Path, run_of: MakeRun
) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01")
    load(run_of("2026-03-05", folder))
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01", "late,c,2026-03-02", "b,c,2026-03-07")
    load(run := run_of("2026-03-10", folder))
    assert query(run, "select order_id, known_on from raw.orders order by 1") == [
        ("a", date(2026, 3, 2)),
        ("b", date(2026, 3, 8)),
        ("late", date(2026, 3, 6)),
    ]


def test_a_change_is_a_version_known_from_its_update_and_without_one_from_the_day(
    folder: Path, run_of: MakeRun
) -> None:
    header = "order_id,customer_id,ordered_at,total_amount,updated_at"
    write(folder, "orders.csv", header, "a,c,2026-03-01,10,", "b,c,2026-03-01,10,2026-03-01 10:00")
    load(run_of("2026-03-05", folder))
    write(folder, "orders.csv", header, "a,c,2026-03-01,11,", "b,c,2026-03-01,11,2026-03-06 10:00")
    load(run := run_of("2026-03-10", folder))
    assert query(run, "select order_id, total_amount::int, known_on from raw.orders order by 1, 3") == [
        ("a", 10, date(2026, 3, 2)),
        ("a", 11, date(2026, 3, 10)),
        ("b", 10, date(2026, 3, 2)),
        ("b", 11, date(2026, 3, 7)),
    ]


def test_the_same_delivery_twice_adds_nothing(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01")
    load(run_of("2026-03-05", folder))
    assert load(run_of("2026-03-05", folder)) == {}
    load(run := run_of("2026-03-06", folder))
    assert query(run, "select count(*) from raw.orders") == [(1,)]
    assert query(run, "select rows_read, rows_new from raw.loads order by as_of_date") == [(1, 1), (0, 0)]


def test_re_extract_replaces_the_last_day_and_only_that(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01")
    load(run_of("2026-03-05", folder))
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01", "b,c,2026-03-05")
    load(run_of("2026-03-06", folder))
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01", "c,c,2026-03-05")
    load(run := run_of("2026-03-06", folder, is_re_extract=True))
    assert query(run, "select order_id from raw.orders order by 1") == [("a",), ("c",)]
    with pytest.raises(GateError, match="later days up to 2026-03-06"):
        load(run_of("2026-03-05", folder, is_re_extract=True))


def test_identical_rows_collapse_and_are_counted(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01", "a,c,2026-03-01")
    load(run := run_of("2026-03-05", folder))
    assert query(run, "select rows_read, rows_new, rows_duplicate from raw.loads") == [(2, 1, 1)]


def test_of_two_rows_under_one_key_the_newest_update_wins(folder: Path, run_of: MakeRun) -> None:
    header = "order_id,customer_id,ordered_at,channel,updated_at"
    write(folder, "orders.csv", header, "a,c,2026-03-01,new,2026-03-03", "a,c,2026-03-01,old,2026-03-02")
    load(run := run_of("2026-03-05", folder))
    assert query(run, "select channel from raw.orders") == [("new",)]
    assert query(run, "select rows_superseded from raw.loads") == [(1,)]


@pytest.mark.parametrize("updated", ["", "2026-03-03"])
def test_two_rows_under_one_key_that_nothing_tells_apart_stop_the_run(
    folder: Path, run_of: MakeRun, updated: str
) -> None:
    header = "order_id,customer_id,ordered_at,channel,updated_at"
    write(folder, "orders.csv", header, f"a7,c,2026-03-01,web,{updated}", f"a7,c,2026-03-01,shop,{updated}")
    run = run_of("2026-03-05", folder)
    with pytest.raises(GateError, match=r"orders for 2026-03-05 .* 1 key\(s\) with rows that differ .*order_id a7"):
        load(run)
    assert query(run, "select count(*) from duckdb_tables() where schema_name = 'raw'") == [(0,)]


def test_unusable_rows_go_to_quarantine_with_file_line_reason_and_text(folder: Path, run_of: MakeRun) -> None:
    header = HEADER + ",total_amount"
    good = [f"g{n},c,2026-03-01,5" for n in range(500)]
    write(folder, "orders.csv", header, "a,c,2026-03-01,ten", *good, "b,c", ",c,2026-03-01,5", "d,c,2026-13-01,5")
    load(run := run_of("2026-03-05", folder))
    rows = query(run, "select source, entity, file, line, reason from raw.quarantine order by line")
    assert rows == [
        ("files", "orders", "orders.csv", 2, "total_amount is not a number"),
        ("files", "orders", "orders.csv", 503, "missing columns"),
        ("files", "orders", "orders.csv", 504, "order_id is missing"),
        ("files", "orders", "orders.csv", 505, "ordered_at is not a time"),
    ]
    assert query(run, "select raw_text from raw.quarantine where line = 503") == [("b,c",)]
    assert query(run, "select count(*) from raw.orders") == [(500,)]
    load(run := run_of("2026-03-06", folder))
    assert query(run, "select count(*) from raw.quarantine") == [(4,)], "the same row is kept once"


def test_too_many_unusable_rows_stop_the_run_before_anything_is_loaded(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER, *[f"g{n},c,2026-03-01" for n in range(98)], ",c,2026-03-01", "x,c,never")
    run = run_of("2026-03-05", folder)
    with pytest.raises(GateError, match=r"orders for 2026-03-05.*2 of 100 rows are unusable \(2.0%"):
        load(run)
    assert query(run, "select count(*) from duckdb_tables() where schema_name = 'raw'") == [(0,)]
    load(run_of("2026-03-05", folder, max_quarantined_share=0.02))


def test_lines_without_their_order_go_to_quarantine(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01")
    lines = [f"a,{n},1,5" for n in range(200)]
    write(folder, "order_lines.csv", "order_id,line_number,quantity,unit_price", *lines, "nobody,1,1,5")
    load(run := run_of("2026-03-05", folder))
    assert query(run, "select entity, reason from raw.quarantine") == [
        ("order_lines", "its row in orders is not known")
    ]


def test_a_missing_required_column_stops_the_run_with_its_name(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", "order_id,ordered_at", "a,2026-03-01")
    with pytest.raises(BadInputError, match=r"orders for 2026-03-05: orders.csv has no column customer_id"):
        load(run_of("2026-03-05", folder))


def test_a_folder_that_does_not_exist_or_has_no_orders_is_named(tmp_path: Path, folder: Path, run_of: MakeRun) -> None:
    with pytest.raises(BadInputError, match="nowhere does not exist"):
        load(run_of("2026-03-05", tmp_path / "nowhere"))
    with pytest.raises(BadInputError, match="has no orders"):
        load(run_of("2026-03-05", folder))


def test_an_unreadable_file_is_named_and_leaves_nothing(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01")
    (folder / "refunds.parquet").write_bytes(b"this is not parquet")
    run = run_of("2026-03-05", folder)
    with pytest.raises(BadInputError, match=r"refunds: .*refunds.parquet cannot be read"):
        load(run)
    assert not run.home.landing(run.as_of_date, "files").exists()


def test_without_a_source_the_message_says_how_to_give_one(run_of: MakeRun) -> None:
    with pytest.raises(BadInputError, match="--source FOLDER"):
        names(run_of("2026-03-05"))


def test_unknown_columns_are_kept_aside_and_reported(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER + ",shoe size", "a,c,2026-03-01,42")
    load(run := run_of("2026-03-05", folder))
    assert query(run, "select extra from raw.orders") == [('{"shoe size":"42"}',)]
    assert query(run, "select unknown_columns from raw.loads") == [('["shoe size"]',)]


def test_times_commas_and_encodings_are_read_as_configured(tmp_path: Path, folder: Path, run_of: MakeRun) -> None:
    write(
        folder,
        "orders.csv",
        "order_id;customer_id;ordered_at;total_amount;channel",
        "a;c;2026-07-01 01:30:00;12,50;Café",
        "b;c;2026-07-01T01:30:00+00:00;7;web",
        encoding="cp1252",
    )
    (tmp_path / "wellkept.toml").write_text(
        f'[sources.shop]\ntype = "files"\npath = "{folder}"\ntimezone = "Europe/Paris"\n'
        'encoding = "cp1252"\ndelimiter = ";"\ndecimal = ","\n'
    )
    load(run := run_of("2026-07-02"))
    rows = query(
        run,
        "select order_id, strftime(ordered_at, '%d %H:%M'), total_amount::double, channel from raw.orders order by 1",
    )
    assert rows == [("a", "30 23:30", 12.5, "Café"), ("b", "01 01:30", 7.0, "web")]


def test_files_in_a_folder_and_parquet_are_read_alike(folder: Path, run_of: MakeRun) -> None:
    (folder / "orders" / "2026").mkdir(parents=True)
    write(folder, "orders/2026/01.csv", HEADER, "a,c,2026-03-01")
    duckdb.execute(
        f"copy (select 'b' as order_id, 'c' as customer_id, timestamp '2026-03-02' as ordered_at) "
        f"to '{folder}/orders/02.parquet'"
    )
    load(run := run_of("2026-03-05", folder))
    assert query(run, "select order_id from raw.orders order by 1") == [("a",), ("b",)]


def test_a_second_currency_without_a_rate_stops_the_run_and_is_named(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER + ",currency", "a,c,2026-03-01,EUR", "b,c,2026-03-01,SEK")
    with pytest.raises(GateError, match="EUR, SEK; say which one"):
        load(run_of("2026-03-05", folder))
    with pytest.raises(GateError, match="no rate from SEK to EUR on 2026-03-01"):
        load(run_of("2026-03-05", folder, reporting_currency="EUR"))


def test_each_entity_counts_its_own_loads(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01")
    write(folder, "customers.csv", "customer_id,created_at", "c,2026-02-01")
    write(folder, "order_lines.csv", "order_id,line_number,quantity,unit_price", "a,1,1,5")
    load(run_of("2026-03-10", folder))
    write(folder, "refunds.csv", "refund_id,customer_id,refunded_at,amount", "r,c,2026-03-02,5")
    load(run := run_of("2026-03-11", folder))
    for entity, known_on in (
        ("customers", date(2026, 2, 2)),
        ("order_lines", date(2026, 3, 2)),
        ("refunds", date(2026, 3, 3)),
    ):
        assert query(run, f"select known_on from raw.{entity}") == [(known_on,)], entity


def test_a_quote_that_is_never_closed_stops_the_run_and_is_named(folder: Path, run_of: MakeRun) -> None:
    lines = [f"a{n},c,2026-03-01" for n in range(3000)]
    lines[500] = 'a500,"c,2026-03-01'
    write(folder, "orders.csv", HEADER, *lines)
    with pytest.raises(BadInputError, match=r"orders: .*orders.csv cannot be read \(line 502 has a quote"):
        load(run_of("2026-03-05", folder))


def test_quoted_line_breaks_and_an_index_column_are_fine(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", ',"order_id",Customer_ID,ordered_at,channel', '0,a,c,2026-03-01,"two\nlines"')
    load(run := run_of("2026-03-05", folder))
    assert query(run, "select order_id, customer_id, channel from raw.orders") == [("a", "c", "two\nlines")]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("order_id,customer_id,ordered_at,Channel,channel", "channel more than once"),
        (HEADER + ",_line", "_line, a name"),
    ],
)
def test_a_header_that_cannot_be_used_is_told(folder: Path, run_of: MakeRun, header: str, message: str) -> None:
    write(folder, "orders.csv", header, "a,c,2026-03-01,x,y")
    with pytest.raises(BadInputError, match=message):
        load(run_of("2026-03-05", folder))


def test_keys_are_text_without_blanks_and_numbers_without_a_point(folder: Path, run_of: MakeRun) -> None:
    duckdb.execute(
        "copy (select 7::double as order_id, ' c ' as customer_id, timestamp '2026-03-02' as ordered_at) "
        f"to '{folder}/orders.parquet'"
    )
    load(run := run_of("2026-03-05", folder))
    assert query(run, "select order_id, customer_id from raw.orders") == [("7", "c")]


def test_a_fraction_is_not_rounded_into_a_line_number(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01")
    lines = [f"a,{n},1,5" for n in range(200)]
    write(folder, "order_lines.csv", "order_id,line_number,quantity,unit_price", *lines, "a,1.7,1,5")
    load(run := run_of("2026-03-05", folder))
    assert query(run, "select reason from raw.quarantine") == [("line_number is not a whole number",)]


def test_the_same_orders_under_another_source_name_stop_the_run(tmp_path: Path, folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01")
    load(run_of("2026-03-05", folder))
    (tmp_path / "wellkept.toml").write_text(f'[sources.shop]\npath = "{folder}"\n')
    with pytest.raises(
        GateError, match=r"orders for 2026-03-06 from source shop: 1 key.* from source files .*nothing was loaded"
    ):
        load(run_of("2026-03-06"))


def test_a_file_that_is_no_entity_is_named(folder: Path, run_of: MakeRun, caplog: pytest.LogCaptureFixture) -> None:
    write(folder, "orders.csv", HEADER, "a,c,2026-03-01")
    write(folder, "customer.csv", "customer_id", "c")
    load(run_of("2026-03-05", folder))
    assert "customer.csv" in caplog.text
