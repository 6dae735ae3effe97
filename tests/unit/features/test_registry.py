"""The registry: every column described, or an error that names it; and the table it is published as."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml
from typer.testing import CliRunner

from features.registry import Feature, check_types, load, read_model_features
from features.registry_table import FEATURE_REGISTRY, find_null_example, write_registry
from wellkept.cli import _app
from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.project.definitions import group_names
from wellkept.runs.run import Run

DAY = date(2026, 3, 2)
SENTENCES = {"known": ["{only}{value|counted('ticket')}", "tickets"], "unknown": "no tickets are known"}
ENTRY = {
    "entities": ["tickets"],
    "null_policy": "NULL without tickets.",
    "range": [0, None],
    "theme": "tickets",
    "sentences": SENTENCES,
}
COLUMN = {"name": "tickets_count_90d", "data_type": "bigint", "description": "Tickets."}


def write_project(folder: Path, *columns: dict[str, Any], **model: Any) -> Path:
    """A project of two feature tables; the service group has these columns and reads tickets and orders."""
    files = {
        "features/feature_customer__service.sql": "select * from {{ ref('stg_tickets') }} join {{ ref('stg_orders') }}",
        "features/feature_customer__other.sql": "select 1",
        "staging/stg_tickets.sql": "select * from {{ source('raw', 'tickets') }}",
        "staging/stg_orders.sql": "select * from {{ source('raw', 'orders') }}",
    }
    keys = [{"name": name, "data_type": "varchar"} for name in ("customer_id", "as_of_date")]
    content = {"models": [{"name": "feature_customer__service", "columns": [*keys, *columns], **model}]}
    files["features/feature_customer__service.yml"] = yaml.safe_dump(content)
    for name, text in files.items():
        path = folder / "models" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    settings = {"name": "shop", "models": {"shop": {"features": {"+meta": {"owner": "ml"}}}}}
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    return folder


def column(**changes: Any) -> dict[str, Any]:
    """A well described column, but for the changes; those of `feature` are to its entry."""
    entry = {**ENTRY, **changes.pop("feature", {})}
    return {**COLUMN, "config": {"meta": {"feature": entry}}, **changes}


def write_spec(folder: Path, **spec: Any) -> Path:
    (folder / "risk").mkdir(parents=True)
    (folder / "risk" / "spec.yml").write_text(yaml.safe_dump({"name": "risk", **spec}))
    return folder


def test_a_feature_is_what_its_column_says(tmp_path: Path) -> None:
    project = write_project(tmp_path / "dbt", column(), config={"meta": {"is_lifetime": True}})
    specs = write_spec(tmp_path / "models", features=["tickets_count_90d"], floor={"recency": "other"})
    [feature] = load(project, specs)
    assert feature == Feature(
        name="tickets_count_90d",
        group="feature_customer__service",
        data_type="bigint",
        description="Tickets.",
        owner="ml",
        null_policy="NULL without tickets.",
        minimum=0,
        maximum=None,
        monotone="none",
        entities=("tickets",),
        is_lifetime=True,
        models=("risk",),
        theme="tickets",
        sentences=("{only}{value|counted('ticket')}", "tickets"),
        null_sentences=("no tickets are known",),
    )


def test_a_column_may_name_an_owner_of_its_own(tmp_path: Path) -> None:
    [feature] = load(write_project(tmp_path, column(feature={"owner": "service desk"})))
    assert feature.owner == "service desk"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (COLUMN, r"tickets_count_90d: config\.meta\.feature: Input should be"),
        (column(description=""), "description: String should have at least 1 character"),
        (column(data_type="varchar"), "data_type: Input should be 'bigint', 'double' or 'boolean'"),
        (column(feature={"monotony": "none"}), r"config\.meta\.feature\.monotony: Extra inputs are not permitted"),
        (column(feature={"monotone": "rising"}), r"feature\.monotone: Input should be 'increasing', 'decreasing' or"),
        (column(feature={"owner": ""}), r"config\.meta\.feature\.owner: String"),
        (column(feature={"theme": ""}), r"config\.meta\.feature\.theme: String"),
        (column(feature={"sentences": {"known": "one"}}), r"config\.meta\.feature\.sentences\.unknown: Field required"),
        (column(feature={"sentences": {**SENTENCES, "unknown": ""}}), r"sentences\.unknown\.0: String should have at"),
        (column(feature={"sentences": {**SENTENCES, "known": []}}), r"sentences\.known: Tuple should have at least 1"),
        (column(feature={"sentences": {**SENTENCES, "nul": "no"}}), r"sentences\.nul: Unexpected keyword argument"),
        (column(feature={"entities": ["tickts"]}), "tickets_count_90d: entities: the landing contract has no tickts"),
        (column(feature={"entities": ["surveys"]}), "entities: nothing upstream of it reads surveys"),
    ],
)
def test_a_column_that_is_not_described_is_an_error_that_names_it(
    wrong: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(WellkeptError, match=said) as refused:
        load(write_project(tmp_path, wrong))
    assert "feature_customer__service.tickets_count_90d" in str(refused.value)


@pytest.mark.parametrize("part", ["entities", "null_policy", "theme", "sentences"])
def test_a_column_without_any_of_its_parts_is_an_error(part: str, tmp_path: Path) -> None:
    entry = {name: value for name, value in ENTRY.items() if name != part}
    with pytest.raises(
        WellkeptError, match=rf"__service\.tickets_count_90d: config\.meta\.feature\.{part}: Field required"
    ):
        load(write_project(tmp_path, {**COLUMN, "config": {"meta": {"feature": entry}}}))


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    project = write_project(tmp_path, column(name="one", data_type="date"), column(name="two", data_type="text"))
    with pytest.raises(WellkeptError, match=r"(?s)__service\.one: data_type.*__service\.two: data_type"):
        load(project)


def test_a_name_belongs_to_one_group(tmp_path: Path) -> None:
    project = write_project(tmp_path, column())
    text = (project / "models" / "features" / "feature_customer__service.yml").read_text()
    other = text.replace("__service", "__other").replace("tickets\n", "orders\n")
    (project / "models" / "features" / "feature_customer__other.yml").write_text(other)
    (project / "models" / "features" / "feature_customer__other.sql").write_text("{{ ref('stg_orders') }}")
    with pytest.raises(WellkeptError, match="feature_customer__other and feature_customer__service both have it"):
        load(project)


def test_every_table_is_registered_and_every_listed_feature_there_is() -> None:
    features = load()
    assert sorted({feature.group for feature in features}) == group_names()
    names = {feature.name for feature in features}
    for model, used in read_model_features().items():
        assert set(used) <= names, model
    used_by = {feature.name: feature.models for feature in features}
    assert used_by["days_since_last_order"] == ("churn_risk", "subscription_churn_risk")
    assert used_by["distinct_products_count_90d"] == ("churn_risk",)


@pytest.fixture
def filled(run_of: Callable[..., Run]) -> Run:
    """A home whose feature tables hold three customers on the day, of whom one knows nothing, and more a week before."""
    run = run_of(DAY.isoformat())
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.execute("create schema features")
        for group in group_names():
            columns = ", ".join(
                f"cast(case when id < 2 then 1 end as {feature.data_type}) as {feature.name}"
                for feature in load()
                if feature.group == group
            )
            connection.execute(
                f"create table features.{group} as select 'c' || id as customer_id, day as as_of_date, {columns} "
                f"from range(3) as ids (id), (values (date '{DAY}'), (date '2026-02-23')) as days (day)"
            )
    return run


def test_the_table_has_one_row_per_feature_and_says_how_it_is_filled(filled: Run) -> None:
    with duckdb.connect(str(filled.home.warehouse)) as connection:
        write_registry(connection, filled)
        rows = connection.execute(f"select * from {FEATURE_REGISTRY} order by all").fetchall()
        write_registry(connection, filled)
        assert connection.execute(f"select * from {FEATURE_REGISTRY} order by all").fetchall() == rows
        assert connection.execute(
            f"select distinct as_of_date, rows, round(null_share, 3) from {FEATURE_REGISTRY}"
        ).fetchall() == [(DAY, 3, 0.333)]
        one = f"from {FEATURE_REGISTRY} where feature_name = 'distinct_products_count_90d'"
        assert connection.execute(f"select feature_group, entities, models {one}").fetchall() == [
            ("feature_customer__orders", "orders, order_lines", "churn_risk")
        ]
        silent = "select column_name from duckdb_columns() where table_name = 'feature_registry' and comment is null"
        assert connection.execute(silent).fetchall() == []
    assert len(rows) == len(load())


def test_parameters_change_the_definition_hash_of_what_uses_them(filled: Run, run_of: Callable[..., Run]) -> None:
    with duckdb.connect(str(filled.home.warehouse)) as connection:
        hashes = []
        for run in (filled, run_of(DAY.isoformat(), eligible_days=200)):
            write_registry(connection, run)
            hashes.append(
                connection.execute(f"select distinct feature_group, definition_hash from {FEATURE_REGISTRY}").fetchall()
            )
    assert len(hashes[0]) == len(group_names())
    assert not set(hashes[0]) & set(hashes[1])


def test_who_has_null_is_shown_by_example(filled: Run) -> None:
    feature = load()[0]
    with duckdb.connect(str(filled.home.warehouse)) as connection:
        example = {"as_of_date": DAY, "rows": 3, "null_rows": 1, "customer_id": "c2"}
        assert find_null_example(connection, feature) == example
        connection.execute(f"drop table features.{feature.group}")
        assert find_null_example(connection, feature) is None


def test_types_are_checked_by_name() -> None:
    feature = next(feature for feature in load() if feature.name == "orders_count_30d")
    check_types(pa.table({"orders_count_30d": pa.array([1, None], pa.int64())}), [feature])
    with pytest.raises(
        WellkeptError, match=r"orders\.orders_count_30d is double and is registered as bigint.*wellkept"
    ):
        check_types(pa.table({"orders_count_30d": pa.array([1.0])}), [feature])


def test_the_command_line_lists_by_group_and_describes_with_an_example(filled: Run) -> None:
    def call(*arguments: str) -> str:
        result = CliRunner().invoke(_app, ["features", *arguments, "--home", str(filled.home.root)])
        assert result.exit_code == 0, result.output
        return result.stdout

    listed = json.loads(call("list", "--group", "calendar", "--json"))
    assert [feature["name"] for feature in listed] == ["season_sin", "season_cos"]
    assert "feature_customer__calendar: 2 features" in call("list")
    described = json.loads(call("describe", "days_since_last_order", "--json"))
    old_keys = ["name", "group", "data_type", "description", "owner", "null_policy", "minimum", "maximum", "monotone"]
    assert list(described)[: len(old_keys)] == old_keys
    assert (described["entities"], described["models"]) == (["orders"], ["churn_risk", "subscription_churn_risk"])
    assert described["null_example"]["customer_id"] == "c2"
    assert "customer c2, one of 1 of 3 customers on 2026-03-02" in call("describe", "days_since_last_order")
    wrong = CliRunner().invoke(_app, ["features", "list", "--group", "shoes"])
    assert isinstance(wrong.exception, BadInputError)
