"""What the yml beside each dbt model says of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.yml import read_yml


@dataclass(frozen=True)
class DescribedModel:
    """A model as its yml has it."""

    name: str
    file: Path
    entry: Mapping[str, Any]

    @property
    def meta(self) -> Mapping[str, Any]:
        """Its `config.meta`, empty where there is none."""
        return self.entry.get("config", {}).get("meta") or {}

    @property
    def rebuilt_by(self) -> str:
        """What a change at the source makes stale: customer, period, day or global (dbt_project/README.md)."""
        return str(self.meta.get("rebuilt_by", ""))

    @property
    def columns(self) -> list[str]:
        """The names of the columns it describes."""
        return [column["name"] for column in self.entry.get("columns", ())]


@cache
def read_models(project: Path = DBT_PROJECT) -> Mapping[str, DescribedModel]:
    """Every described model of the project, by name."""
    return {
        entry["name"]: DescribedModel(entry["name"], file, entry)
        for file in sorted((project / "models").rglob("*.yml"))
        for entry in (read_yml(file) or {}).get("models", ())
    }
