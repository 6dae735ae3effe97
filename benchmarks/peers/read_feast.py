"""The training set through Feast's get_historical_features on its DuckDB offline store, one feature view a table."""

import time

import duckdb
import feast
import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Float64, Int64
from told import folder, groups, tell

# Feast wants timestamps: the instant a snapshot is of, for snapshots and spine alike (its cutoff is inclusive).
with duckdb.connect() as connection:
    for number in range(len(groups)):
        stamped = folder / f"feast_{number}.parquet"
        if not stamped.exists():
            connection.execute(
                f"copy (select * exclude (as_of_date), as_of_date::timestamp as event_timestamp "
                f"from '{folder}/group_{number}.parquet') to '{stamped}' (row_group_size 200000)"
            )
types: dict[str, str] = {}
for number in range(len(groups)):
    types |= {row[0]: row[1] for row in duckdb.sql(f"describe from '{folder}/feast_{number}.parquet'").fetchall()}
customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)
views = [
    FeatureView(
        name=f"made_up_{number}",
        entities=[customer],
        ttl=None,
        schema=[Field(name=name, dtype=Int64 if types[name] == "BIGINT" else Float64) for name in names],
        source=FileSource(path=str(folder / f"feast_{number}.parquet"), timestamp_field="event_timestamp"),
    )
    for number, names in enumerate(groups)
]
repository = folder / "feast"
repository.mkdir(exist_ok=True)
store = FeatureStore(
    config=RepoConfig(
        project="benchmark",
        provider="local",
        registry=str(repository / "registry.db"),
        offline_store={"type": "duckdb"},
        online_store=None,
        entity_key_serialization_version=3,
    )
)
store.apply([customer, *views])

started = time.perf_counter()
spine = pd.read_parquet(folder / "spine.parquet")
spine["event_timestamp"] = pd.to_datetime(spine.pop("as_of_date"), utc=True)
wanted = [f"made_up_{number}:{name}" for number, names in enumerate(groups) for name in names]
rows = store.get_historical_features(entity_df=spine, features=wanted).to_df()
seconds = time.perf_counter() - started
tell(
    feast.__version__, seconds, len(rows), {name: rows[name].to_numpy("float64") for names in groups for name in names}
)
