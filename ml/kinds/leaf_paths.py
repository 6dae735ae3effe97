"""Leaf-path attribution (A. Saabas, 2014): a row's raw score split along the one path it takes through each tree.

Each split gives its feature what the mean of the training rows changes by when the row goes its way. It sums to the raw
score as TreeSHAP does and is found by the leaf alone, so it is cheap for trees of any size, but it credits the splits
nearest the leaf and depends on their order: about one row in ten has another first reason.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.kinds.lightgbm_model import LightgbmModel
from ml.kinds.lightgbm_trees import Floats, Tree, read_trees


@dataclass(frozen=True)
class LeafTable:
    """What each leaf of one tree gives each of `features`: one row a feature."""

    features: list[int]
    values: Floats


@dataclass(frozen=True)
class LeafPaths(LightgbmModel):
    """The same model, splitting its raw scores by leaf path: the tables of its trees, and itself to find the leaves by."""

    tables: list[LeafTable]
    bias: float
    """The mean raw score of the training rows, as for TreeSHAP."""

    def contributions(self, matrix: Floats) -> Floats:
        """Rows by features and the bias last: they sum to the raw score."""
        leaves: NDArray[np.int32] = self._booster.predict(matrix, pred_leaf=True, num_threads=self.threads)
        by_tree = np.asfortranarray(leaves.reshape(len(matrix), len(self.tables)), dtype=np.intp)
        found = np.zeros((matrix.shape[1] + 1, len(matrix)))
        found[-1] = self.bias
        for number, table in enumerate(self.tables):
            for feature, values in zip(table.features, table.values, strict=True):
                found[feature] += values[by_tree[:, number]]
        return found.T


def follow_leaves(features: list[str], text: str, threads: int) -> LeafPaths | None:
    """The leaf paths of a LightGBM model's text; None where a tree splits as ours never do."""
    trees = read_trees(text)
    if trees is None:
        return None
    bias = sum(float(tree.expected()[0] if len(tree.features) else tree.leaf_values[0]) for tree in trees)
    return LeafPaths(features, text, threads, [_tabulate(tree) for tree in trees], bias)


def _tabulate(tree: Tree) -> LeafTable:
    features = sorted({int(feature) for feature in tree.features})
    values = np.zeros((len(features), len(tree.leaf_values)))
    means = tree.expected()
    waiting = [(0, np.zeros(len(features)))] if features else []
    while waiting:
        split, given = waiting.pop()
        place = features.index(int(tree.features[split]))
        for child in (int(tree.left[split]), int(tree.right[split])):
            gained = given.copy()
            gained[place] += tree.value_at(child, means) - means[split]
            if child >= 0:
                waiting.append((child, gained))
            else:
                values[:, ~child] = gained
    return LeafTable(features, values)
