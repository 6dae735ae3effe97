"""LightGBM as we use it: small monotone trees, one text file, the same bytes from the same data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.spec import LightgbmParameters

Floats = NDArray[np.float64]
_ROWS_A_THREAD = 200_000
"""Small trees on few rows: a second thread gains 1.5 x on a quiet machine and, spinning, loses 5 x on a busy one."""
_SIGNS = {"increasing": 1, "decreasing": -1, "none": 0}


@dataclass(frozen=True)
class LightgbmModel:
    """A booster in its text format, and the names of its columns in order."""

    kind: ClassVar[str] = "lightgbm"
    features: list[str]
    text: str
    threads: int

    @cached_property
    def _booster(self) -> Any:
        # LightGBM hangs if OpenMP ran before a fork: imported where it is used, in the task's own process.
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    def predict_raw(self, matrix: Floats) -> Floats:
        """Raw scores (logits) of rows of the features, NaN where unknown."""
        raw: Floats = self._booster.predict(matrix, raw_score=True, num_threads=self.threads)
        return raw

    def contributions(self, matrix: Floats) -> Floats:
        """Exact TreeSHAP values, and the bias last: they sum to the raw score. About 0.5 ms a row."""
        values: Floats = self._booster.predict(matrix, pred_contrib=True, num_threads=self.threads)
        return values

    def to_text(self) -> str:
        return self.text


def fit_lightgbm(
    features: Sequence[str],
    matrix: Floats,
    churned: Floats,
    weights: Floats,
    parameters: LightgbmParameters,
    *,
    monotone: Mapping[str, str],
    threads: int,
) -> LightgbmModel:
    """A model that never moves against the stated direction of a feature; equal data give equal bytes."""
    import lightgbm

    settings = {
        **parameters.model_dump(exclude={"rounds"}),
        "objective": "binary",
        "monotone_constraints": [_SIGNS[monotone.get(name, "none")] for name in features],
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": min(threads, 1 + len(matrix) // _ROWS_A_THREAD),
        "verbosity": -1,
    }
    data = lightgbm.Dataset(
        matrix, churned, weight=weights, feature_name=list(features), params={"verbosity": -1}, free_raw_data=True
    )
    booster = lightgbm.train(settings, data, num_boost_round=parameters.rounds)
    return LightgbmModel(list(features), booster.model_to_string(), threads)
