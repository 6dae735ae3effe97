"""Features that no training row knows: which, and what was not delivered."""

from collections.abc import Sequence
from datetime import date

import duckdb

from features.registry import Feature
from ml.dataset import Dataset
from wellkept.landing.loads import has_raw_table
from wellkept.warehouse.sql import count_rows


def find_absent(dataset: Dataset, features: Sequence[Feature]) -> list[Feature]:
    """The features that are NULL in every row: no model fitted on these rows uses them."""
    return [feature for feature in features if dataset.rows[feature.name].null_count == dataset.rows.num_rows]


def explain_absent(connection: duckdb.DuckDBPyConnection, absent: Sequence[Feature], last_day: date) -> list[str]:
    """A sentence for each cause, with the features it keeps out of a training whose last day is `last_day`."""
    entities = {entity for feature in absent for entity in feature.entities}
    unknown = {entity for entity in entities if not _is_known(connection, entity, last_day)}
    causes: dict[str, list[str]] = {}
    for feature in absent:
        missing = [entity.replace("_", " ") for entity in feature.entities if entity in unknown]
        cause = (
            f"no {_list(missing)} were known by {last_day}, the last training day"
            if missing
            else "NULL in every training row"
        )
        causes.setdefault(cause, []).append(feature.name)
    return [f"{', '.join(names)}: {cause}" for cause, names in sorted(causes.items())]


def _list(things: Sequence[str]) -> str:
    *most, last = things
    return f"{', '.join(most)} or {last}" if most else last


def _is_known(connection: duckdb.DuckDBPyConnection, entity: str, day: date) -> bool:
    if not has_raw_table(connection, entity):
        return False
    return count_rows(connection, f"(select 1 from raw.{entity} where known_on <= $day limit 1)", {"day": day}) > 0
