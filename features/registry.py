"""The feature registry: what is known about each feature, read from the yml of its column."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from wellkept.errors import WellkeptError
from wellkept.paths import DBT_PROJECT

Monotone = Literal["increasing", "decreasing", "none"]

KEYS = ("customer_id", "as_of_date")


@dataclass(frozen=True)
class Feature:
    """One feature: a described column of a feature table. `monotone` is how churn risk moves with its value."""

    name: str
    group: str
    data_type: str
    description: str
    owner: str
    null_policy: str
    minimum: float | None
    maximum: float | None
    monotone: Monotone


def load(project: Path = DBT_PROJECT) -> list[Feature]:
    """All features, by group and in the order of their columns; a column without its entry is a WellkeptError."""
    files = sorted((project / "models" / "features").glob("feature_*.yml"))
    models = [model for file in files for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]]
    return [
        _feature(model["name"], column) for model in models for column in model["columns"] if column["name"] not in KEYS
    ]


def _feature(group: str, column: dict[str, Any]) -> Feature:
    entry = column.get("config", {}).get("meta", {}).get("feature")
    if not entry or not column.get("description"):
        raise WellkeptError(
            f"{group}.{column['name']} has no description or no config.meta.feature in its yml; "
            "every feature column needs both (dbt_project/README.md)"
        )
    minimum, maximum = entry.get("range", [None, None])
    return Feature(
        name=column["name"],
        group=group,
        data_type=column["data_type"],
        description=" ".join(column["description"].split()),
        owner=entry["owner"],
        null_policy=entry["null_policy"],
        minimum=minimum,
        maximum=maximum,
        monotone=entry.get("monotone", "none"),
    )
