"""What is loaded is not read again: a day costs what it brings, and nothing gets lost by it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from landings import LINES, ORDERS, load, query, read_files, write

from wellkept.deployment.errors import GateError
from wellkept.runs.run import Run

pytestmark = pytest.mark.slow

MakeRun = Callable[..., Run]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "delivery"
    made.mkdir()
    return made


def test_a_file_that_is_as_it_was_is_not_read_again_and_its_entity_is_noted(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", ORDERS, "a,c,2026-03-01")
    write(folder, "products.csv", "product_id", "p")
    load(run_of("2026-03-05", folder))
    write(folder, "products.csv", "product_id", "p", "q")
    load(run := run_of("2026-03-06", folder))
    assert read_files(run) == ["products.csv"]
    assert query(
        run, "select entity, rows_read, rows_new from raw.loads where as_of_date = '2026-03-06' order by 1"
    ) == [
        ("orders", 0, 0),
        ("products", 2, 1),
    ]


def test_a_file_of_the_same_size_written_later_is_read_again(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", ORDERS, "a,c,2026-03-01")
    load(run_of("2026-03-05", folder))
    write(folder, "orders.csv", ORDERS, "b,c,2026-03-01")
    load(run := run_of("2026-03-06", folder))
    assert query(run, "select order_id from raw.orders order by 1") == [("a",), ("b",)]


def test_a_file_with_rows_of_a_later_day_is_read_until_they_are_loaded(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", ORDERS, "a,c,2026-03-04", "b,c,2026-03-05 12:00")
    write(folder, "order_lines.csv", LINES, "a,1,1,5", "b,1,1,5")
    for day, read in (
        ("2026-03-05", ["orders.csv", "order_lines.csv"]),
        ("2026-03-06", ["orders.csv", "order_lines.csv"]),
        ("2026-03-07", []),
    ):
        load(run := run_of(day, folder))
        assert read_files(run) == read, day
    assert query(run, "select order_id, known_on from raw.order_lines order by 1") == [
        ("a", date(2026, 3, 5)),
        ("b", date(2026, 3, 6)),
    ]


def test_lines_that_came_before_their_order_are_read_again_and_do_not_stop_a_later_day(
    folder: Path, run_of: MakeRun
) -> None:
    write(folder, "orders/1.csv", ORDERS, "a,c,2026-03-01")
    write(folder, "order_lines/1.csv", LINES, "a,1,1,5", "late,1,1,5")
    write(folder, "order_lines/2.csv", LINES, *[f"a,{n},1,5" for n in range(2, 300)])
    load(run_of("2026-03-05", folder))
    load(run := run_of("2026-03-06", folder))
    assert read_files(run) == ["order_lines/1.csv"]
    write(folder, "orders/2.csv", ORDERS, "late,c,2026-03-02")
    load(run := run_of("2026-03-07", folder))
    assert query(run, "select known_on from raw.order_lines where order_id = 'late'") == [(date(2026, 3, 7),)]
    load(run := run_of("2026-03-08", folder))
    assert read_files(run) == []


def test_a_day_extracted_again_reads_again_what_it_brought(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders/1.csv", ORDERS, "a,c,2026-03-01")
    load(run_of("2026-03-05", folder))
    write(folder, "orders/2.csv", ORDERS, "b,c,2026-03-05")
    load(run_of("2026-03-06", folder))
    load(run := run_of("2026-03-06", folder, is_re_extract=True))
    assert read_files(run) == ["orders/2.csv"]
    assert query(run, "select order_id from raw.orders order by 1") == [("a",), ("b",)]
    load(run := run_of("2026-03-07", folder))
    assert read_files(run) == []


def test_a_refused_load_notes_no_file(folder: Path, run_of: MakeRun) -> None:
    write(folder, "orders.csv", ORDERS, "a,c,2026-03-01", ",c,2026-03-01")
    with pytest.raises(GateError, match=r"1 of 2 rows are unusable"):
        load(run_of("2026-03-05", folder))
    load(run := run_of("2026-03-05", folder, max_quarantined_share=0.5))
    assert query(run, "select order_id from raw.orders") == [("a",)]


@pytest.mark.parametrize("setting", ['timezone = "Europe/Paris"', 'decimal = ","', 'encoding = "cp1252"'])
def test_files_are_read_again_when_the_source_says_otherwise_how(
    tmp_path: Path, folder: Path, run_of: MakeRun, setting: str
) -> None:
    config = tmp_path / "wellkept.toml"
    config.write_text(f'[sources.shop]\npath = "{folder}"\n')
    write(folder, "orders.csv", ORDERS, "a,c,2026-03-01")
    load(run_of("2026-03-05"))
    config.write_text(f'[sources.shop]\npath = "{folder}"\n{setting}\n')
    load(run := run_of("2026-03-06"))
    assert read_files(run, "shop") == ["orders.csv"]


def test_an_older_row_in_a_file_that_is_read_again_does_not_come_back(folder: Path, run_of: MakeRun) -> None:
    header = "order_id,customer_id,ordered_at,status,updated_at"
    write(folder, "orders/2026-03-01.csv", header, "a,c,2026-03-01,completed,2026-03-01", "b,c,2026-03-01,,2026-03-01")
    write(folder, "orders/2026-03-02.csv", header, "a,c,2026-03-01,cancelled,2026-03-02")
    load(run_of("2026-03-05", folder))
    write(folder, "orders/2026-03-01.csv", header, "a,c,2026-03-01,completed,2026-03-01", "b,d,2026-03-01,,2026-03-05")
    load(run := run_of("2026-03-06", folder))
    assert read_files(run) == ["orders/2026-03-01.csv"]
    newest = "select order_id, customer_id, status from raw.orders qualify row_number() over (partition by order_id order by loaded_on desc) = 1"
    assert query(run, f"{newest} order by 1") == [("a", "c", "cancelled"), ("b", "d", None)]
    assert query(run, "select rows_changed, rows_superseded from raw.loads order by as_of_date") == [(0, 1), (1, 1)]


def test_a_folder_by_day_costs_a_file_a_day_and_late_and_mended_files_are_found(folder: Path, run_of: MakeRun) -> None:
    for day in (1, 2, 3, 4):
        write(folder, f"orders/2026-03-0{day}.csv", ORDERS, f"{day},c,2026-03-0{day} 12:00")
    read = {}
    for day in ("2026-03-03", "2026-03-04", "2026-03-05"):
        load(run := run_of(day, folder))
        read[day] = read_files(run)
    assert read == {
        "2026-03-03": ["orders/2026-03-01.csv", "orders/2026-03-02.csv", "orders/2026-03-03.csv"],
        "2026-03-04": ["orders/2026-03-03.csv", "orders/2026-03-04.csv"],
        "2026-03-05": ["orders/2026-03-04.csv"],
    }
    write(folder, "orders/2026-02-28.csv", ORDERS, "late,c,2026-02-28")
    write(folder, "orders/2026-03-02.csv", ORDERS, "2,mended,2026-03-02 12:00")
    load(run := run_of("2026-03-06", folder))
    assert read_files(run) == ["orders/2026-02-28.csv", "orders/2026-03-02.csv"]
    assert query(
        run, "select order_id, customer_id, known_on from raw.orders where loaded_on = '2026-03-06' order by 1"
    ) == [
        ("2", "mended", date(2026, 3, 6)),
        ("late", "c", date(2026, 3, 6)),
    ]


def test_daily_loads_and_one_late_load_hold_the_same_rows(folder: Path, tmp_path: Path, run_of: MakeRun) -> None:
    header = f"{ORDERS},status,updated_at"
    for day in range(1, 6):
        previous = f"{day - 1},c,2026-03-0{day - 1} 12:00,cancelled,2026-03-0{day} 12:00"
        rows = [f"{day},c,2026-03-0{day} 12:00,completed,2026-03-0{day} 12:00", *([previous] if day > 1 else [])]
        write(folder, f"orders/2026-03-0{day}.csv", header, *rows)
        write(folder, f"order_lines/2026-03-0{day}.csv", LINES, f"{day},1,1,5")
    for day in range(2, 8):
        load(daily := run_of(f"2026-03-0{day}", folder))
    once = tmp_path / "once"
    daily.home.root.rename(once)
    load(late := run_of("2026-03-07", folder))
    late.home.root.rename(tmp_path / "late")
    newest = (
        "select order_id, status, updated_at from raw.orders "
        "qualify row_number() over (partition by order_id order by loaded_on desc) = 1 order by 1"
    )
    lines = "select order_id, line_number, known_on from raw.order_lines order by 1"
    answers = []
    for home in (once, tmp_path / "late"):
        home.rename(daily.home.root)
        answers.append((query(daily, newest), query(daily, lines)))
        daily.home.root.rename(home)
    assert answers[0] == answers[1]
    assert len(answers[0][0]) == 5
