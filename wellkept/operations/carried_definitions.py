"""What an upgrade keeps of the feature store and its models: all that was made by a definition that still gives the same rows.

Definition hashes are rewritten wherever they stand: in the tables that dbt does not rebuild, in the manifests of training
sets, and in what lies beside a trained model. What has no equivalent keeps its hash, and the next run treats it as after
any change of a definition: days are rebuilt from raw, and a model trained on them is no longer used.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from wellkept.deployment.log import get_logger
from wellkept.deployment.paths import DBT_PROJECT, Home
from wellkept.project.definitions import combine_feature_set
from wellkept.project.equivalent_definitions import map_hashes
from wellkept.project.parameters import read_defaults
from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.sql import has_table

log = get_logger(__name__)

KEPT = ("snapshots", "loads")
"""Of the feature store's own tables: which days are held, and which loads they have seen."""
_TRAINING_SET = "training_set.json"
_BESIDE_A_MODEL = ("manifest.json", "card.md", "card.html", _TRAINING_SET)
"""The training set last: what the others hold can only be told by it, and an upgrade that was killed begins anew."""
_HASH = re.compile(r"\b[0-9a-f]{16}\b")


def carry_definitions(
    connection: duckdb.DuckDBPyConnection, home: Home, rebuilt_schemas: tuple[str, ...], project: Path = DBT_PROJECT
) -> dict[str, str]:
    """Rewrite every hash of a former definition that has an equivalent; returns which became which, or stayed what it is.

    Safe to repeat: the warehouse changes in one transaction, each file at once.
    """
    mapped: dict[str, str] = {}
    for parameters in _list_parameters(connection, home):
        mapped |= map_hashes({**read_defaults(), **parameters}, project)
    mapped |= _map_feature_sets(connection, home, mapped)
    with transaction(connection):
        _rewrite_tables(connection, mapped, rebuilt_schemas)
    for file in _list_files(home):
        _rewrite_file(file, mapped)
    return mapped


def drop_redefined(connection: duckdb.DuckDBPyConnection, hashes: set[str]) -> list[str]:
    """Drop all of features and labels but the snapshots of these definitions; returns the tables whose rows were kept.

    Which days the others held stays noted, so that the next run rebuilds them.
    """
    relations = connection.execute(
        "select schema_name, table_name, 'table' from duckdb_tables() where schema_name in ('features', 'labels') "
        "union all select schema_name, view_name, 'view' from duckdb_views() where schema_name in ('features', 'labels')"
    ).fetchall()
    kept = []
    for schema, name, kind in relations:
        if (schema, name) in [("features", own) for own in KEPT]:
            continue
        if _is_held_by(connection, name, hashes):
            kept.append(name)
        else:
            connection.execute(f'drop {kind} {schema}."{name}"')
    return sorted(kept)


def _is_held_by(connection: duckdb.DuckDBPyConnection, table: str, hashes: set[str]) -> bool:
    if not has_table(connection, "features", "snapshots"):
        return False
    found = connection.execute(
        "select distinct definition_hash from features.snapshots where table_name = ?", [table]
    ).fetchall()
    return bool(found) and {definition_hash for (definition_hash,) in found} <= hashes


def _list_parameters(connection: duckdb.DuckDBPyConnection, home: Home) -> list[dict[str, Any]]:
    """All sets of values by which something in this home was made: its last build, and each training set."""
    made_with = [manifest["parameters"] for manifest in _read_manifests(home) if "parameters" in manifest]
    if has_table(connection, "quality", "build"):
        built = connection.execute("select parameters from quality.build").fetchall()
        made_with += [json.loads(text) for (text,) in built]
    distinct = {json.dumps(parameters, sort_keys=True): parameters for parameters in made_with}
    return [*distinct.values()]


def _map_feature_sets(connection: duckdb.DuckDBPyConnection, home: Home, mapped: Mapping[str, str]) -> dict[str, str]:
    """The same for the hashes of lists of features, where the definition of every table of the list has an equivalent."""
    lists = [
        (manifest, [column["name"] for column in manifest["features"]])
        for manifest in _read_manifests(home)
        if "features" in manifest
    ]
    if has_table(connection, "scores", "model_versions"):
        for name, version, features in connection.execute(
            "select model_name, model_version, features from scores.model_versions"
        ).fetchall():
            manifest = _read_json(home.models / name / version / _TRAINING_SET)
            lists.append((manifest, json.loads(features)))
    sets: dict[str, str] = {}
    for manifest, names in lists:
        sets |= _map_feature_set(manifest, names, mapped)
    return sets


def _map_feature_set(manifest: Mapping[str, Any], names: list[str], mapped: Mapping[str, str]) -> dict[str, str]:
    columns = {one["name"]: (one["name"], one["data_type"], one["table"]) for one in manifest.get("features", ())}
    hashes = manifest.get("definition_hashes", {})
    listed = [columns[name] for name in names if name in columns]
    present = {table: mapped.get(hashes.get(table, "")) for _, _, table in listed}
    if len(listed) < len(names) or None in present.values():
        return {}
    now = {table: definition_hash for table, definition_hash in present.items() if definition_hash is not None}
    return {combine_feature_set(listed, hashes): combine_feature_set(listed, now)}


def _rewrite_tables(
    connection: duckdb.DuckDBPyConnection, mapped: Mapping[str, str], rebuilt_schemas: tuple[str, ...]
) -> None:
    connection.execute("create or replace temp table mapped_hashes (was varchar, now varchar)")
    changed = [(was, now) for was, now in mapped.items() if was != now]
    if changed:
        connection.executemany("insert into mapped_hashes values (?, ?)", changed)
    columns = connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() semi join duckdb_tables() "
        "using (database_name, schema_name, table_name) "
        "where column_name in ('definition_hash', 'feature_set_hash') and database_name = current_database() "
        "and (not list_contains(?, schema_name) or (schema_name, table_name) = ('features', 'snapshots'))",
        [list(rebuilt_schemas)],
    ).fetchall()
    for schema, table, column in columns:
        connection.execute(
            f"update {schema}.{table} as hashed set {column} = mapped_hashes.now "
            f"from mapped_hashes where hashed.{column} = mapped_hashes.was"
        )
    connection.execute("drop table mapped_hashes")


def _list_files(home: Home) -> Iterator[Path]:
    for folder in sorted(home.models.glob("*/*/")):
        yield from (folder / name for name in _BESIDE_A_MODEL if (folder / name).exists())
    yield from sorted(home.training.glob("*.json"))


def _rewrite_file(file: Path, mapped: Mapping[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    rewritten = _HASH.sub(lambda found: mapped.get(found[0], found[0]), text)
    if rewritten != text:
        temporary = file.with_name(f".{file.name}.part")
        temporary.write_text(rewritten, encoding="utf-8")
        temporary.replace(file)


def _read_manifests(home: Home) -> list[dict[str, Any]]:
    files = [*home.training.glob("*.json"), *home.models.glob(f"*/*/{_TRAINING_SET}")]
    return [_read_json(file) for file in sorted(files)]


def _read_json(file: Path) -> dict[str, Any]:
    """What the file holds; nothing where it is gone or was never finished."""
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content
