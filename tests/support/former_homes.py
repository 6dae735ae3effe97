"""A home as a former version left it: with the hashes of definitions that were other texts for the same rows."""

import json
from pathlib import Path

import duckdb

from wellkept.deployment.paths import Home
from wellkept.operations.home import FORMAT
from wellkept.project.definitions import (
    Definition,
    combine_feature_set,
    group_names,
    label_names,
    read_definition,
)
from wellkept.project.equivalent_definitions import Pair


def plant_pairs() -> list[Pair]:
    """What a release would carry had every table been another text before."""
    tables = [*group_names(), *label_names()]
    present = {table: read_definition(table) for table in tables}
    return [
        Pair(table, Definition(f"former {table}", one.parameters), one.digest, ("planted",))
        for table, one in present.items()
    ]


def make_former(root: Path, pairs: list[Pair]) -> dict[str, str]:
    """Write the former hashes into a finished home and its format number; returns them by table."""
    home = Home(root)
    home.format_file.write_text(json.dumps({**json.loads(home.format_file.read_text()), "format": FORMAT - 1}))
    with duckdb.connect(str(home.warehouse)) as connection:
        [(parameters,)] = connection.execute("select parameters from quality.build").fetchall()
        former = {pair.table: pair.was.hash_with(json.loads(parameters)) for pair in pairs}
        present = dict(
            connection.execute("select distinct table_name, definition_hash from features.snapshots").fetchall()
        )
        renamed = {present[table]: former[table] for table in former}
        for file in home.models.glob("*/*/training_set.json"):
            renamed |= _rename_sets(file, present, former)
        for schema, table, column in connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() semi join duckdb_tables() "
            "using (schema_name, table_name) where column_name in ('definition_hash', 'feature_set_hash')"
        ).fetchall():
            for now, was in renamed.items():
                connection.execute(f"update {schema}.{table} set {column} = ? where {column} = ?", [was, now])
    for file in [*home.training.glob("*.json"), *home.models.glob("*/*/*")]:
        text = file.read_text()
        for now, was in renamed.items():
            text = text.replace(now, was)
        file.write_text(text)
    return former


def _rename_sets(file: Path, present: dict[str, str], former: dict[str, str]) -> dict[str, str]:
    """From the present hash of the training set's features, and of the version's, to what they were."""
    trained_on = json.loads(file.read_text())
    columns = {one["name"]: (one["name"], one["data_type"], one["table"]) for one in trained_on["features"]}
    version = json.loads(json.loads((file.parent / "manifest.json").read_text())["features"])
    return {
        combine_feature_set(rows, present): combine_feature_set(rows, former)
        for rows in ([*columns.values()], [columns[name] for name in version])
    }
