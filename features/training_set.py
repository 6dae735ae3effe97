"""Training sets: every feature and the label of whole days, in one Parquet file, with its manifest beside it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from features.build import build_days
from features.manifest import describe_training_set, write_manifest
from features.reads import read
from features.registry import load
from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

LABEL_TABLE = "label_customer__purchase_churn"
LABEL = "is_churned"
_ROWS_AT_ONCE = 200_000
"""Rows with all features that are in memory together: a quarter of a gigabyte."""


def write_training_set(run: Run, days: Sequence[date], out: Path) -> int:
    """Write one row per day and customer with features, with every feature and the label (NULL where not known by the run's day).

    Features are built where no snapshot holds the day. Beside it lies the manifest, as JSON. Returns the number of rows;
    no rows is an error.
    """
    _check_file(out)
    _check_days(run, days)
    build_days(run, days)
    features = load()
    groups = sorted({feature.group for feature in features})
    keys = " union ".join(
        f"select customer_id, as_of_date from features.{group} where list_contains($days, as_of_date)"
        for group in groups
    )
    spine = f"""
        select keys.customer_id, keys.as_of_date, labels.{LABEL}
        from ({keys}) as keys left join labels.{LABEL_TABLE} as labels using (customer_id, as_of_date)
        order by as_of_date, customer_id
    """
    with connect(run, "writing a training set") as connection:
        batches = connection.cursor().execute(spine, {"days": list(days)}).to_arrow_reader(_ROWS_AT_ONCE)
        rows = _write(connection, batches, [feature.name for feature in features], out)
        if not rows:
            raise WellkeptError(f"no customer has features on {', '.join(map(str, days))}; does raw reach back so far?")
        write_manifest(out, describe_training_set(connection, run, out, features, LABEL_TABLE, LABEL))
    return rows


def _check_file(out: Path) -> None:
    if not out.parent.is_dir():
        raise BadInputError(f"--out {out}: there is no folder {out.parent}")
    if out.is_dir() or out.suffix != ".parquet":
        raise BadInputError(f"--out {out}: give a file whose name ends in .parquet; its manifest is written beside it")


def _check_days(run: Run, days: Sequence[date]) -> None:
    """No day before anything was known: nothing is built for it, and nothing noted."""
    with connect(run, "looking how far raw reaches back") as connection:
        row = connection.execute("select min(known_on) from raw.orders").fetchone()
    first = row[0] if row else None
    early = [day for day in sorted(days) if first is None or day < first]
    if early:
        raise BadInputError(
            f"{', '.join(map(str, early))}: no order was known yet"
            + (f"; the first was known on {first}, give days from then on" if first else "; load a day first")
        )


def _write(connection: duckdb.DuckDBPyConnection, spine: pa.RecordBatchReader, names: Sequence[str], out: Path) -> int:
    """Write the spine with its features, so many rows at a time; returns how many. No rows, no file."""
    rows, writer = 0, None
    try:
        for batch in spine:
            found = read(connection, pa.Table.from_batches([batch]), names)
            writer = writer or pq.ParquetWriter(out, found.schema)
            writer.write_table(found)
            rows += len(found)
    finally:
        if writer:
            writer.close()
    return rows
