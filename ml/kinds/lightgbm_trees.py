"""The trees of a LightGBM model, read from its text: plain arrays to calculate with."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Numbers = NDArray[np.int64]

_CATEGORICAL, _DEFAULT_LEFT, _MISSING_ZERO, _MISSING_NAN = 1, 2, 4, 8


@dataclass(frozen=True)
class Tree:
    """One tree: a child that is not negative is a split, and a negative one the leaf ~child; no split is one leaf."""

    features: Numbers
    thresholds: Floats
    left: Numbers
    right: Numbers
    unknown_goes_left: Bools
    """Where each split sends NaN."""
    leaf_values: Floats
    leaf_counts: Floats
    counts: Floats
    """Training rows of each split, as `leaf_counts` of each leaf."""

    def count_at(self, child: int) -> float:
        """The training rows of a child."""
        return float(self.counts[child] if child >= 0 else self.leaf_counts[~child])

    def goes_left(self, split: int, values: Floats) -> Bools:
        """Which values of the split's feature go left."""
        threshold = self.thresholds[split]
        found: Bools = ~(values > threshold) if self.unknown_goes_left[split] else values <= threshold  # NaN is neither
        return found

    def expected(self) -> Floats:
        """The mean of the training rows at each split, over the leaves below it; a tree without a split has none."""
        means = np.zeros(len(self.features))
        for split in range(len(self.features) - 1, -1, -1):  # children come after their parents
            below = [int(self.left[split]), int(self.right[split])]
            sums = [self.count_at(child) * self.value_at(child, means) for child in below]
            means[split] = sum(sums) / sum(self.count_at(child) for child in below)
        return means

    def value_at(self, child: int, means: Floats) -> float:
        """The mean of a child, given those of the splits."""
        return float(means[child] if child >= 0 else self.leaf_values[~child])


def read_trees(text: str) -> list[Tree] | None:
    """All trees in order; None where one splits as ours never do: by category, or by zero as a missing value."""
    trees = []
    for entries in _read_entries(text):
        kinds = _numbers(entries, "decision_type")
        if (kinds & (_CATEGORICAL | _MISSING_ZERO)).any() or entries.get("is_linear", "0") != "0":
            return None
        trees.append(_read_tree(entries, kinds))
    return trees


def _read_tree(entries: dict[str, str], kinds: Numbers) -> Tree:
    thresholds, leaf_values = _floats(entries, "threshold"), _floats(entries, "leaf_value")
    goes_its_own_way = (kinds & _MISSING_NAN) > 0  # else NaN counts as 0
    return Tree(
        features=_numbers(entries, "split_feature"),
        thresholds=thresholds,
        left=_numbers(entries, "left_child"),
        right=_numbers(entries, "right_child"),
        unknown_goes_left=np.where(goes_its_own_way, (kinds & _DEFAULT_LEFT) > 0, thresholds >= 0),
        leaf_values=leaf_values,
        leaf_counts=_floats(entries, "leaf_count") if len(kinds) else np.ones(len(leaf_values)),
        counts=_floats(entries, "internal_count"),
    )


def _read_entries(text: str) -> Iterator[dict[str, str]]:
    """What the text says of each tree, by name."""
    body = text.partition("\nend of trees")[0]
    for part in body.split("\nTree=")[1:]:
        yield dict(line.split("=", 1) for line in part.splitlines()[1:] if "=" in line)


def _numbers(entries: dict[str, str], name: str) -> Numbers:
    return np.array(entries.get(name, "").split(), dtype=np.int64)


def _floats(entries: dict[str, str], name: str) -> Floats:
    return np.array(entries.get(name, "").split(), dtype=np.float64)
