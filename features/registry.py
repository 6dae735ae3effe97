"""The feature registry: what is known about each feature, read from dbt's manifest."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from wellkept.errors import WellkeptError
from wellkept.run import Run
from wellkept.warehouse import dbt

Monotone = Literal["increasing", "decreasing", "none"]


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


KEYS = ("customer_id", "as_of_date")


def load(run: Run) -> list[Feature]:
    """All features, by group and in the order of their columns; a column without its entry is a WellkeptError."""
    manifest = run.home.dbt_target(run.run_id) / "manifest.json"
    if not manifest.exists():
        dbt(run, "parse")
    nodes = json.loads(manifest.read_text())["nodes"].values()
    groups = [node for node in nodes if node["resource_type"] == "model" and node["path"].startswith("features/")]
    return [
        _feature(group["name"], column)
        for group in sorted(groups, key=lambda node: str(node["name"]))
        for column in group["columns"].values()
        if column["name"] not in KEYS
    ]


def _feature(group: str, column: dict[str, Any]) -> Feature:
    entry = column.get("config", {}).get("meta", {}).get("feature")
    if not entry or not column["description"]:
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
