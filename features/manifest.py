"""What a training set is, as the JSON beside its Parquet file: enough to make it again and to know how far to trust it."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from features.audit import read_verdict
from features.registry import Feature
from wellkept.landing.loads import read_watermarks
from wellkept.project.definitions import table_hash
from wellkept.runs.run import Run

_BY_DAY = """
select as_of_date, count(*), count({label}), count(*) filter (where {label})
from read_parquet(?)
group by as_of_date
order by as_of_date
"""


def describe_training_set(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    file: Path,
    features: Sequence[Feature],
    label_table: str,
    label: str = "is_churned",
) -> dict[str, Any]:
    """What the file holds and what it was made from, with the leak prover's verdict on exactly these definitions."""
    import pyarrow.parquet as pq

    content = pq.ParquetFile(file)
    by_day = connection.execute(_BY_DAY.format(label=label), [str(file)]).fetchall()
    tables = sorted({label_table, *(feature.group for feature in features)})
    hashes = {table: table_hash(table, run.parameters) for table in tables}
    return {
        "as_of_date": run.as_of_date.isoformat(),
        "run_id": run.run_id,
        "label": label_table,
        "days": [day.isoformat() for day, *_ in by_day],
        "rows": content.metadata.num_rows,
        "by_day": [
            {"as_of_date": day.isoformat(), "rows": rows, "labels_known": known, "labels_positive": positive}
            for day, rows, known, positive in by_day
        ],
        "features": [
            {"name": feature.name, "data_type": feature.data_type, "table": feature.group} for feature in features
        ],
        "definition_hashes": hashes,
        "parameters": dict(run.parameters),
        "raw_watermark": read_watermarks(connection, run.as_of_date),
        "content_hash": hash_rows(content.schema_arrow, content.iter_batches()),
        "leak_verdict": read_verdict(connection, hashes),
    }


def write_manifest(file: Path, manifest: Mapping[str, Any]) -> Path:
    """Write it beside the training set, under the same name; returns where."""
    path = file.with_suffix(".json")
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return path


def hash_rows(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> str:
    """Equal exactly when names, types and rows are, in order, however they are cut into batches."""
    digests = [hashlib.sha256(f"{field.name}:{field.type}".encode()) for field in schema]
    for batch in batches:
        for digest, column in zip(digests, batch.columns, strict=True):
            digest.update(_bytes(column))
    return hashlib.sha256(b"".join(digest.digest() for digest in digests)).hexdigest()


def _bytes(column: pa.Array) -> bytes:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return "".join(f"{value}|" for value in column.to_pylist()).encode()
    numbers = column.cast(pa.int32()) if pa.types.is_date(column.type) else column
    values: bytes = pc.cast(numbers, pa.float64()).to_numpy(zero_copy_only=False).tobytes()
    return values
