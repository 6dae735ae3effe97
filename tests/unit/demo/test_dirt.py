"""The dirt is there, is counted, is little, and costs nothing that is true."""

import csv
from pathlib import Path

import pytest

from wellkept.demo.company import Founded, write_landing


def read_lines(file: Path) -> tuple[list[str], list[list[str]]]:
    """Header and records of a CSV file, whatever their length."""
    with file.open(newline="", encoding="utf-8") as lines:
        header, *records = csv.reader(lines)
    return header, records


def test_malformed_lines_are_counted(company: Founded) -> None:
    for name, kind in (("order_lines", "malformed_order_lines"), ("customers", "malformed_customers")):
        header, records = read_lines(company.folder / f"{name}.csv")
        assert sum(len(record) != len(header) for record in records) == company.dirt[kind] > 0


def test_a_text_stands_in_some_refund_amounts(company: Founded) -> None:
    header, records = read_lines(company.folder / "refunds.csv")
    amounts = [record[header.index("amount")] for record in records]
    assert amounts.count("see e-mail") == company.dirt["text_amounts"] > 0
    assert len(records) == company.rows["refunds"] + company.dirt["text_amounts"]


def test_some_quantities_are_negative(company: Founded) -> None:
    header, records = read_lines(company.folder / "order_lines.csv")
    quantities = [record[header.index("quantity")] for record in records if len(record) == len(header)]
    assert quantities.count("-1") == company.dirt["negative_quantities"] > 0


def test_some_rows_come_twice(company: Founded) -> None:
    header, records = read_lines(company.folder / "order_lines.csv")
    whole = [tuple(record) for record in records if len(record) == len(header)]
    twice = len(whole) - len(set(whole))
    assert 0 < twice < company.dirt["duplicates"]


def test_a_note_with_a_comma_is_quoted(company: Founded) -> None:
    header, records = read_lines(company.folder / "customers.csv")
    notes = {record[header.index("loyalty_note")] for record in records if len(record) == len(header)}
    assert "card lost, replaced" in notes


@pytest.mark.parametrize("customers", [200, 400])
def test_dirt_stays_well_under_one_percent_in_a_small_company_too(tmp_path: Path, customers: int) -> None:
    founded = write_landing(tmp_path, customers=customers)
    kinds = {
        "order_lines": ("malformed_order_lines", "negative_quantities"),
        "customers": ("malformed_customers",),
        "refunds": ("text_amounts",),
    }
    for entity, names in kinds.items():
        assert sum(founded.dirt[name] for name in names) < 0.005 * founded.rows[entity]
