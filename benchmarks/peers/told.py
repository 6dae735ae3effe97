"""What every engine is told, and how it tells what it found; runs in each engine's own environment."""

import json
import sys
from pathlib import Path

import numpy as np

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
groups = json.loads((folder / "groups.json").read_text())


def tell(version, seconds, rows, columns):
    """Rows, and of each feature its sum and how many values it has."""
    sums = {"rows": rows}
    for name, values in columns.items():
        numbers = np.asarray(values, dtype="float64")
        sums[name] = float(np.nansum(numbers))
        sums[f"{name} values"] = int(np.count_nonzero(~np.isnan(numbers)))
    out.write_text(json.dumps({"version": version, "seconds": round(seconds, 2), "sums": sums}))
