"""What every engine is told, and how it tells what it found; runs in each engine's own environment."""

import json
import sys
from pathlib import Path

import numpy as np

folder, out = Path(sys.argv[1]), Path(sys.argv[3])
_COUNT = int(sys.argv[2])
_NAMES = [f"feature_{number:02}" for number in range(60)]
groups = [_NAMES[group::_COUNT] for group in range(_COUNT)]


def tell(version, seconds, rows, columns):
    """Rows, and of each feature its sum and how many values it has."""
    sums = {"rows": rows}
    for name, values in columns.items():
        numbers = np.asarray(values, dtype="float64")
        sums[name] = float(np.nansum(numbers))
        sums[f"{name} values"] = int(np.count_nonzero(~np.isnan(numbers)))
    out.write_text(json.dumps({"version": version, "seconds": round(seconds, 2), "sums": sums}))
