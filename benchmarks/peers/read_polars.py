"""The training set through polars' join_asof, lazily, one call a feature table."""

import time

import polars as pl
from told import folder, groups, tell

started = time.perf_counter()
rows = pl.scan_parquet(folder / "spine.parquet").with_row_index("row").sort("as_of_date")
for number in range(len(groups)):
    snapshots = pl.scan_parquet(folder / f"group_{number}.parquet").sort("as_of_date")
    rows = rows.join_asof(snapshots, on="as_of_date", by="customer_id", strategy="backward")
found = rows.sort("row").collect()
seconds = time.perf_counter() - started
tell(
    pl.__version__,
    seconds,
    len(found),
    {name: found[name].cast(pl.Float64).to_numpy() for names in groups for name in names},
)
