"""Run a benchmark.

python -m benchmarks [FOLDER [...]] the model on a real shop; the landing files of Online Retail II are in FOLDER
python -m benchmarks marts [...]   what the marts cost on a made-up shop of any size; --help says more
python -m benchmarks reads [...]   a training set from stored features, beside Feast, pandas and polars
python -m benchmarks refresh [...] a day's features after one, two and four years of history
python -m benchmarks capacity [...] the largest shop whose day's features build within a memory limit
python -m benchmarks scoring [...] a million customers scored with reasons, beside LightGBM alone; training beside scikit-learn
"""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import capacity, feature_reads, feature_refresh, marts, online_retail, scoring

_MADE_UP = {
    "marts": marts,
    "reads": feature_reads,
    "refresh": feature_refresh,
    "capacity": capacity,
    "scoring": scoring,
}
"""What needs no data of anybody's."""
_ROOT = Path(__file__).resolve().parents[1]
ONLINE_RETAIL = _ROOT.parent / "shared" / "data" / "online_retail_ii"
"""Where the data lie if no folder is given: beside the clone."""
HOMES = _ROOT / ".cache" / "benchmarks" / "online_retail"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is named, else judge the model on the real shop; without its data say so, and end with 2."""
    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0] in _MADE_UP:
        return _MADE_UP[given[0]].main(given[1:])
    if given and given[0] in ("-h", "--help"):
        sys.stdout.write(f"{__doc__}\nEach says more after --help.\n")
        return 0
    source = Path(given[0]).expanduser().resolve() if given else ONLINE_RETAIL
    if not (source / "orders.parquet").is_file():
        sys.stderr.write(
            f"{source} holds no orders.parquet: give the folder with the landing files of Online Retail II, as\n"
            "    python -m benchmarks FOLDER\n"
        )
        return 2
    shutil.rmtree(HOMES, ignore_errors=True)  # a day already published would be judged as an older version left it
    HOMES.mkdir(parents=True)
    return online_retail.main([str(source), str(HOMES), *given[1:]])


if __name__ == "__main__":
    sys.exit(main())
