"""How long each label table takes to know what became of a day, from the yml beside it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.definitions import label_names
from wellkept.project.parameters import Parameters
from wellkept.project.yml import read_yml


def days_to_outcome(parameters: Parameters, project: Path = DBT_PROJECT) -> dict[str, int]:
    """By label table: nothing that happens so many days after a day, or later, can change that day's label."""
    return {table: sum(parameters.integer(name) for name in names) for table, names in _read_deciding(project).items()}


def days_to_maturity(parameters: Parameters, project: Path = DBT_PROJECT) -> dict[str, int]:
    """By label table: so many days after its day a label is final, whatever becomes known later."""
    late_days = parameters.integer("late_days")
    return {table: days + late_days for table, days in days_to_outcome(parameters, project).items()}


@cache
def _read_deciding(project: Path) -> Mapping[str, tuple[str, ...]]:
    """The parameters that make up each label's outcome: `config.meta.label.decided_by` of its yml."""
    deciding = {table: _read_one(project, table) for table in label_names(project)}
    missing = [table for table, names in deciding.items() if not names]
    if missing:
        raise WellkeptError(
            f"{', '.join(missing)}: its yml does not say after which parameters' days it is decided; add "
            "`config: {meta: {label: {decided_by: [horizon_days]}}}`"
        )
    return deciding


def _read_one(project: Path, table: str) -> tuple[str, ...]:
    file = project / "models" / "labels" / f"{table}.yml"
    models = read_yml(file)["models"] if file.exists() else []
    described: dict[str, Any] = next((model for model in models if model["name"] == table), {})
    return tuple(described.get("config", {}).get("meta", {}).get("label", {}).get("decided_by", ()))
