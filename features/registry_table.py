"""The registry as a table, features.feature_registry: what editions publish about features."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Annotated, Any

import duckdb

from features import registry
from features.registry import Feature
from wellkept.runs.run import Run
from wellkept.warehouse.records import KEY, Table, ensure_table, insert_rows


@dataclass(frozen=True)
class RegisteredFeature:
    """A feature on the day: a row of features.feature_registry."""

    as_of_date: Annotated[date, "The day of the edition."]
    feature_name: Annotated[str, "Name of the feature: a column of its group.", KEY]
    feature_group: Annotated[str, "The feature table that holds it."]
    data_type: Annotated[str, "bigint, double or boolean."]
    description: Annotated[str, "What it is, in one sentence."]
    owner: Annotated[str, "Who answers for it."]
    null_policy: Annotated[str, "When it is NULL."]
    range_minimum: Annotated[float | None, "The least value it may have; NULL where that is open."]
    range_maximum: Annotated[float | None, "The greatest value it may have; NULL where that is open."]
    monotone: Annotated[str, "How the churn risk moves as it grows: increasing, decreasing or none."]
    entities: Annotated[str, "The landing entities it is made from, with commas between; empty for the calendar."]
    is_lifetime: Annotated[bool, "Whether its group reads all of history and not a window."]
    definition_hash: Annotated[str, "Of its table: changes with its SQL, what is upstream, or a parameter."]
    models: Annotated[str, "The models whose spec lists it, with commas between; empty for none."]
    rows: Annotated[int, "Customers in its table on the day."]
    null_share: Annotated[float | None, "Share of them for whom it is NULL; NULL where there is nobody."]
    theme: Annotated[str, "What it is about: of a customer's reasons only the strongest of each theme is said."]


FEATURE_REGISTRY = Table(
    "features.feature_registry",
    RegisteredFeature,
    "One row per feature: what it is, what it is made from, and how well it is filled on the day.",
)


def write_registry(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Write the table anew for the run's day; the same day and definitions give the same rows."""
    rows = [
        row
        for group, features in groupby(registry.load(), key=lambda feature: feature.group)
        for row in _describe_group(connection, run, group, list(features))
    ]
    connection.execute(f"drop table if exists {FEATURE_REGISTRY}")
    ensure_table(connection, FEATURE_REGISTRY)
    insert_rows(connection, FEATURE_REGISTRY, rows)


def find_null_example(connection: duckdb.DuckDBPyConnection, feature: Feature) -> dict[str, Any] | None:
    """How many rows of the newest day have the feature NULL, and one such customer; None where no day is built."""
    held = connection.execute(
        "select count(*) from duckdb_columns() where schema_name = 'features' and table_name = ? and column_name = ?",
        [feature.group, feature.name],
    ).fetchone()
    if not held or not held[0]:
        return None
    row = connection.execute(
        f"""
        select as_of_date, count(*), count(*) - count({feature.name}), min(customer_id) filter (where {feature.name} is null)
        from features.{feature.group}
        group by as_of_date
        order by as_of_date desc
        limit 1
        """
    ).fetchone()
    return dict(zip(("as_of_date", "rows", "null_rows", "customer_id"), row, strict=True)) if row else None


def _describe_group(
    connection: duckdb.DuckDBPyConnection, run: Run, group: str, features: Sequence[Feature]
) -> list[RegisteredFeature]:
    rows, known = _count_known(connection, group, [feature.name for feature in features], run.as_of_date)
    described: list[RegisteredFeature] = []
    for entry, count in zip(registry.describe(features, run.parameters), known, strict=True):
        texts = {name: ", ".join(entry[name]) for name in ("entities", "models")}
        entry |= {"range_minimum": entry["minimum"], "range_maximum": entry["maximum"], "rows": rows, **texts}
        entry |= {"as_of_date": run.as_of_date, "feature_name": entry["name"], "feature_group": group}
        entry["null_share"] = (rows - count) / rows if rows else None
        described.append(RegisteredFeature(**{name: entry[name] for name in FEATURE_REGISTRY.column_names}))
    return described


def _count_known(
    connection: duckdb.DuckDBPyConnection, group: str, names: Sequence[str], day: date
) -> tuple[int, list[int]]:
    counts = ", ".join(f"count({name})" for name in names)
    row = connection.execute(f"select count(*), {counts} from features.{group} where as_of_date = ?", [day]).fetchone()
    rows, *known = row or (0, *(0 for _ in names))
    return rows, known
