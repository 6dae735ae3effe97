"""The registry as a table, features.feature_registry: what editions publish about features."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

import duckdb

from features import registry
from features.registry import Feature
from wellkept.runs.run import Run
from wellkept.warehouse.sql import comment_on

TABLE = "features.feature_registry"

_SENTENCE = "One row per feature: what it is, what it is made from, and how well it is filled on the day."
_COLUMNS = (
    ("as_of_date", "date not null", "The day of the edition."),
    ("feature_name", "varchar not null primary key", "Name of the feature: a column of its group."),
    ("feature_group", "varchar not null", "The feature table that holds it."),
    ("data_type", "varchar not null", "bigint, double or boolean."),
    ("description", "varchar not null", "What it is, in one sentence."),
    ("owner", "varchar not null", "Who answers for it."),
    ("null_policy", "varchar not null", "When it is NULL."),
    ("range_minimum", "double", "The least value it may have; NULL where that is open."),
    ("range_maximum", "double", "The greatest value it may have; NULL where that is open."),
    ("monotone", "varchar not null", "How the churn risk moves as it grows: increasing, decreasing or none."),
    (
        "entities",
        "varchar not null",
        "The landing entities it is made from, with commas between; empty for the calendar.",
    ),
    ("is_lifetime", "boolean not null", "Whether its group reads all of history and not a window."),
    ("definition_hash", "varchar not null", "Of its table: changes with its SQL, what is upstream, or a parameter."),
    ("models", "varchar not null", "The models whose spec lists it, with commas between; empty for none."),
    ("rows", "bigint not null", "Customers in its table on the day."),
    ("null_share", "double", "Share of them for whom it is NULL; NULL where there is nobody."),
    (
        "theme",
        "varchar not null",
        "What it is about: of a customer's reasons only the strongest of each theme is said.",
    ),
)


def write_registry(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Write the table anew for the run's day; the same day and definitions give the same rows."""
    rows = [
        row
        for group, features in groupby(registry.load(), key=lambda feature: feature.group)
        for row in _describe_group(connection, run, group, list(features))
    ]
    definitions = ", ".join(f"{name} {kind}" for name, kind, _ in _COLUMNS)
    connection.execute(f"create or replace table {TABLE} ({definitions})")
    connection.executemany(f"insert into {TABLE} values ({', '.join('?' for _ in _COLUMNS)})", rows)
    comment_on(connection, TABLE, _SENTENCE, {name: sentence for name, _, sentence in _COLUMNS})


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
) -> list[list[Any]]:
    rows, known = _count_known(connection, group, [feature.name for feature in features], run.as_of_date)
    described: list[list[Any]] = []
    for entry, count in zip(registry.describe(features, run.parameters), known, strict=True):
        texts = {name: ", ".join(entry[name]) for name in ("entities", "models")}
        entry |= {"range_minimum": entry["minimum"], "range_maximum": entry["maximum"], "rows": rows, **texts}
        entry |= {"as_of_date": run.as_of_date, "feature_name": entry["name"], "feature_group": group}
        entry["null_share"] = (rows - count) / rows if rows else None
        described.append([entry[name] for name, _, _ in _COLUMNS])
    return described


def _count_known(
    connection: duckdb.DuckDBPyConnection, group: str, names: Sequence[str], day: date
) -> tuple[int, list[int]]:
    counts = ", ".join(f"count({name})" for name in names)
    row = connection.execute(f"select count(*), {counts} from features.{group} where as_of_date = ?", [day]).fetchone()
    rows, *known = row or (0, *(0 for _ in names))
    return rows, known
