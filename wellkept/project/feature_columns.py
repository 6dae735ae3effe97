"""What the yml beside each feature table says of its columns: read here for the registry, the checks and the exports."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, with_config

from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.yml import read_yml

DataType = Literal["bigint", "double", "boolean"]
Monotone = Literal["increasing", "decreasing", "none"]

Bound = int | float | None

KEYS = ("customer_id", "as_of_date")


Sentence = Annotated[str, Field(min_length=1), BeforeValidator(lambda text: " ".join(str(text or "").split()))]
"""A text on one line, however the yml folds it."""

Variants = Annotated[
    tuple[Sentence, ...], Field(min_length=1), BeforeValidator(lambda said: said if isinstance(said, list) else [said])
]
"""One text, or several of which the first is said whose numbers are all known."""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True)
class Sentences:
    """What is said of a feature to people, as templates (ml/scoring/wording.py): of a value, and where it is NULL."""

    known: Variants
    unknown: Variants


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FeatureEntry(_Part):
    """A column's `config.meta.feature`: what people say of it."""

    entities: tuple[str, ...]
    null_policy: Sentence
    range: tuple[Bound, Bound] = (None, None)
    monotone: Monotone = "none"
    theme: Sentence
    sentences: Sentences
    owner: Sentence
    """Where a column names none, the one that dbt_project.yml names for all feature tables."""


class FeatureColumn(_Part):
    """A described column of a feature table.

    `is_lifetime` says that its table reads all of history, `depends_on_everyone` that a row of the table may change with
    the rows of other customers.
    """

    table: str
    name: str
    data_type: DataType
    description: Sentence
    is_lifetime: bool
    depends_on_everyone: bool
    entry: FeatureEntry


@cache
def read_feature_columns(project: Path = DBT_PROJECT) -> tuple[FeatureColumn, ...]:
    """Every feature column, by table and in order; columns not wholly described are one WellkeptError that names them."""
    columns: list[FeatureColumn] = []
    mistakes: list[str] = []
    defaults = _read_defaults(project)
    for file in sorted((project / "models" / "features").glob("feature_*.yml")):
        for model in read_yml(file)["models"]:
            for column in model["columns"]:
                if column["name"] not in KEYS:
                    _read(model, column, defaults, columns, mistakes)
    if mistakes:
        raise WellkeptError(
            "\n".join(["these features are not described as they must be (dbt_project/README.md says how):", *mistakes])
        )
    return tuple(columns)


def _read_defaults(project: Path) -> dict[str, Any]:
    """What is so of every feature whose column does not say otherwise: the meta of the folder in dbt_project.yml."""
    settings = read_yml(project / "dbt_project.yml")
    defaults: dict[str, Any] = settings["models"][settings["name"]]["features"].get("+meta", {})
    return defaults


def _read(
    model: dict[str, Any],
    column: dict[str, Any],
    defaults: dict[str, Any],
    columns: list[FeatureColumn],
    mistakes: list[str],
) -> None:
    entry = _meta(column).get("feature")
    try:
        columns.append(
            FeatureColumn(
                table=model["name"],
                name=column["name"],
                data_type=column.get("data_type"),
                description=column.get("description"),
                is_lifetime=_meta(model).get("is_lifetime", False),
                depends_on_everyone=_meta(model).get("depends_on_everyone", False),
                entry={**defaults, **entry} if isinstance(entry, dict) else entry,
            )
        )
    except ValidationError as error:
        for one in error.errors():
            place = ".".join(map(str, one["loc"])).replace("entry", "config.meta.feature", 1)
            mistakes.append(f"  {model['name']}.{column['name']}: {place}: {one['msg']}")


def _meta(described: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = described.get("config", {}).get("meta", {})
    return meta
