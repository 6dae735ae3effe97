"""The landing contract: what a source gives, one entry an entity (DEFINITIONS.md, section 1).

A further entity is one entry in `ENTITIES` and a staging model.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["fact", "timed", "current"]


@dataclass(frozen=True)
class Column:
    """A landing column: a fact, true from its own time on (timed), or only so when it is read (current)."""

    name: str
    sql_type: str
    is_required: bool = False
    kind: Kind = "fact"
    timed_by: tuple[str, ...] = ()
    """For a timed column: the columns whose first present value says since when it is true."""
    default: str | None = None
    """What a timed column holds before its time, where that is not NULL."""
    is_identity: bool = False
    """It says who somebody is: evidence from the day a row is known on, whenever it was read; never a feature."""

    @property
    def holds_key(self) -> bool:
        """Whether its values are keys, so that 2.0 is 2 and blanks around it mean nothing."""
        return self.sql_type == TEXT and (self.name.endswith("_id") or self.name == "also_known_as")


@dataclass(frozen=True)
class Entity:
    """A landing entity: its key, when its rows happened, and its columns."""

    name: str
    key: tuple[str, ...]
    event: str | None
    """The column that says when a row happened; None where it just is, or where `event_of` says."""
    columns: tuple[Column, ...]
    event_of: str | None = None
    """The entity whose event this one takes, found by that entity's key."""

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_required)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def has_updated_at(self) -> bool:
        return "updated_at" in self.column_names


TEXT, TIME, DAY, FLAG, WHOLE = "varchar", "timestamp", "date", "boolean", "bigint"
AMOUNT = "decimal(18, 4)"


def _required(name: str, sql_type: str) -> Column:
    return Column(name, sql_type, is_required=True)


def _current(name: str, sql_type: str = TEXT) -> Column:
    return Column(name, sql_type, kind="current")


