"""The training set through `features.reads.read`."""

import os
import time

import duckdb
import pyarrow.parquet as pq
from told import folder, groups, tell

from features.reads import read

started = time.perf_counter()
names = [name for names in groups for name in names]
with duckdb.connect(
    str(folder / "warehouse.duckdb"),
    read_only=True,
    config={"threads": os.environ["WELLKEPT_BENCHMARK_THREADS"], "memory_limit": "8GB"},
) as connection:
    rows = read(connection, pq.read_table(folder / "spine.parquet"), names)
seconds = time.perf_counter() - started
tell(duckdb.__version__, seconds, rows.num_rows, {name: rows[name].to_numpy(zero_copy_only=False) for name in names})
