"""What a former version made is known by its hash, where a release says that it gives the same rows."""

import hashlib
import json
import lzma
from pathlib import Path

import pytest
import yaml

from wellkept.project import equivalent_definitions
from wellkept.project.definitions import Definition, read_definition, table_hash
from wellkept.project.equivalent_definitions import (
    PAIRS,
    TEXTS_OF_FORMAT_2,
    has_equivalent,
    hash_of_format_2,
    map_hashes,
    read_pairs,
)
from wellkept.project.parameters import Parameters

TABLE = "feature_customer__x"
FORMER = Definition("former", ("horizon_days",))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "models" / "features").mkdir(parents=True)
    (tmp_path / "models" / "features" / f"{TABLE}.sql").write_text("select {{ var('horizon_days') }}")
    return tmp_path


def carry(project: Path, *pairs: tuple[str, str]) -> None:
    entries = [
        {"table": TABLE, "was": was, "parameters": ["horizon_days"], "now": now, "proved_on": ["a shop"]}
        for was, now in pairs
    ]
    (project / PAIRS).write_text(yaml.safe_dump({"pairs": entries}))


@pytest.mark.parametrize("days", [90, 61])
def test_a_former_hash_leads_to_the_present_one_whatever_the_values(project: Path, days: int) -> None:
    carry(project, ("former", read_definition(TABLE, project).digest))
    values = {"horizon_days": days, "late_days": 1}
    present = table_hash(TABLE, values, project)
    assert map_hashes(values, project) == {FORMER.hash_with(values): present, present: present}
    assert FORMER.hash_with(values) != FORMER.hash_with({"horizon_days": 30})


def test_pairs_of_several_releases_lead_on(project: Path) -> None:
    carry(project, ("former", "between"), ("between", read_definition(TABLE, project).digest))
    assert FORMER.hash_with({"horizon_days": 90}) in map_hashes({"horizon_days": 90}, project)


def test_a_definition_that_changed_since_has_no_equivalent(project: Path) -> None:
    carry(project, ("former", "between"))
    present = table_hash(TABLE, {}, project)
    assert map_hashes({}, project) == {present: present}
    assert not has_equivalent(TABLE, "former", project)
    assert has_equivalent(TABLE, read_definition(TABLE, project).digest, project)


def test_a_hash_of_format_2_is_told_by_the_texts_it_was_made_of(project: Path) -> None:
    kept = {"tables": {TABLE: ["a"]}, "texts": {"a": "select {{ var('horizon_days') }} + 1"}}
    (project / TEXTS_OF_FORMAT_2).write_bytes(lzma.compress(json.dumps(kept).encode()))
    values = {"horizon_days": 90, "late_days": 1}
    was = json.dumps([[["a", kept["texts"]["a"]]], {"horizon_days": 90}])  # type: ignore[index]
    former = hashlib.sha256(was.encode()).hexdigest()[:16]
    assert hash_of_format_2(TABLE, values, project) == former
    assert former not in map_hashes(values, project), "no pair says that it gives the same rows"


def test_the_shipped_texts_give_the_hashes_that_homes_of_format_2_hold() -> None:
    demo = Parameters({"reporting_currency": "EUR"})
    assert {
        table: hash_of_format_2(table, demo) for table in ("feature_customer__orders", "feature_customer__journey")
    } == {
        "feature_customer__orders": "60c901adedc6b2cd",
        "feature_customer__journey": "885bd77b11958082",
    }
    assert hash_of_format_2("label_customer__purchase_churn", Parameters()) == "4e94ea5150de7a9f"


def test_no_former_definition_is_said_to_be_two_things() -> None:
    pairs = read_pairs()
    assert len({(pair.table, pair.was.digest) for pair in pairs}) == len(pairs)
    assert all(pair.proved_on and pair.was.digest != pair.now for pair in pairs)


def test_the_pairs_are_written_by_the_script_alone() -> None:
    file = equivalent_definitions.DBT_PROJECT / PAIRS
    assert not file.exists() or "find_equivalent_definitions.py" in file.read_text()
