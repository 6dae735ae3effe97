"""Several models as one: the mean of their raw scores, each having the same say.

Models that learn differently err differently, and their mean is seldom worse than the best of them and often better (J. Bates
and C. Granger, "The combination of forecasts", 1969; A. Timmermann, "Forecast combinations", 2006). Equal shares, since shares
that are learned on few test days are noise.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ml.kinds.model import Floats, Model


@dataclass(frozen=True)
class Blend:
    """Models, and the names of all columns that any of them reads, in order."""

    kind: ClassVar[str] = "blend"
    features: list[str]
    parts: Sequence[Model]

    def predict_raw(self, matrix: Floats) -> Floats:
        """The mean of the parts' raw scores (logits) of rows of the features, NaN where unknown."""
        total = np.zeros(len(matrix))
        for part in self.parts:
            total += part.predict_raw(matrix[:, self._places(part)])
        return total / len(self.parts)

    def contributions(self, matrix: Floats) -> Floats:
        """The mean of what each feature adds in each part, and of their biases: they sum to the raw score.

        Shapley values of a mean of models are the mean of theirs (L. Shapley, 1953: additivity).
        """
        found = np.zeros((len(matrix), len(self.features) + 1))
        for part in self.parts:
            places = self._places(part)
            found[:, [*places, -1]] += part.contributions(matrix[:, places])
        return found / len(self.parts)

    def with_parts(self, change: Callable[[Model], Model]) -> "Blend":
        """The same blend with each part in another form."""
        return Blend(self.features, [change(part) for part in self.parts])

    def to_text(self) -> str:
        parts = [{"kind": part.kind, "features": part.features, "text": part.to_text()} for part in self.parts]
        return json.dumps({"kind": self.kind, "features": self.features, "parts": parts}, sort_keys=True)

    def _places(self, part: Model) -> list[int]:
        return [self.features.index(name) for name in part.features]


def blend(parts: Sequence[Model]) -> Blend:
    """The blend of fitted models."""
    return Blend(list(dict.fromkeys(name for part in parts for name in part.features)), list(parts))


def read_blend(text: str, load: Callable[[str, list[str], str], Model]) -> Blend:
    """The blend that `to_text` wrote; `load` reads a part from its kind, features and text."""
    content: dict[str, Any] = json.loads(text)
    parts = [load(part["kind"], part["features"], part["text"]) for part in content["parts"]]
    return Blend(content["features"], parts)
