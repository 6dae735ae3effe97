"""The training set through pandas.merge_asof, one call a feature table."""

import time

import pandas as pd
from told import folder, groups, tell

started = time.perf_counter()
spine = pd.read_parquet(folder / "spine.parquet")
spine["as_of_date"] = pd.to_datetime(spine["as_of_date"])
spine["row"] = range(len(spine))
rows = spine.sort_values("as_of_date", kind="stable")
for number in range(len(groups)):
    snapshots = pd.read_parquet(folder / f"group_{number}.parquet")
    snapshots["as_of_date"] = pd.to_datetime(snapshots["as_of_date"])
    snapshots = snapshots.sort_values("as_of_date", kind="stable")
    rows = pd.merge_asof(rows, snapshots, on="as_of_date", by="customer_id")
rows = rows.sort_values("row").reset_index(drop=True)
seconds = time.perf_counter() - started
tell(pd.__version__, seconds, len(rows), {name: rows[name].to_numpy("float64") for names in groups for name in names})
