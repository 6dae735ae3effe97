"""What Feast answers from an exported repository, held against what we say. Run in Feast's environment, in the repository.

Beside the script's argument, the folder of questions, stand `spine.parquet` (row, customer_id, as_of_date and each
feature as features.read gives it) and `newest.parquet` (the rows of the newest day). Prints one line of JSON.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from feast import FeatureStore

KEYS = ("row", "customer_id", "as_of_date", "event_timestamp")


def ask_history(store: FeatureStore, spine: pa.Table, features: list[str], hours: int) -> dict[str, list[Any]]:
    """Each column as Feast joins it for instants so many hours into the day, in the spine's order."""
    asked = pd.DataFrame({name: spine[name].to_pylist() for name in ("row", "customer_id")})
    days = pd.to_datetime(pd.Series(spine["as_of_date"].to_pylist()), utc=True)
    asked["event_timestamp"] = days + timedelta(hours=hours)
    rows = store.get_historical_features(entity_df=asked, features=features).to_arrow().sort_by("row")
    return {name: rows[name].to_pylist() for name in rows.column_names if name not in KEYS}


def ask_online(store: FeatureStore, customers: list[str], features: Any) -> dict[str, list[Any]]:
    """Each column as the online store has it, in the order of the customers."""
    answer = store.get_online_features(
        features=features, entity_rows=[{"customer_id": customer} for customer in customers]
    ).to_dict()
    return {name: values for name, values in answer.items() if name not in KEYS}


def count_differences(said: dict[str, list[Any]], ours: pa.Table) -> dict[str, Any]:
    """How much was compared, and the columns that differ, with in how many rows."""
    differing = {}
    for name, values in said.items():
        expected = ours[name].to_pylist()
        wrong = sum(not is_same(value, other) for value, other in zip(values, expected, strict=True))
        if wrong:
            differing[name] = wrong
    values = [value for column in said.values() for value in column]
    nulls = sum(value is None for value in values)
    return {
        "columns": sorted(said),
        "rows": ours.num_rows,
        "values": len(values),
        "nulls": nulls,
        "differing": differing,
    }


def is_same(one: Any, other: Any) -> bool:
    """Equal, and of the same type: NULL is not 0, and 1 is not 1.0."""
    return type(one) is type(other) and one == other


def main() -> None:
    folder = Path(sys.argv[1])
    store = FeatureStore(repo_path=".")
    spine, newest = (pq.read_table(folder / f"{name}.parquet") for name in ("spine", "newest"))
    features = [f"{view.name}:{field.name}" for view in store.list_feature_views() for field in view.schema]
    features = [feature for feature in features if not feature.endswith(":customer_id")]
    customers = newest["customer_id"].to_pylist()
    services = {service.name: service for service in store.list_feature_services()}
    told: dict[str, Any] = {
        "history": count_differences(ask_history(store, spine, features, 0), spine),
        "history in the afternoon": count_differences(ask_history(store, spine, features, 13), spine),
        "online": count_differences(ask_online(store, customers, features), newest),
        **{
            f"service {name}": count_differences(ask_online(store, customers, service), newest)
            for name, service in services.items()
        },
    }
    # The first rows are of the first day, a day of the weekly grid: nothing is exported of the day after.
    day_after = ask_history(store, spine.slice(0, 50), features, 24)
    known = sum(value is not None for column in day_after.values() for value in column)
    told["known on a day that is not exported"] = known
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
