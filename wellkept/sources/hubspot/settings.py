"""What wellkept.toml says about a HubSpot source."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator

from wellkept.deployment.connections import ConnectionName
from wellkept.deployment.source_settings import Duration, Source
from wellkept.sources.hubspot.mapping import DEFAULT_OBJECTS, ObjectMapping


def _over_the_defaults(given: Any) -> Any:
    """Each object type as it is by default, with what is given in place of its parts."""
    if not isinstance(given, Mapping):
        return given
    merged: dict[str, Any] = {}
    for name in [*DEFAULT_OBJECTS, *(name for name in given if name not in DEFAULT_OBJECTS)]:
        mine, default = given.get(name, {}), DEFAULT_OBJECTS.get(name, {})
        if not isinstance(mine, Mapping):
            merged[name] = mine
            continue
        properties = {**default.get("properties", {}), **mine.get("properties", {})}
        merged[name] = {**default, **mine, "properties": properties}
    return merged


class HubspotSource(Source):
    """A HubSpot portal, read with the token of a private app."""

    type: Literal["hubspot"]
    connection: ConnectionName | None = Field(None, description="default: the source's own name")
    base_url: str = "https://api.hubapi.com"
    objects: Annotated[dict[str, ObjectMapping], BeforeValidator(_over_the_defaults)] = Field({}, validate_default=True)
    overlap: Duration = timedelta(hours=6)
    timeout_seconds: float = Field(30, gt=0)
    max_attempts: int = Field(8, ge=1, le=20)
    longest_wait_seconds: float = Field(60, ge=0, description="a longer Retry-After is not waited for")
    requests_per_10_seconds: int = Field(190, ge=1, description="what the portal allows a private app")
    searches_per_second: int = Field(5, ge=1)

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
            raise ValueError("it must be like https://api.hubapi.com, without a token in it")
        return url.rstrip("/")

    @field_validator("objects")
    @classmethod
    def _contacts_have_their_own_key(cls, objects: dict[str, ObjectMapping]) -> dict[str, ObjectMapping]:
        """A key from a property would change with it, and leave the customer of the old key behind."""
        if objects["contacts"].columns.get("customer_id") != ("$key",):
            raise ValueError(
                "contacts: customer_id is always $key, the contact's own; map the property that holds the shop's "
                "customer id to also_known_as"
            )
        return objects

    @property
    def read_objects(self) -> dict[str, ObjectMapping]:
        """The object types to read."""
        return {name: mapping for name, mapping in self.objects.items() if mapping.read}
