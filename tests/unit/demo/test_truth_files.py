"""What is written beside: hazards, departures, outcomes, people and the rows that raw must come to hold."""

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from wellkept.demo.books import Books
from wellkept.demo.company import Charter, found, write_truth
from wellkept.demo.truth import CAUSES

CHARTER, TODAY = Charter(customers=200), date(2024, 9, 1)


@pytest.fixture(scope="module")
def books() -> Books:
    return found(CHARTER, TODAY)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, books: Books) -> Path:
    folder = tmp_path_factory.mktemp("truth")
    write_truth(folder, CHARTER, TODAY, 30, books)
    return folder


def ask(folder: Path, query: str) -> list[tuple[object, ...]]:
    return duckdb.sql(query.replace("from '", f"from '{folder}/").replace("join '", f"join '{folder}/")).fetchall()


def test_a_hazard_is_the_sum_of_its_parts_and_a_probability(folder: Path) -> None:
    parts = " + ".join(CAUSES)
    assert ask(
        folder,
        f"select bool_and(abs(hazard - ({parts})) < 1e-6), min(hazard) > 0, max(hazard) < 0.5,"
        f" count(*) = count(distinct (customer_id, day)), max(day) from 'hazards.parquet'",
    ) == [(True, True, True, True, date(2024, 8, 31))]


def test_as_many_leave_as_the_hazards_say(folder: Path) -> None:
    [(expected,)] = ask(folder, "select sum(hazard) from 'hazards.parquet'")
    [(left,)] = ask(folder, "select count(*) from 'departures.parquet'")
    assert isinstance(expected, float)
    assert isinstance(left, int)
    assert abs(left - expected) < 3 * expected**0.5


def test_who_leaves_had_a_hazard_from_the_cause_that_day_and_none_the_next(folder: Path) -> None:
    cause = "case cause " + " ".join(f"when '{name}' then {name}" for name in CAUSES) + " end"
    assert ask(
        folder,
        f"select bool_and({cause} > 0) from 'departures.parquet' as left_"
        " left join 'hazards.parquet' as hazards on left_.customer_id = hazards.customer_id and day = left_on",
    ) == [(True,)]
    assert ask(
        folder,
        "select count(*) from 'departures.parquet' as left_"
        " join 'hazards.parquet' as hazards on left_.customer_id = hazards.customer_id and day = left_on + 1",
    ) == [(0,)]


def test_rows_are_those_of_the_books(folder: Path, books: Books) -> None:
    rows = json.loads((folder / "rows.json").read_text())
    for name, table in books.shop.items():
        assert rows["shop"][name]["rows"] + rows["shop"][name]["duplicates"] == len(table)
    assert rows["crm"]["customers"] == {"rows": len(books.crm["contacts"]), "duplicates": 0}
    assert rows["crm"]["interactions"]["rows"] == sum(len(books.crm[one]) for one in ("calls", "emails", "meetings"))
    assert set(rows["crm"]) == {"customers", "leads", "tickets", "surveys", "subscriptions", "interactions"}


def test_outcomes_and_people_have_one_row_for_each_account(folder: Path, books: Books) -> None:
    for name in ("outcomes", "people"):
        accounts = set(books.shop["customers"]["customer_id"].to_pylist())
        assert {key for (key,) in ask(folder, f"select customer_id from '{name}.parquet'")} == accounts


def test_written_again_it_is_the_same(folder: Path, tmp_path: Path) -> None:
    write_truth(tmp_path, CHARTER, TODAY, 30)
    for file in sorted(folder.iterdir()):
        assert file.read_bytes() == (tmp_path / file.name).read_bytes(), file.name
