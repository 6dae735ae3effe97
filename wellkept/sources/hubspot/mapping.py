"""Which object of the CRM is which entity, and which of its properties is which column."""

from collections.abc import Iterator
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from wellkept.landing.contract import ENTITIES

OWN_VALUES = ("$key", "$customer", "$archived_at")
"""What a column may be besides a property: the object's key, its contact's key, and when it was archived."""


class Value(BaseModel):
    """A column's value, where it is not simply a property."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    property: str | None = None
    """The property that holds it."""
    of: Literal["companies"] | None = None
    """The property is not the object's own but that of its company."""
    when: str | None = None
    """Only where this other property is true."""
    values: dict[str, str] | None = None
    """What each value of the property means; any other means nothing."""
    key_of: str | None = None
    """The property holds the id of an object of this type; the column gets that object's key."""
    constant: str | None = None
    """This text, whatever the object says."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.property is None) == (self.constant is None):
            raise ValueError("give either property or constant")
        return self


Expression = str | Value | tuple[str | Value, ...]
"""A property's name, a value made from one, or several of them: the first that is there counts."""


class ObjectMapping(BaseModel):
    """What an object type becomes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    entity: str
    properties: dict[str, Expression]
    """Contract column = where its value comes from; an empty text leaves the column out."""
    modified: str = "hs_lastmodifieddate"
    """The property that says when an object was last written."""
    read: bool = True
    """False: the portal does not have this type, or it is not wanted."""

    @model_validator(mode="after")
    def _fits_the_contract(self) -> Self:
        if self.entity not in ENTITIES:
            raise ValueError(f"{self.entity!r} is not an entity; there are {', '.join(ENTITIES)}")
        known = ENTITIES[self.entity].column_names
        if strangers := [column for column in self.properties if column not in known]:
            raise ValueError(f"{self.entity} does not have {', '.join(strangers)}; it has {', '.join(known)}")
        for column, part in self.all_parts():
            if isinstance(part, str) and part.startswith("$") and part not in OWN_VALUES:
                raise ValueError(f"{column}: {part!r} is not known; there are {', '.join(OWN_VALUES)}")
        return self

    @property
    def columns(self) -> dict[str, tuple[str | Value, ...]]:
        """The parts of each column that is mapped."""
        parts = {column: _parts(given) for column, given in self.properties.items()}
        return {column: given for column, given in parts.items() if given}

    def all_parts(self) -> Iterator[tuple[str, str | Value]]:
        """Each column with each of its parts."""
        return ((column, part) for column, parts in self.columns.items() for part in parts)

    def names(self, of: str | None = None) -> list[str]:
        """The properties to ask for: the object's own, or those of the companies."""
        own = [] if of else [self.modified]
        found = [name for _, part in self.all_parts() for name in named_properties(part, of)]
        return [*dict.fromkeys([*own, *found])]

    def mentions(self, own_value: str) -> bool:
        """Whether a column takes one of `OWN_VALUES`."""
        return any(part == own_value for _, part in self.all_parts())


def named_properties(part: str | Value, of: str | None = None) -> list[str]:
    """The properties that a part names: the object's own, or those of its company."""
    if isinstance(part, str):
        return [part] if of is None and not part.startswith("$") else []
    own = [part.when] if part.when and of is None else []
    return [part.property, *own] if part.property and part.of == of else own


def _parts(given: Expression) -> tuple[str | Value, ...]:
    parts = given if isinstance(given, tuple) else (given,)
    return tuple(part for part in parts if part)


_CHANNELS = {
    "ORGANIC_SEARCH": "organic",
    "PAID_SEARCH": "paid_search",
    "PAID_SOCIAL": "paid_social",
    "SOCIAL_MEDIA": "social",
    "REFERRALS": "referral",
    "EMAIL_MARKETING": "email",
    "DIRECT_TRAFFIC": "direct",
    "OFFLINE": "offline",
    "OTHER_CAMPAIGNS": "other",
}
"""HubSpot's words for where somebody came from, as shops write them; any other stays as it is."""
_CAME_FROM = [{"property": "hs_analytics_source", "values": _CHANNELS}, "hs_analytics_source"]
_DIRECTIONS = {"INBOUND": "in", "OUTBOUND": "out"}
_SENT = [
    {"property": "hs_email_direction", "values": {"INCOMING_EMAIL": "reply"}},
    {"property": "hs_email_status", "values": {"BOUNCED": "bounce"}},
    {"constant": "sent"},
]

