"""Reasons for what was scored: exact for the riskiest, along the leaf paths for the rest if the spec asks for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.registry import Feature
from ml.leaf_paths import follow_leaves
from ml.lightgbm_trees import has_trees
from ml.reasons import SCHEMA, tell_reasons
from ml.recipe import Model
from ml.score_rows import append, create, read_rows

Floats = NDArray[np.float64]

_RISKIEST = "(select place, customer_id from scoring.ranked where is_riskiest)"
_REST = "(select place, customer_id from scoring.ranked where not is_riskiest)"


@dataclass(frozen=True)
class Attribution:
    """A way to split raw scores among features: rows by features and a bias last, which sum to the raw score."""

    reasons_by: Literal["tree_shap", "leaf_path", "coefficients"]
    contributions: Callable[[Floats], Floats]


def attribute_exactly(model: Model) -> Attribution:
    """What the model itself says: TreeSHAP for trees."""
    return Attribution("tree_shap" if has_trees(model.to_text()) else "coefficients", model.contributions)


def attribute_cheaply(model: Model, threads: int) -> Attribution:
    """Leaf paths for trees, whatever their size; the exact attribution where there are none to follow."""
    paths = follow_leaves(model.to_text(), threads) if has_trees(model.to_text()) else None
    return Attribution("leaf_path", paths.contributions) if paths else attribute_exactly(model)


def explain(
    connection: duckdb.DuckDBPyConnection,
    features: Sequence[Feature],
    day: date,
    exact: Attribution,
    for_the_rest: Attribution | None,
) -> None:
    """Fill scoring.explained with the reasons of the riskiest, and of the rest where there is a way for them."""
    schema = pa.schema([("place", pa.int64()), ("reasons_by", pa.string()), *SCHEMA])
    create(connection, "scoring.explained", schema)
    names = [feature.name for feature in features]
    for keys, attribution in ((_RISKIEST, exact), (_REST, for_the_rest)):
        if attribution is None:
            continue
        for rows in read_rows(connection, keys, features, [day], are_few=keys == _RISKIEST):
            [matrix] = rows.matrices
            told = tell_reasons(names, matrix, attribution.contributions(matrix))
            by = pa.repeat(attribution.reasons_by, len(matrix))
            append(connection, "scoring.explained", pa.table([rows.places, by, *told], schema))
