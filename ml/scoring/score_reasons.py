"""Reasons for what was scored: exact for the riskiest, along the leaf paths for the rest if the spec asks for it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.kinds.blend import Blend
from ml.kinds.fitting import Fitted
from ml.kinds.floor import RfmLogistic
from ml.kinds.leaf_paths import follow_leaves
from ml.kinds.lightgbm_model import LightgbmModel
from ml.kinds.logistic import Logistic
from ml.kinds.model import Model
from ml.kinds.recipe import BLEND, LIGHTGBM
from ml.scoring.explain import is_better_high
from ml.scoring.reasons import SCHEMA, tell_reasons
from ml.scoring.score_rows import Scored, read_matrices

Floats = NDArray[np.float64]

REASONS = pa.schema([("reasons_by", pa.string()), *SCHEMA])
Way: TypeAlias = Literal["tree_shap", "leaf_path", "coefficients", "blend"]


@dataclass(frozen=True)
class Attribution:
    """A way to split raw scores among features: rows by features and a bias last, which sum to the raw score."""

    reasons_by: Way
    contributions: Callable[[Floats], Floats]
    falling: frozenset[str]
    """The features of which less raises the score, whatever else is so: a fact of the model, the same for every row."""


_EXACTLY: Mapping[str, Way] = {LIGHTGBM: "tree_shap", BLEND: "blend"}
"""The others say it by their coefficients."""


def attribute_exactly(model: Fitted) -> Attribution:
    """What the model itself says: TreeSHAP for trees, the mean of what its models say for a blend."""
    return Attribution(_EXACTLY.get(model.kind, "coefficients"), model.contributions, find_falling(model.model))


def attribute_cheaply(model: Fitted, threads: int) -> Attribution:
    """Leaf paths for trees, whatever their size, also in a blend; the exact attribution where there are none to follow."""
    found = _follow_leaves(model.model, threads)
    return Attribution("leaf_path", found.contributions, find_falling(found)) if found else attribute_exactly(model)


def find_falling(model: Model) -> frozenset[str]:
    """Features of which less raises the model's score: trees are held to `monotone`, a regression's weights need not follow it."""
    if isinstance(model, Blend):
        rising = {name for part in model.parts for name in set(part.features) - find_falling(part)}
        return frozenset(model.features) - rising
    if isinstance(model, Logistic | RfmLogistic):
        return frozenset(name for name, weight in zip(model.features, model.weights, strict=True) if weight < 0)
    return frozenset(filter(is_better_high, model.features)) if isinstance(model, LightgbmModel) else frozenset()


def _follow_leaves(model: Model, threads: int) -> Model | None:
    if isinstance(model, Blend):
        return model.with_parts(lambda part: _follow_leaves(part, threads) or part)
    return follow_leaves(model.features, model.to_text(), threads) if model.kind == LIGHTGBM else None


def explain(
    connection: duckdb.DuckDBPyConnection,
    scored: Scored,
    exact: Attribution,
    for_the_rest: Attribution | None,
) -> Iterator[pa.Table]:
    """row_number and the columns of REASONS, some customers at a time: the riskiest, and the rest where there is a way for them."""
    schema = pa.schema([("row_number", pa.int64()), *REASONS])
    names = [feature.name for feature in scored.features]
    for mask, attribution in ((scored.is_riskiest, exact), (~scored.is_riskiest, for_the_rest)):
        if attribution is None:
            continue
        customers = scored.customers.filter(pa.array(mask))
        are_few = mask is scored.is_riskiest
        for rows in read_matrices(connection, customers, scored.features, [scored.day], are_few):
            [matrix] = rows.matrices
            reasons = tell_reasons(names, matrix, attribution.contributions(matrix), attribution.falling)
            by = pa.repeat(attribution.reasons_by, len(matrix))
            yield pa.table([rows.row_numbers, by, *reasons], schema)
