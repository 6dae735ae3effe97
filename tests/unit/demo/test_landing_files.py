"""The shop's books as landing files: the contract's columns, in one currency, the same bytes each time."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from wellkept.demo.books import KEYS
from wellkept.demo.company import Founded, write_landing
from wellkept.landing.contract import ENTITIES

DAY = date(2024, 9, 1)
CHANGING = {
    "orders": "status, cancelled_at, channel, updated_at",
    "customers": "email, first_name, last_name, phone, birth_date, country, city, consent_email, consent_sms,"
    " consent_push, updated_at, deleted_at",
    "campaigns": "cost",
    "products": "unit_cost",
}


def rows_of(founded: Founded, entity: str) -> str:
    """The entity's clean rows, each once."""
    if (founded.folder / f"{entity}.parquet").exists():
        return f"(select distinct * from '{founded.folder}/{entity}.parquet')"
    clean = {"order_lines": "quantity::int > 0", "refunds": "refund_id[1] = 'R'"}.get(entity, "true")
    return (
        f"(select distinct * from read_csv('{founded.folder}/{entity}.csv', all_varchar = true, header = true,"
        f" delim = ',', quote = '\"', ignore_errors = true) where {clean})"
    )


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (write_landing(tmp_path / name, seed=3, customers=200, last_day=DAY) for name in ("one", "two"))
    other = write_landing(tmp_path / "other", seed=4, customers=200, last_day=DAY)
    for file in sorted(one.folder.iterdir()):
        assert file.read_bytes() == (two.folder / file.name).read_bytes(), file.name
        assert file.read_bytes() != (other.folder / file.name).read_bytes(), file.name


@pytest.mark.parametrize("entity", KEYS)
def test_every_entity_of_the_shop_has_the_contracts_columns_and_clean_keys(company: Founded, entity: str) -> None:
    rows = rows_of(company, entity)
    columns = {name for (name, *_) in duckdb.sql(f"describe from {rows}").fetchall()}
    assert columns - {"loyalty_note"} == {*ENTITIES[entity].column_names} - {"also_known_as"}
    assert ("loyalty_note" in columns) == (entity == "customers")
    key = ", ".join(ENTITIES[entity].key)
    assert duckdb.sql(f"select count(*), count(distinct ({key})) from {rows}").fetchall() == [
        (company.rows[entity], company.rows[entity])
    ]


def test_orders_are_in_one_currency_unless_more_are_asked_for(company: Founded, tmp_path: Path) -> None:
    both = write_landing(tmp_path, customers=300, last_day=DAY, currencies=True)
    found = [set(pq.read_table(one.folder / "orders.parquet")["currency"].to_pylist()) for one in (company, both)]
    assert found == [{"EUR"}, {"EUR", "XTS"}]


def test_a_later_last_day_adds_and_corrects_and_changes_nothing_else(tmp_path: Path) -> None:
    early = write_landing(tmp_path / "early", customers=300, last_day=DAY)
    late = write_landing(tmp_path / "late", customers=300, last_day=DAY + timedelta(days=30))
    for entity in KEYS:
        columns = f"* exclude ({CHANGING[entity]})" if entity in CHANGING else "*"
        lost = f"select {columns} from {rows_of(early, entity)} except select {columns} from {rows_of(late, entity)}"
        assert not duckdb.sql(lost).fetchall(), entity
        assert late.rows[entity] >= early.rows[entity]
    changed = duckdb.sql(
        "select min(updated_at::timestamp), count(*) from"
        f" (select * from {rows_of(late, 'customers')} except select * from {rows_of(early, 'customers')})"
        f" where customer_id in (select customer_id from {rows_of(early, 'customers')})"
    )
    [(first_change, count)] = changed.fetchall()
    assert count > 0
    assert first_change.date() >= DAY
