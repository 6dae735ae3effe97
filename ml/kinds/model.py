"""What every fitted model can do, whatever its kind."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Model(Protocol):
    """A fitted model; matrices have a row a customer and a column a feature, NaN where unknown."""

    @property
    def kind(self) -> str: ...

    @property
    def features(self) -> list[str]: ...

    def predict_raw(self, matrix: Floats) -> Floats: ...

    def contributions(self, matrix: Floats) -> Floats: ...

    def to_text(self) -> str: ...
