"""The feature registry: what is known about each feature, read from the yml of its column."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.paths import DBT_PROJECT, MODEL_SPECS
from wellkept.landing.contract import ENTITIES
from wellkept.project.definitions import entities_read, group_names, table_hash
from wellkept.project.feature_columns import FeatureColumn, Monotone, read_feature_columns
from wellkept.project.parameters import Value
from wellkept.project.yml import read_yml

ARROW_TYPES = {"bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_()}


@dataclass(frozen=True)
class Feature:
    """One feature: a described column of a feature table. `monotone` is how churn risk moves with its value."""

    name: str
    group: str
    data_type: str
    description: str
    owner: str
    null_policy: str
    minimum: float | None
    maximum: float | None
    monotone: Monotone
    entities: tuple[str, ...] = ()
    """The landing entities its rows come from: nothing reported of them, and the feature is NULL."""
    is_lifetime: bool = False
    """Its group reads all of history, so that its cost grows with it."""
    models: tuple[str, ...] = ()
    """The models whose spec lists it."""
    theme: str = ""
    """What it is about: of a customer's reasons only the strongest of each theme is said."""
    sentences: tuple[str, ...] = ()
    """What is said of its value to people, as templates: the first whose numbers are all known."""
    null_sentences: tuple[str, ...] = ()
    """The same where it is NULL."""


def load(project: Path = DBT_PROJECT, specs: Path = MODEL_SPECS) -> list[Feature]:
    """All features, by group and in the order of their columns; what is wrong with any is one WellkeptError."""
    columns = read_feature_columns(project)
    mistakes = [*_find_wrong_entities(columns, project), *_find_names_taken(columns)]
    if mistakes:
        raise WellkeptError("\n".join(["these features cannot be registered:", *mistakes]))
    used_by = {model: set(names) for model, names in read_model_features(specs).items()}
    return [
        _register(column, tuple(model for model, names in used_by.items() if column.name in names))
        for column in columns
    ]


def load_by_name() -> dict[str, Feature]:
    """The same, by name."""
    return {feature.name: feature for feature in load()}


def describe(features: Sequence[Feature], parameters: Mapping[str, Value]) -> list[dict[str, Any]]:
    """All that is known about each feature, with its table's definition hash under these parameters."""
    hashes = {group: table_hash(group, parameters) for group in {feature.group for feature in features}}
    return [{**asdict(feature), "definition_hash": hashes[feature.group]} for feature in features]


def read_model_features(folder: Path = MODEL_SPECS) -> dict[str, list[str]]:
    """The features that each model's spec lists, for its trees, its calendar and its floor, by model."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*/spec.yml")):
        spec = read_yml(path)
        floor = spec.get("floor", {})
        names = [*spec.get("features", []), *spec.get("calendar_features", []), floor.get("recency")]
        found[spec["name"]] = [name for name in dict.fromkeys([*names, *floor.get("rfm", [])]) if name]
    return found


def check_types(rows: pa.Table, features: Iterable[Feature]) -> None:
    """Each feature's column in `rows` has the type it is registered with; else a WellkeptError names those that have not."""
    wrong = [
        f"{feature.group}.{feature.name} is {rows.schema.field(feature.name).type} and is registered as {feature.data_type}"
        for feature in features
        if rows.schema.field(feature.name).type != ARROW_TYPES[feature.data_type]
    ]
    if wrong:
        raise WellkeptError(
            f"feature tables hold other types than the yml says: {'; '.join(wrong)}. Build them again: "
            "wellkept run --as-of DAY for the newest day"
        )


def _register(column: FeatureColumn, models: tuple[str, ...]) -> Feature:
    minimum, maximum = column.entry.range
    return Feature(
        name=column.name,
        group=column.table,
        data_type=column.data_type,
        description=column.description,
        owner=column.entry.owner,
        null_policy=column.entry.null_policy,
        minimum=minimum,
        maximum=maximum,
        monotone=column.entry.monotone,
        entities=column.entry.entities,
        is_lifetime=column.is_lifetime,
        models=models,
        theme=column.entry.theme,
        sentences=column.entry.sentences.known,
        null_sentences=column.entry.sentences.unknown,
    )


def _find_wrong_entities(columns: Sequence[FeatureColumn], project: Path) -> list[str]:
    upstream = {table: entities_read(table, project) for table in group_names(project)}
    mistakes = [
        f"  {table}: there is no {table}.sql"
        for table in sorted({column.table for column in columns} - upstream.keys())
    ]
    for column in columns:
        for entity in column.entry.entities:
            if entity not in ENTITIES:
                mistakes.append(f"  {column.table}.{column.name}: entities: the landing contract has no {entity}")
            elif entity not in upstream.get(column.table, [entity]):
                mistakes.append(f"  {column.table}.{column.name}: entities: nothing upstream of it reads {entity}")
    return mistakes


def _find_names_taken(columns: Sequence[FeatureColumn]) -> list[str]:
    counts = Counter(column.name for column in columns)
    return [
        f"  {name}: {' and '.join(column.table for column in columns if column.name == name)} both have it"
        for name, count in counts.items()
        if count > 1
    ]
