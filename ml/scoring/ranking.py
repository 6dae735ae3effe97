"""Who is riskiest: deciles, bands and who gets exact reasons, from the scores alone."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def rank(raw_scores: Floats, risks: Floats, bands: Mapping[str, float], explained_customers: int) -> pa.Table:
    """risk_decile, risk_band and is_riskiest of each row; of equal raw scores the first row is the riskier.

    Deciles are counted from the riskiest, who so is in decile 10 however few there are. A band begins at its risk. The
    riskiest are decile 10, and at least so many as are to be explained.
    """
    scored = len(raw_scores)
    ranks = np.empty(scored, dtype=np.int64)
    ranks[np.argsort(-raw_scores, kind="stable")] = np.arange(1, scored + 1)
    deciles = np.ceil(10 * (scored - ranks + 1) / max(1, scored)).astype(np.int32)
    return pa.table(
        {
            "risk_decile": deciles,
            "risk_band": _name_bands(risks, bands),
            "is_riskiest": (deciles == 10) | (ranks <= explained_customers),
        }
    )


def _name_bands(risks: Floats, bands: Mapping[str, float]) -> pa.Array:
    """The highest band that each risk reaches; NULL where it reaches none."""
    names = sorted(bands, key=lambda name: bands[name])
    reached = np.searchsorted([bands[name] for name in names], risks, side="right") - 1
    return pa.DictionaryArray.from_arrays(pa.array(reached, mask=reached < 0), pa.array(names, pa.string())).cast(
        pa.string()
    )
