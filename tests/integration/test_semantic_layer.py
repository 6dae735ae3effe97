"""The semantic layer gives the published numbers: each metric, read from dbt's manifest and asked for by month."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest
from demo_homes import DAY
from deployments import Deployment

from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run
from wellkept.warehouse.dbt import dbt

_AGGREGATES = {
    "sum": "sum({})",
    "count": "count({})",
    "count_distinct": "count(distinct {})",
    "average": "avg({})",
}
_DIMENSION = re.compile(r"\{\{ Dimension\('(\w+)__(\w+)'\) \}\}")
_OF_EVERYBODY_BY_MONTH = "period = 'month' and dimension = 'all'"


@dataclass(frozen=True)
class Layer:
    """The semantic manifest, and the warehouse that its metrics are asked of."""

    metrics: dict[str, Any]
    models: list[dict[str, Any]]
    connection: duckdb.DuckDBPyConnection

    def ask(self, name: str, filters: tuple[str, ...] = ()) -> dict[Any, float]:
        """A metric by month, where it is not NULL."""
        metric = self.metrics[name]
        filters = (*filters, *_filters(metric))
        if metric["type"] == "ratio":
            above, below = (
                self.ask(part["name"], (*filters, *_filters(part)))
                for part in (metric["type_params"]["numerator"], metric["type_params"]["denominator"])
            )
            return {month: above[month] / below[month] for month in above if below.get(month)}
        return self._simple(metric["type_params"]["measure"]["name"], filters)

    def _simple(self, measure_name: str, filters: tuple[str, ...]) -> dict[Any, float]:
        model, measure = self._measure(measure_name)
        relation = model["node_relation"]
        day = measure["agg_time_dimension"] or model["defaults"]["agg_time_dimension"]
        conditions = [_DIMENSION.sub(r"\2", condition) for condition in filters]
        wanted = " and ".join(f"({condition})" for condition in conditions) or "true"
        aggregate = _AGGREGATES[measure["agg"]].format(measure["expr"] or measure["name"])
        last = measure["non_additive_dimension"]
        kept = (
            f"qualify {last['name']} = max({last['name']}) over (partition by date_trunc('month', {day}))"
            if last
            else ""
        )
        rows = self.connection.execute(
            f"select cast(date_trunc('month', {day}) as date), cast({aggregate} as double) from "
            f"(select * from {relation['schema_name']}.{relation['alias']} where {wanted} {kept}) group by 1"
        ).fetchall()
        return {month: value for month, value in rows if value is not None}

    def _measure(self, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        found = [(model, measure) for model in self.models for measure in model["measures"] if measure["name"] == name]
        assert len(found) == 1, name
        return found[0]

    def published(self, metric: str) -> dict[Any, float]:
        rows = self.connection.execute(
            f"select period_start_date, value from marts.retention_kpis where metric = ? and {_OF_EVERYBODY_BY_MONTH}",
            [metric],
        ).fetchall()
        return dict(rows)


def _filters(part: dict[str, Any]) -> tuple[str, ...]:
    return tuple(each["where_sql_template"] for each in (part["filter"] or {"where_filters": []})["where_filters"])


@pytest.fixture(scope="module")
def layer(founded: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layer]:
    folder = tmp_path_factory.mktemp("semantic")
    scratch = folder / "warehouse.duckdb"
    dbt(make_run(DAY, settings=Settings(home=folder / "home")), "parse", warehouse=scratch)
    manifest = json.loads((scratch.with_suffix(".dbt") / "semantic_manifest.json").read_text())
    metrics = {metric["name"]: metric for metric in manifest["metrics"]}
    with duckdb.connect(str(founded.home / "warehouse.duckdb"), read_only=True) as connection:
        yield Layer(metrics, manifest["semantic_models"], connection)


def test_every_kpi_can_be_asked_for(layer: Layer) -> None:
    listed = layer.connection.execute("select metric from intermediate.int_kpi_metrics_listed").fetchall()
    assert {metric for (metric,) in listed} <= set(layer.metrics)


def test_each_metric_gives_the_published_value_of_each_month(layer: Layer) -> None:
    listed = layer.connection.execute("select distinct metric from marts.retention_kpis").fetchall()
    assert len(listed) >= 25
    for (metric,) in listed:
        expected = layer.published(metric)
        asked = layer.ask(metric)
        assert {month: asked[month] for month in expected} == pytest.approx(expected, rel=1e-12), metric


def test_no_metric_tells_of_a_month_without_a_row(layer: Layer) -> None:
    """But for counts, which are 0 there."""
    listed = layer.connection.execute("select distinct metric from marts.retention_kpis").fetchall()
    for (metric,) in listed:
        beyond = set(layer.ask(metric)) - set(layer.published(metric))
        assert not [month for month in beyond if layer.ask(metric)[month]], metric


def test_any_kpi_can_be_asked_for_by_any_dimension(layer: Layer) -> None:
    base = layer.metrics["kpi_ratio"]["type_params"]
    condition = (
        "{{ Dimension('kpi__metric') }} = 'churn_rate_start_base'",
        "{{ Dimension('kpi__period') }} = 'month'",
        "{{ Dimension('kpi__dimension') }} = 'country' and {{ Dimension('kpi__dimension_value') }} = 'GB'",
    )
    assert {base["numerator"]["name"], base["denominator"]["name"]} == {"kpi_sum", "kpi_base"}
    expected = layer.connection.execute(
        "select period_start_date, value from marts.retention_kpis where metric = 'churn_rate_start_base' "
        "and period = 'month' and dimension = 'country' and dimension_value = 'GB'"
    ).fetchall()
    assert layer.ask("kpi_ratio", condition) == pytest.approx(dict(expected))


def test_the_retained_share_of_cohorts_is_their_active_among_all(layer: Layer) -> None:
    after_three = ("{{ Dimension('cohort__months_since') }} = 3",)
    expected = layer.connection.execute(
        "select cohort_month, retained_share from marts.cohort_retention where months_since = 3 and is_over"
    ).fetchall()
    assert len(expected) > 6
    assert layer.ask("cohort_retained_share", after_three) == pytest.approx(dict(expected))
