"""Small trees, looked up instead of walked: the same scores and exact TreeSHAP at a fraction of the time.

What a tree of few splits says of a row depends only on which way each of its splits sends it. So its leaf, and its Shapley
values (Lundberg and others, "From local explanations to global understanding with explainable AI for trees", 2020: the
path dependent ones, which LightGBM's `pred_contrib` gives) are worked out once for every such pattern, the latter from
their definition, and a row finds its own by its pattern.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import factorial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.kinds.blend import Blend
from ml.kinds.fitting import Fitted
from ml.kinds.lightgbm_trees import Bools, Floats, Tree, read_trees
from ml.kinds.model import Model
from ml.kinds.recipe import LIGHTGBM

MOST_SPLITS = 8
"""256 patterns and as many coalitions a tree; with each further split the tables are four times the work."""


@dataclass(frozen=True)
class Table:
    """What one tree says by pattern: the leaf's value, and one row of Shapley values for each of `features`."""

    tree: Tree
    features: list[int]
    leaves: Floats
    values: Floats


@dataclass(frozen=True)
class TabulatedModel:
    """A LightGBM model as tables. Matrices whose columns lie together are fastest."""

    kind: ClassVar[str] = "lightgbm"
    features: list[str]
    text: str
    tables: list[Table]
    bias: float
    """The mean raw score of the training rows: what the contributions are added to."""

    def predict_raw(self, matrix: Floats) -> Floats:
        """The raw scores that LightGBM gives, to the last bit: the trees are added up in its order."""
        raw = np.zeros(len(matrix))
        for table in self.tables:
            raw += table.leaves[_find_patterns(table.tree, matrix)]
        return raw

    def contributions(self, matrix: Floats) -> Floats:
        """Rows by features and the bias last, as `pred_contrib` has them: they sum to the raw score."""
        found = np.zeros((matrix.shape[1] + 1, len(matrix)))
        found[-1] = self.bias
        for table in self.tables:
            pattern = _find_patterns(table.tree, matrix)
            for feature, values in zip(table.features, table.values, strict=True):
                found[feature] += values[pattern]
        return found.T

    def to_text(self) -> str:
        return self.text


def tabulate(features: list[str], text: str) -> TabulatedModel | None:
    """The tables of a LightGBM model's text; None where a tree is too large for them, or splits as ours never do."""
    trees = read_trees(text)
    if trees is None or any(len(tree.features) > MOST_SPLITS for tree in trees):
        return None
    bias = sum(float(tree.expected()[0] if len(tree.features) else tree.leaf_values[0]) for tree in trees)
    return TabulatedModel(features, text, [_tabulate(tree) for tree in trees], bias)


def hasten(model: Fitted) -> Fitted:
    """The same model, as tables where it is made of small trees, and so are the parts of a blend."""
    return replace(model, model=_hasten(model.model))


def _hasten(model: Model) -> Model:
    if isinstance(model, Blend):
        return model.with_parts(_hasten)
    tables = tabulate(model.features, model.to_text()) if model.kind == LIGHTGBM else None
    return tables or model


def _find_patterns(tree: Tree, matrix: Floats) -> NDArray[np.intp]:
    """One number a row: bit k says that split k sends it left."""
    pattern = np.zeros(len(matrix), dtype=np.uint8)
    for split, feature in enumerate(tree.features):
        np.bitwise_or(pattern, tree.goes_left(split, matrix[:, feature]).view(np.uint8) << split, out=pattern)
    return pattern.astype(np.intp)


def _tabulate(tree: Tree) -> Table:
    if not len(tree.features):
        return Table(tree, [], tree.leaf_values, np.zeros((0, 1)))
    features = sorted({int(feature) for feature in tree.features})
    worth = _find_worth(tree, features)
    coalitions = np.arange(2 ** len(features))
    values = np.zeros((len(features), worth.shape[1]))
    for place in range(len(features)):
        without = coalitions[(coalitions >> place) & 1 == 0]
        shares = np.array([_share(int(coalition).bit_count(), len(features)) for coalition in without])
        values[place] = shares @ (worth[without | (1 << place)] - worth[without])
    return Table(tree, features, worth[-1], values)


def _find_worth(tree: Tree, features: Sequence[int]) -> Floats:
    """What the tree says when only a coalition's features are known, by coalition and pattern.

    A split on a known feature is followed, any other answers with the mean of both sides, by their training rows.
    """
    coalitions, patterns = np.arange(2 ** len(features)), np.arange(2 ** len(tree.features))
    worth: dict[int, Floats] = {}
    for split in range(len(tree.features) - 1, -1, -1):  # children come after their parents
        children = int(tree.left[split]), int(tree.right[split])
        left, right = (worth[child] if child >= 0 else tree.leaf_values[~child] for child in children)
        rows_left, rows_right = (tree.count_at(child) for child in children)
        mean = (rows_left * left + rows_right * right) / (rows_left + rows_right)
        goes_left: Bools = (patterns >> split) & 1 == 1
        is_known = (coalitions >> features.index(int(tree.features[split]))) & 1 == 1
        worth[split] = np.where(is_known[:, None], np.where(goes_left, left, right), mean)
    return worth[0]


def _share(size: int, players: int) -> float:
    """The weight of a coalition of that size in a Shapley value."""
    return factorial(size) * factorial(players - size - 1) / factorial(players)
