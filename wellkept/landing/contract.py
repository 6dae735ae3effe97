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
                _current("email"),
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
    )
}
