"""The range of each feature, as a rule: it is stated once, in the column's yml."""

from functools import cache

import yaml

from expectations import rows
from expectations.rules import Check, Rule, Table, warning
from wellkept.paths import DBT_PROJECT


def in_stated_ranges(table: Table) -> list[Rule]:
    """One warning for each feature of the table that states a range; an end that is null is open."""
    return [
        warning(_lies_between(name, minimum, maximum))
        for name, (minimum, maximum) in _read_ranges(table.name).items()
        if minimum is not None or maximum is not None
    ]


def _lies_between(column: str, minimum: float | None, maximum: float | None) -> Check:
    if maximum is None:
        return rows.is_at_least(column, minimum or 0)
    return rows.is_at_most(column, maximum) if minimum is None else rows.is_between(column, minimum, maximum)


@cache
def _read_ranges(model: str) -> dict[str, list[float | None]]:
    content = yaml.safe_load((DBT_PROJECT / "models" / "features" / f"{model}.yml").read_text(encoding="utf-8"))
    described = next(one for one in content["models"] if one["name"] == model)["columns"]
    features = {column["name"]: column.get("config", {}).get("meta", {}).get("feature") for column in described}
    return {name: feature["range"] for name, feature in features.items() if feature and "range" in feature}