DEFAULT_OBJECTS: dict[str, dict[str, Any]] = {
    "contacts": {
        "entity": "customers",
        "modified": "lastmodifieddate",
        "properties": {
            "customer_id": "$key",
            "also_known_as": "customer_id",
            "email": "email",
            "first_name": "firstname",
            "last_name": "lastname",
            "phone": "phone",
            "country": ["country", {"property": "country", "of": "companies"}],
            "city": ["city", {"property": "city", "of": "companies"}],
            "acquisition_channel": _CAME_FROM,
            "consent_email": "consent_email",
            "consent_sms": "consent_sms",
            "consent_push": "consent_push",
            "created_at": "createdate",
            "updated_at": "lastmodifieddate",
            "deleted_at": "$archived_at",
        },
    },
    "deals": {
        "entity": "leads",
        "properties": {
            "lead_id": "$key",
            "customer_id": "$customer",
            "created_at": "createdate",
            "source": _CAME_FROM,
            "campaign_id": "campaign_id",
            "won_at": {"property": "closedate", "when": "hs_is_closed_won"},
            "lost_at": {"property": "closedate", "when": "hs_is_closed_lost"},
        },
    },
    "tickets": {
        "entity": "tickets",
        "properties": {
            "ticket_id": "$key",
            "customer_id": "$customer",
            "opened_at": "createdate",
            "category": "hs_ticket_category",
            "priority": "hs_ticket_priority",
            "first_response_at": "first_agent_reply_date",
            "resolved_at": "closed_date",
            "csat_score": "csat_score",
        },
    },
    "calls": {
        "entity": "interactions",
        "properties": {
            "interaction_id": "$key",
            "customer_id": "$customer",
            "occurred_at": "hs_timestamp",
            "channel": {"constant": "call"},
            "kind": {"constant": "call"},
            "direction": {"property": "hs_call_direction", "values": _DIRECTIONS},
            "campaign_id": "campaign_id",
        },
    },
    "emails": {
        "entity": "interactions",
        "properties": {
            "interaction_id": "$key",
            "customer_id": "$customer",
            "occurred_at": "hs_timestamp",
            "channel": {"constant": "email"},
            "kind": _SENT,
            "direction": {"property": "hs_email_direction", "values": {"EMAIL": "out", "INCOMING_EMAIL": "in"}},
            "campaign_id": "campaign_id",
        },
    },
    "meetings": {
        "entity": "interactions",
        "properties": {
            "interaction_id": "$key",
            "customer_id": "$customer",
            "occurred_at": "hs_timestamp",
            "channel": {"constant": "event"},
            "kind": {"constant": "meeting"},
            "campaign_id": "campaign_id",
        },
    },
    "feedback_submissions": {
        "entity": "surveys",
        "properties": {
            "response_id": "$key",
            "customer_id": "$customer",
            "responded_at": "hs_submission_timestamp",
            "survey": {"property": "hs_survey_type", "values": {"NPS": "nps", "CSAT": "csat", "CES": "ces"}},
            "score": "hs_value",
            "comment": "hs_content",
        },
    },
    "subscriptions": {
        "entity": "subscriptions",
        "properties": {
            "subscription_id": "$key",
            "customer_id": "$customer",
            "started_at": "started_at",
            "plan": "plan",
            "annual_value": "annual_value",
            "period_end_at": "period_end_at",
            "ended_at": "ended_at",
            "cancelled_at": "cancelled_at",
            "cancel_reason": "cancel_reason",
            "renews_subscription_id": {"property": "renews_subscription_id", "key_of": "subscriptions"},
            "updated_at": "hs_lastmodifieddate",
        },
    },
}
"""What is read where wellkept.toml says nothing else."""
