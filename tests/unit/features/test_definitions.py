"""A definition hash changes exactly when rows could."""

from pathlib import Path

import pytest

from wellkept.project.definitions import group_names, label_names, table_hash

FEATURE = "select {{ window_days(30) }} from {{ ref('int_things') }}"
UPSTREAM = "select * from {{ ref('rates') }} where days < {{ var('horizon_days') }}"
MACRO = "{% macro window_days(days) %}{{ days }} + {{ var('late_days') }}{% endmacro %}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "models/features/feature_customer__x.sql": FEATURE,
        "models/features/feature_customer__y.sql": "select 1",
        "models/features/feature_customer__x.yml": "description: one",
        "models/labels/label_customer__z.sql": "select 1",
        "models/intermediate/int_things.sql": UPSTREAM,
        "seeds/rates.csv": "a,b",
        "macros/windows.sql": MACRO,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def copy_with(project: Path, tmp_path_factory: pytest.TempPathFactory, name: str, text: str) -> Path:
    other = tmp_path_factory.mktemp("other")
    for file in project.rglob("*.*"):
        target = other / file.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.read_text())
    (other / name).write_text(text)
    return other


PARAMETERS = {"horizon_days": 90, "late_days": 1, "kept_editions": 7}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("models/features/feature_customer__x.sql", FEATURE + " limit 1"),
        ("models/intermediate/int_things.sql", UPSTREAM + " limit 1"),
        ("macros/windows.sql", MACRO + " "),
        ("seeds/rates.csv", "a,c"),
    ],
)
def test_a_change_anywhere_upstream_changes_the_hash(
    project: Path, tmp_path_factory: pytest.TempPathFactory, name: str, text: str
) -> None:
    changed = copy_with(project, tmp_path_factory, name, text)
    assert table_hash("feature_customer__x", PARAMETERS, project) != table_hash(
        "feature_customer__x", PARAMETERS, changed
    )
    assert table_hash("feature_customer__y", PARAMETERS, project) == table_hash(
        "feature_customer__y", PARAMETERS, changed
    )


def test_a_description_does_not_change_the_hash(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    changed = copy_with(project, tmp_path_factory, "models/features/feature_customer__x.yml", "description: two")
    assert table_hash("feature_customer__x", PARAMETERS, project) == table_hash(
        "feature_customer__x", PARAMETERS, changed
    )


@pytest.mark.parametrize(("name", "changes"), [("horizon_days", True), ("late_days", True), ("kept_editions", False)])
def test_only_parameters_that_are_used_change_the_hash(project: Path, name: str, changes: bool) -> None:
    other = {**PARAMETERS, name: 61}
    before, after = (table_hash("feature_customer__x", values, project) for values in (PARAMETERS, other))
    assert (before != after) is changes


def test_the_tables_are_found(project: Path) -> None:
    assert group_names(project) == ["feature_customer__x", "feature_customer__y"]
    assert label_names(project) == ["label_customer__z"]


def test_the_real_label_hangs_on_the_horizon_and_the_season_does_not() -> None:
    from wellkept.project.parameters import Parameters

    usual, longer = Parameters(), Parameters({"horizon_days": 120})
    assert table_hash("label_customer__purchase_churn", usual) != table_hash("label_customer__purchase_churn", longer)
    assert table_hash("feature_customer__calendar", usual) == table_hash("feature_customer__calendar", longer)
