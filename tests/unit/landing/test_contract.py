"""The landing contract: what every entity's entry must say, and that all of it reaches raw."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from wellkept.deployment.paths import DBT_PROJECT
from wellkept.landing.contract import ENTITIES, Entity
from wellkept.landing.load import load_day
from wellkept.landing.record import LandingRecord
from wellkept.landing.request import Request
from wellkept.runs.run import Run

STAGING = DBT_PROJECT / "models" / "staging"
OWN = {"source_system", "row_hash", "known_on", "is_known_on_assumed", "is_tombstone", "loaded_on", "run_id", "extra"}
VALUES = {
    "varchar": "x",
    "timestamp": "2026-02-01 10:00",
    "date": "2026-02-01",
    "boolean": "true",
    "bigint": "2",
    "decimal(18, 4)": "3.5",
}


def named(kind: str) -> dict[str, list[str]]:
    found = {
        name: [column.name for column in entity.columns if column.kind == kind] for name, entity in ENTITIES.items()
    }
    return {name: columns for name, columns in found.items() if columns}


def test_what_is_only_so_when_it_is_read_is_marked_current() -> None:
    consents = ["consent_email", "consent_sms", "consent_push"]
    assert named("current") == {
        "customers": [
            *["also_known_as", "email", "first_name", "last_name", "phone", "country", "city", "acquisition_campaign"],
            *consents,
        ],
        "products": ["name", "category", "unit_cost"],
        "subscriptions": ["plan", "annual_value", "period_end_at"],
        "campaigns": ["cost"],
    }


def test_only_who_somebody_is_is_evidence_before_it_is_read() -> None:
    columns = [(name, column) for name, entity in ENTITIES.items() for column in entity.columns if column.is_identity]
    assert [(name, column.name) for name, column in columns] == [("customers", "also_known_as"), ("customers", "email")]


def test_what_is_true_from_a_time_of_its_own_says_which() -> None:
    assert named("timed") == {
        "orders": ["status", "cancelled_at", "updated_at"],
        "customers": ["updated_at", "deleted_at"],
        "subscriptions": ["ended_at", "cancelled_at", "cancel_reason", "updated_at"],
        "tickets": ["first_response_at", "resolved_at", "csat_score"],
        "leads": ["won_at", "lost_at"],
    }
    for entity in ENTITIES.values():
        for column in entity.columns:
            times = {other.name for other in entity.columns if other.sql_type == "timestamp"}
            assert (column.kind == "timed") == bool(column.timed_by), column
            assert set(column.timed_by) <= times, column


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=lambda entity: entity.name)
def test_keys_and_event_are_required_facts_and_no_column_is_called_as_one_of_ours(entity: Entity) -> None:
    columns = {column.name: column for column in entity.columns}
    assert len(columns) == len(entity.columns)
    assert not OWN & set(columns)
    assert all(columns[name].is_required for name in entity.key)
    assert all(column.kind == "fact" for column in entity.columns if column.is_required)
    assert entity.event is None or columns[entity.event].kind == "fact"


def test_every_entity_is_a_source_of_dbt_and_is_staged() -> None:
    sources = yaml.safe_load((STAGING / "__sources.yml").read_text())["sources"]
    [raw] = [source for source in sources if source["name"] == "raw"]
    assert [table["name"] for table in raw["tables"]] == list(ENTITIES)
    assert {file.stem for file in STAGING.glob("stg_*.sql")} == {f"stg_{name}" for name in ENTITIES}


def test_every_column_of_every_entity_reaches_raw(tmp_path: Path, run_of: Callable[..., Run]) -> None:
    run = run_of("2026-03-10", source=tmp_path)
    folder = run.home.landing(run.as_of_date, "files")
    folder.mkdir(parents=True)
    with LandingRecord(Request("files", run.as_of_date, folder)) as record:
        for entity in ENTITIES.values():
            values = ", ".join(f"'{VALUES[column.sql_type]}' as {column.name}" for column in entity.columns)
            record.connection.execute(f"create or replace temp table staged as select {values}, 1 as _line")
            record.connection.execute(
                "create or replace temp table unreadable (line bigint, reason varchar, raw_text varchar)"
            )
            record.keep_staged(entity, entity.name)
        (folder / "extract.json").write_text(json.dumps(record.finish()))
    load_day(run)
    with duckdb.connect(str(run.home.warehouse), read_only=True) as connection:
        for entity in ENTITIES.values():
            missing = " or ".join(f"{name} is null" for name in entity.column_names)
            found = connection.execute(
                f"select source_system, {missing}, is_tombstone, loaded_on from raw.{entity.name}"
            ).fetchall()
            assert found == [("files", False, False, date(2026, 3, 10))], entity.name
