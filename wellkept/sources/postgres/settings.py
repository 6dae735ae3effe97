"""What wellkept.toml says about a PostgreSQL source."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from wellkept.deployment.connections import ConnectionName
from wellkept.deployment.source_settings import Duration, Source, Timezone
from wellkept.landing.contract import ENTITIES


class EntityMapping(BaseModel):
    """Where an entity's rows come from: a table or a query, and which of its columns means what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str | None = Field(
        None, pattern=r'^[^."]+(\.[^."]+)?$', description="table or schema.table, in its own case"
    )
    query: str | None = Field(None, pattern=r"\S")
    columns: dict[str, str] = Field({}, description="contract column = column of the table or query")
    ignore: tuple[str, ...] = Field((), description="columns that are left where they are")
    incremental: str | None = Field(None, description="the column that says when a row was last written")
    overlap: Duration = timedelta(hours=6)

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query")
        return self

    @property
    def is_full(self) -> bool:
        """Every row is read every day, so that a row which is no longer there is known to be gone."""
        return self.incremental is None

    @property
    def label(self) -> str:
        """What records and messages call it; a query's text is not for them."""
        return self.table or "query"


class PostgresSource(Source):
    """A PostgreSQL database, by the name of its connection."""

    type: Literal["postgres"]
    connection: ConnectionName | None = Field(None, description="default: the source's own name")
    entities: dict[str, EntityMapping] = Field(min_length=1)
    timezone: Timezone = "UTC"
    statement_timeout: Duration = timedelta(minutes=10)
    connect_attempts: int = Field(3, ge=1, le=10)
    connect_wait: Duration = Field(timedelta(seconds=2), description="before the second attempt; doubled after each")

    @field_validator("entities")
    @classmethod
    def _fit_the_contract(cls, entities: dict[str, EntityMapping]) -> dict[str, EntityMapping]:
        for name, mapping in entities.items():
            if name not in ENTITIES:
                raise ValueError(f"{name!r} is not an entity; there are {', '.join(ENTITIES)}")
            strangers = [column for column in mapping.columns if column not in ENTITIES[name].column_names]
            if strangers:
                raise ValueError(
                    f"{name}.columns names {', '.join(strangers)}, which {name} does not have; "
                    f"it has {', '.join(ENTITIES[name].column_names)}"
                )
        return entities