def _timed(name: str, *timed_by: str, sql_type: str = TEXT, default: str | None = None) -> Column:
    return Column(name, sql_type, kind="timed", timed_by=timed_by or (name,), default=default)


ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        Entity(
            name="orders",
            key=("order_id",),
            event="ordered_at",
            columns=(
                _required("order_id", TEXT),
                _required("customer_id", TEXT),
                _required("ordered_at", TIME),
                _timed("status", "cancelled_at", "updated_at", default="completed"),
                _timed("cancelled_at", sql_type=TIME),
                Column("channel", TEXT),
                Column("currency", TEXT),
                Column("total_amount", AMOUNT),
                Column("discount_amount", AMOUNT),
                Column("shipping_amount", AMOUNT),
                Column("tax_amount", AMOUNT),
                Column("coupon", TEXT),
                _timed("updated_at", sql_type=TIME),
            ),
        ),
        Entity(
            name="customers",
            key=("customer_id",),
            event="created_at",
            columns=(
                _required("customer_id", TEXT),
                Column("also_known_as", TEXT, kind="current", is_identity=True),
                Column("email", TEXT, kind="current", is_identity=True),
                _current("first_name"),
                _current("last_name"),
                _current("phone"),
                _current("country"),
                _current("city"),
                Column("birth_date", DAY),
                Column("acquisition_channel", TEXT),
                _current("acquisition_campaign"),
                _current("consent_email", FLAG),
                _current("consent_sms", FLAG),
                _current("consent_push", FLAG),
                Column("created_at", TIME),
                _timed("updated_at", sql_type=TIME),
                _timed("deleted_at", sql_type=TIME),
            ),
        ),
        Entity(
            name="order_lines",
            key=("order_id", "line_number"),
            event=None,
            event_of="orders",
            columns=(
                _required("order_id", TEXT),
                _required("line_number", WHOLE),
                _required("quantity", AMOUNT),
                _required("unit_price", AMOUNT),
                Column("product_id", TEXT),
                Column("discount_amount", AMOUNT),
            ),
        ),
        Entity(
            name="products",
            key=("product_id",),
            event=None,
            columns=(
                _required("product_id", TEXT),
                _current("name"),
                _current("category"),
                _current("unit_cost", AMOUNT),
            ),
        ),
        Entity(
            name="refunds",
            key=("refund_id",),
            event="refunded_at",
            columns=(
                _required("refund_id", TEXT),
                _required("customer_id", TEXT),
                _required("refunded_at", TIME),
                _required("amount", AMOUNT),
                Column("order_id", TEXT),
                Column("reason", TEXT),
            ),
        ),
        Entity(
            name="payments",
            key=("payment_id",),
            event="attempted_at",
            columns=(
                _required("payment_id", TEXT),
                _required("status", TEXT),
                _required("attempted_at", TIME),
                Column("order_id", TEXT),
                Column("subscription_id", TEXT),
                Column("customer_id", TEXT),
                Column("amount", AMOUNT),
            ),
        ),
        Entity(
            name="subscriptions",
            key=("subscription_id",),
            event="started_at",
            columns=(
                _required("subscription_id", TEXT),
                _required("customer_id", TEXT),
                _required("started_at", TIME),
                _current("plan"),
                _current("annual_value", AMOUNT),
                _current("period_end_at", TIME),
                _timed("ended_at", sql_type=TIME),
                _timed("cancelled_at", sql_type=TIME),
                _timed("cancel_reason", "cancelled_at"),
                Column("renews_subscription_id", TEXT),
                _timed("updated_at", sql_type=TIME),
            ),
        ),
        Entity(
            name="interactions",
            key=("interaction_id",),
            event="occurred_at",
            columns=(
                _required("interaction_id", TEXT),
                _required("customer_id", TEXT),
                _required("occurred_at", TIME),
                _required("channel", TEXT),
                _required("kind", TEXT),
                Column("direction", TEXT),
                Column("campaign_id", TEXT),
            ),
        ),
        Entity(
            name="campaigns",
            key=("campaign_id",),
            event=None,
            columns=(
                _required("campaign_id", TEXT),
                Column("name", TEXT),
                Column("channel", TEXT),
                Column("retention_mode", TEXT),
                Column("started_on", DAY),
                Column("ended_on", DAY),
                _current("cost", AMOUNT),
            ),
        ),
        Entity(
            name="tickets",
            key=("ticket_id",),
            event="opened_at",
            columns=(
                _required("ticket_id", TEXT),
                _required("customer_id", TEXT),
                _required("opened_at", TIME),
                Column("category", TEXT),
                Column("priority", TEXT),
                _timed("first_response_at", sql_type=TIME),
                _timed("resolved_at", sql_type=TIME),
                _timed("csat_score", "resolved_at", sql_type=WHOLE),
            ),
        ),
        Entity(
            name="surveys",
            key=("response_id",),
            event="responded_at",
            columns=(
                _required("response_id", TEXT),
                _required("customer_id", TEXT),
                _required("responded_at", TIME),
                _required("survey", TEXT),
                _required("score", WHOLE),
                Column("comment", TEXT),
            ),
        ),
        Entity(
            name="leads",
            key=("lead_id",),
            event="created_at",
            columns=(
                _required("lead_id", TEXT),
                _required("created_at", TIME),
                Column("source", TEXT),
                Column("campaign_id", TEXT),
                Column("customer_id", TEXT),
                _timed("won_at", sql_type=TIME),
                _timed("lost_at", sql_type=TIME),
            ),
        ),
        Entity(
            name="sessions",
            key=("session_id",),
            event="started_at",
            columns=(
                _required("session_id", TEXT),
                _required("customer_id", TEXT),
                _required("started_at", TIME),
                Column("source", TEXT),
                Column("pages_viewed", WHOLE),
                Column("added_to_cart", FLAG),
            ),
        ),
        Entity(
            name="loyalty_events",
            key=("event_id",),
            event="occurred_at",
            columns=(
                _required("event_id", TEXT),
                _required("customer_id", TEXT),
                _required("occurred_at", TIME),
                _required("kind", TEXT),
                _required("points", AMOUNT),
            ),
        ),
    )
}
