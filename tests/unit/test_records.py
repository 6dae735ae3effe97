"""Tables that Python writes are made from one dataclass, and stored ones are brought to its columns."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

import duckdb
import pyarrow as pa
import pytest

from wellkept.deployment.errors import WellkeptError
from wellkept.warehouse.records import (
    KEY,
    SqlType,
    Table,
    arrow_schema,
    columns_of,
    ensure_table,
    insert_rows,
    read_rows,
)


@dataclass(frozen=True)
class Visit:
    shop: Annotated[str, "The shop's own name for itself.", KEY]
    as_of_date: Annotated[date, "The day.", KEY]
    guests: Annotated[int, "How many came.", SqlType("integer")]
    mood: Literal["good", "bad"]
    seen_at: datetime
    is_open: bool = True
    spend: Annotated[float | None, "NULL where nobody bought."] = None


@dataclass(frozen=True)
class LongerVisit(Visit):
    weather: Annotated[str | None, "NULL where nobody looked."] = None
    staff: Annotated[int, "Who served."] = 1


@dataclass(frozen=True)
class OtherVisit(Visit):
    guests: Annotated[float, "How many came, in halves."]


@dataclass(frozen=True)
class StricterVisit:
    shop: Annotated[str, KEY]
    owner: str


VISITS = Table("quality.visits", Visit, "One row per shop and day.")
VISIT = Visit("north", date(2026, 1, 1), 3, "good", datetime.fromisoformat("2026-01-01T12:00"))


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        yield connection


def test_fields_are_columns_with_type_nullability_key_and_description(connection):
    ensure_table(connection, VISITS)
    stored = connection.execute(
        "select column_name, data_type, is_nullable, comment from duckdb_columns() where table_name = 'visits'"
    ).fetchall()
    assert stored == [
        ("shop", "VARCHAR", False, "The shop's own name for itself."),
        ("as_of_date", "DATE", False, "The day."),
        ("guests", "INTEGER", False, "How many came."),
        ("mood", "VARCHAR", False, None),
        ("seen_at", "TIMESTAMP", False, None),
        ("is_open", "BOOLEAN", False, None),
        ("spend", "DOUBLE", True, "NULL where nobody bought."),
    ]
    assert connection.execute("select comment from duckdb_tables()").fetchall() == [("One row per shop and day.",)]
    insert_rows(connection, VISITS, [VISIT])
    with pytest.raises(duckdb.ConstraintException):
        insert_rows(connection, VISITS, [VISIT])


def test_rows_come_back_as_the_records_they_were(connection):
    ensure_table(connection, VISITS)
    insert_rows(connection, VISITS, [])
    insert_rows(connection, VISITS, [VISIT])
    assert read_rows(connection, VISITS, "where shop = ? order by as_of_date", ["north"]) == [VISIT]
    assert read_rows(connection, VISITS, "where shop = ?", ["south"]) == []


def test_arrow_schema_has_the_stored_types(connection):
    ensure_table(connection, VISITS)
    insert_rows(connection, VISITS, [VISIT])
    assert arrow_schema(VISITS).names == VISITS.column_names
    assert arrow_schema(VISITS).types == connection.execute("from quality.visits").to_arrow_table().schema.types
    assert not arrow_schema(VISITS).field("shop").nullable
    pa.Table.from_pylist([vars(VISIT)], arrow_schema(VISITS))


def test_a_stored_table_gets_the_columns_it_lacks_and_keeps_its_rows(connection):
    ensure_table(connection, VISITS)
    insert_rows(connection, VISITS, [VISIT])
    longer = Table(VISITS.name, LongerVisit, "One row per shop and day, with its weather.")
    connection.begin()
    ensure_table(connection, longer)
    ensure_table(connection, longer)
    insert_rows(connection, longer, [LongerVisit("south", *list(vars(VISIT).values())[1:], weather="rain", staff=2)])
    connection.commit()
    old, new = read_rows(connection, longer, "order by shop")
    assert (old.weather, old.staff, new.weather, new.staff) == (None, 1, "rain", 2)
    (said,) = connection.execute("select comment from duckdb_columns() where column_name = 'weather'").fetchone()
    assert said == "NULL where nobody looked."
    assert connection.execute("select comment from duckdb_tables()").fetchone() == (longer.description,)


def test_the_version_before_goes_on_with_a_table_that_has_more_columns(connection):
    longer = Table(VISITS.name, LongerVisit, "Longer.")
    ensure_table(connection, longer)
    ensure_table(connection, VISITS)
    insert_rows(connection, VISITS, [VISIT])
    assert read_rows(connection, VISITS) == [VISIT]
    assert read_rows(connection, longer) == [LongerVisit(**vars(VISIT))]


@pytest.mark.parametrize(
    ("record", "said"),
    [(OtherVisit, "guests is integer and not double"), (StricterVisit, "it lacks owner")],
)
def test_what_is_no_added_column_takes_a_migration(connection, record, said):
    ensure_table(connection, VISITS)
    with pytest.raises(WellkeptError, match=f"quality.visits.*{said}.*wellkept upgrade"):
        ensure_table(connection, Table(VISITS.name, record, "Other."))


def test_an_ensured_table_leaves_the_catalog_alone(connection, tmp_path):
    connection.execute(f"attach '{tmp_path / 'warehouse.duckdb'}' as stored")
    connection.execute("use stored")
    ensure_table(connection, VISITS)
    connection.execute("checkpoint")
    ensure_table(connection, VISITS)
    assert not (tmp_path / "warehouse.duckdb.wal").exists() or (tmp_path / "warehouse.duckdb.wal").stat().st_size == 0


def test_a_field_that_has_no_sql_type_is_named():
    @dataclass(frozen=True)
    class Odd:
        parts: dict

    with pytest.raises(TypeError, match="parts"):
        columns_of(Odd)
