"""What every model of the dbt project must say of itself, and how large it may be."""

import re

import pytest

from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.paths import DBT_PROJECT, PROJECT_ROOT
from wellkept.project.absence import entities_null_while_absent
from wellkept.project.described import DescribedModel, read_models
from wellkept.project.feature_columns import read_feature_columns
from wellkept.project.lineage import longest_chain, models_read

NARROW_TO_WIDE = ["customer", "period", "day", "global"]
MOST_LINES = 120
MOST_IN_A_CHAIN = 23
KEY_TESTS = ("unique", "unique_together", "not_null")
SCORES = "feature_customer__churn_risk"
MODELS = read_models()
FILES = {file.stem: file for file in (DBT_PROJECT / "models").rglob("*.sql")}


def test_every_model_is_described_in_the_yml_beside_it_and_what_publishes_scores_where_their_columns_are() -> None:
    beside = {name: file.with_suffix(".yml") for name, file in FILES.items()}
    publish = [name for name, read in models_read().items() if SCORES in read and FILES[name].parent.name == "marts"]
    assert {name: model.file for name, model in MODELS.items()} == beside | dict.fromkeys(publish, beside[SCORES])


def test_every_model_has_a_key_test() -> None:
    assert [name for name, model in MODELS.items() if not _key_tests(model)] == []


def test_key_tests_of_a_view_that_a_day_does_not_need_are_tagged() -> None:
    untagged = [
        name
        for name, model in MODELS.items()
        if FILES[name].parts[-3] == "intermediate" and "materialized='table'" not in FILES[name].read_text()
        for test in _key_tests(model)
        if "unique_together" in test and "not_daily" not in str(test)
    ]
    assert untagged == []


def test_every_model_says_what_a_change_at_the_source_makes_stale() -> None:
    wrong = {name: model.rebuilt_by for name, model in MODELS.items() if model.rebuilt_by not in NARROW_TO_WIDE}
    assert wrong == {}


def test_no_model_is_rebuilt_by_less_than_what_it_reads() -> None:
    too_narrow = [
        (name, model.rebuilt_by, read, MODELS[read].rebuilt_by)
        for name, model in MODELS.items()
        for read in models_read()[name]
        if "seldom" not in MODELS[read].meta and _width(MODELS[read]) > _width(model)
    ]
    assert too_narrow == []


def test_features_that_depend_on_everyone_are_not_rebuilt_by_customer() -> None:
    wide = {column.table for column in read_feature_columns() if column.depends_on_everyone}
    assert wide
    assert {name for name in wide if MODELS[name].rebuilt_by == "customer"} == set()


def test_the_entities_that_features_are_null_without_are_those_the_model_looks_at() -> None:
    columns = {name.removeprefix("has_") for name in MODELS["int_sources_present"].columns if name.startswith("has_")}
    assert entities_null_while_absent() == columns
    assert columns == set(re.findall(r"first_known\('(\w+)'", FILES["int_sources_present"].read_text()))


def test_a_yml_that_does_not_list_those_entities_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = tmp_path_factory.mktemp("project")
    (project / "models").mkdir()
    (project / "models" / "int_sources_present.yml").write_text("models: [{name: int_sources_present}]")
    with pytest.raises(WellkeptError, match=r"int_sources_present\.yml does not list"):
        entities_null_while_absent(project)


def test_a_model_is_read_by_what_its_macros_refer_to(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = tmp_path_factory.mktemp("project")
    for name, text in {
        "models/staging/a.sql": "select 1",
        "models/b.sql": "{{ joined() }}",
        "models/c.sql": "select * from {{ ref('b') }} cross join {{ ref('seed') }}",
        "macros/joins.sql": "{% macro joined() %}{{ base() }}{% endmacro %}{% macro base() %}{{ ref('a') }}{% endmacro %}",
    }.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    assert models_read(project) == {"a": frozenset(), "b": {"a"}, "c": {"b"}}
    assert longest_chain("c", project) == ["c", "b", "a"]


def test_no_model_is_longer_than_can_be_read_at_once() -> None:
    lines = {name: len(file.read_text().splitlines()) for name, file in FILES.items()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
    assert sorted(lines.values())[len(lines) * 9 // 10] <= 105


def test_no_chain_of_models_grows_longer() -> None:
    assert {name: len(longest_chain(name)) for name in FILES if len(longest_chain(name)) > MOST_IN_A_CHAIN} == {}


def test_one_place_reads_the_dbt_project() -> None:
    reading = {
        str(file.relative_to(PROJECT_ROOT))
        for folder in ("wellkept", "features", "ml", "expectations", "dags")
        for file in (PROJECT_ROOT / folder).rglob("*.py")
        if re.search(r"DBT_PROJECT\s*/", file.read_text())
    }
    assert {file for file in reading if not file.startswith("wellkept/project/")} == set()


def _width(model: DescribedModel) -> int:
    return NARROW_TO_WIDE.index(model.rebuilt_by)


def _key_tests(model: DescribedModel) -> list[object]:
    columns = [test for column in model.entry.get("columns", ()) for test in column.get("data_tests", ())]
    return [test for test in [*model.entry.get("data_tests", ()), *columns] if _name(test) in KEY_TESTS]


def _name(test: str | dict[str, object]) -> str:
    return test if isinstance(test, str) else next(iter(test))
