"""A Feast repository's own files, as text: the store, and the definitions of our groups and models in Python."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from features.registry import Feature

STATE = "feast"
"""The folder of the repository that Feast itself writes to: its registry and its online store."""

STORE = f"""project: wellkept
provider: local
registry: {STATE}/registry.db
online_store:
  type: sqlite
  path: {STATE}/online_store.db
offline_store:
  type: duckdb
entity_key_serialization_version: 3
"""

_TYPES = {"bigint": "Int64", "double": "Float64", "boolean": "Bool"}

_HEAD = '''"""Wellkept's features for Feast, written by `wellkept features export-feast`; a change here is lost with the next one.

A row is stamped with the instant it describes, 00:00 UTC of its day, from which it could be known. Feast takes the
newest row up to and with the instant that is asked for, so any instant of a day gets that day's row. The time to live
is a second less than a day: a day without a row gets NULLs, never an older day's values.
"""

from datetime import timedelta
from pathlib import Path

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Bool, Float64, Int64

DATA = Path(__file__).parent.resolve() / "data"
TIME_TO_LIVE = timedelta(days=1) - timedelta(seconds=1)

customer = Entity(
    name="customer",
    join_keys=["customer_id"],
    value_type=ValueType.STRING,
    description="One person who buys, by whichever source's key.",
)
'''


def write_definitions(features: Sequence[Feature], hashes: Mapping[str, str]) -> str:
    """The text of definitions.py: a view for each group, and for each model a service of exactly its features."""
    views = [_view(group, list(members), hashes[group]) for group, members in groupby(features, _group)]
    models = sorted({model for feature in features for model in feature.models})
    services = [_service(model, [feature for feature in features if model in feature.models]) for model in models]
    return "\n".join([_HEAD, *views, *services])


def _view(group: str, features: Iterable[Feature], definition_hash: str) -> str:
    fields = "".join(f"        {_field(feature)},\n" for feature in features)
    return f"""
{group} = FeatureView(
    name={group!r},
    entities=[customer],
    ttl=TIME_TO_LIVE,
    schema=[
{fields}    ],
    source=FileSource(
        name={f"{group}_rows"!r},
        path=str(DATA / {f"{group}.parquet"!r}),
        timestamp_field="event_timestamp",
        created_timestamp_column="created_timestamp",
    ),
    tags={{"definition_hash": {definition_hash!r}}},
)
"""


def _field(feature: Feature) -> str:
    tags = {"owner": feature.owner, "null_policy": feature.null_policy, "monotone": feature.monotone}
    return f"Field(name={feature.name!r}, dtype={_TYPES[feature.data_type]}, description={feature.description!r}, tags={tags!r})"


def _service(model: str, features: Iterable[Feature]) -> str:
    parts = "".join(
        f"        {group}[{[member.name for member in members]!r}],\n" for group, members in groupby(features, _group)
    )
    return f"""
{model} = FeatureService(
    name={model!r},
    features=[
{parts}    ],
)
"""


def _group(feature: Feature) -> str:
    return feature.group
