"""Whether the features of the run's day still look like those a model is to be trained on: a unit that changed, a source that fell silent."""

from collections.abc import Iterator, Sequence
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.reads import read
from features.registry import Feature
from ml.dataset import Dataset
from ml.matrix import to_floats
from ml.spec import ModelSpec
from wellkept.deployment.errors import ShiftedDataError
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect
from wellkept.warehouse.sql import spread

Floats = NDArray[np.float64]
_MAX_ROWS = 20_000
_NEWEST_DAYS = 4
_ENOUGH = 100
_USUAL_SHARE, _SILENT_SHARE = 0.2, 0.01
"""Of customers with a value that is known and not 0: what was as usual as the one and is as rare as the other fell silent."""
_QUARTILES = (0.25, 0.5, 0.75)
"""A unit moves all of them; a value that is often one of two may move its median by chance."""
_NAMED = 4


def check_day(run: Run, spec: ModelSpec, dataset: Dataset, features: Sequence[Feature]) -> None:
    """A ShiftedDataError where features of the day are out of scale with the newest training days, or silent.

    Season moves quartiles by far less than `gates.max_shift`; a unit or a source that changed moves them further.
    """
    with connect(run, f"comparing features of {run.as_of_date} with the training days of {spec.name}") as connection:
        spine = _read_spine(connection, spec, run.as_of_date)
        rows = read(connection, spine, [feature.name for feature in features])
    newest = pa.array(dataset.day_numbers >= dataset.days[-_NEWEST_DAYS:][0].toordinal())
    before = dataset.rows.filter(newest)
    found = list(_find_shifts(spec, features, before, rows)) if rows.num_rows >= _ENOUGH else []
    if found:
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise ShiftedDataError(
            f"{spec.name} on {run.as_of_date}: features of the day are not like those of the training days up to "
            f"{dataset.days[-1]}: {'; '.join(found[:_NAMED])}{more}. A source may have changed its unit or stopped delivering: "
            "look at feature_drift and at the source, then train again. Nothing was promoted"
        )


def _find_shifts(spec: ModelSpec, features: Sequence[Feature], before: pa.Table, now: pa.Table) -> Iterator[str]:
    for feature in features:
        old, new = (_sizes(to_floats(rows[feature.name])) for rows in (before, now))
        was, is_now = len(old) / before.num_rows, len(new) / now.num_rows
        if was >= _USUAL_SHARE and is_now <= _SILENT_SHARE:
            yield f"{feature.name} is 0 or unknown for {1 - is_now:.0%} of the customers, and was for {1 - was:.0%}"
        elif min(len(old), len(new)) >= _ENOUGH:
            ratios = np.quantile(new, _QUARTILES) / np.quantile(old, _QUARTILES)
            if ratios.min() >= spec.gates.max_shift or ratios.max() <= 1 / spec.gates.max_shift:
                yield f"{feature.name} is {np.median(new):,.4g} in the median, and was {np.median(old):,.4g}"


def _sizes(values: Floats) -> Floats:
    known = np.abs(values[~np.isnan(values)])
    return known[known > 0]


def _read_spine(connection: duckdb.DuckDBPyConnection, spec: ModelSpec, day: date) -> pa.Table:
    row = connection.execute(f"select count(*) from labels.{spec.label} where as_of_date = ?", [day]).fetchone()
    share = min(1.0, _MAX_ROWS / max(1, row[0] if row else 0))
    spine: pa.Table = connection.execute(
        f"""
        select customer_id, as_of_date from labels.{spec.label}
        where as_of_date = $day and {spread("customer_id")} < $share * 4294967296
        order by customer_id
        """,
        {"day": day, "share": share},
    ).to_arrow_table()
    return spine
