"""The SQL that makes a column of properties, over the tables that staging.py fills."""

from collections.abc import Sequence

from wellkept.sources.hubspot.mapping import ObjectMapping, Value, named_properties
from wellkept.warehouse.sql import literal, quoted

_PERSONAL = ("email", "first_name", "last_name", "phone", "birth_date")
"""What we do not keep of a customer whom the CRM has deleted."""


def is_carried(parts: Sequence[str | Value], carried: set[str]) -> bool:
    """Whether every property that the column needs is there; one that falls back on the object itself needs none."""
    named = {name for part in parts for name in named_properties(part)}
    return named <= carried or any(isinstance(part, str) and part.startswith("$") for part in parts)


def make_column(column: str, parts: Sequence[str | Value], object_type: str, mapping: ObjectMapping) -> str:
    """SQL for a column; of an archived contact it keeps no name, and its last change is its archiving."""
    value = first_of(parts, object_type)
    if mapping.entity == "customers" and column in _PERSONAL:
        return f"case when not objects.archived then {value} end"
    if mapping.mentions("$archived_at") and column == "updated_at":
        return f"greatest(try_cast({value} as timestamptz), try_cast(objects.archived_at as timestamptz))"
    return value


def first_of(parts: Sequence[str | Value], object_type: str) -> str:
    """SQL for the first of these parts that is there."""
    return f"coalesce({', '.join([_value(part, object_type) for part in parts] or ['null'])})"


def _value(part: str | Value, object_type: str) -> str:
    """SQL for one part of a column."""
    if part == "$key":
        return f"{literal(key_prefix(object_type))} || objects.id"
    if part == "$customer":
        return f"{literal(key_prefix('contacts'))} || contact.linked_id"
    if part == "$archived_at":
        return "objects.archived_at"
    if isinstance(part, str):
        return property_sql(part)
    if part.constant is not None or part.property is None:
        return literal(part.constant or "")
    value = property_sql(part.property, "companies" if part.of else "objects")
    if part.values is not None:
        cases = " ".join(f"when {literal(one)} then {literal(meaning)}" for one, meaning in part.values.items())
        value = f"case {value} {cases} end" if cases else "null"
    if part.key_of:
        prefix = literal(key_prefix(part.key_of))
        value = f"case when starts_with({value}, {prefix}) then {value} else {prefix} || {value} end"
    return f"case when lower({property_sql(part.when)}) = 'true' then {value} end" if part.when else value


def key_prefix(object_type: str) -> str:
    """How the keys of a type begin; contacts are the customers themselves."""
    return "hubspot-" if object_type == "contacts" else f"hubspot-{object_type.removesuffix('s')}-"


def is_of_company(part: str | Value) -> bool:
    """Whether the value is that of the object's company."""
    return isinstance(part, Value) and part.of == "companies"


def property_sql(name: str, table: str = "objects") -> str:
    """A property's value; an empty text is none."""
    return f"nullif({table}.{column_sql(name)}, '')"


def column_sql(name: str) -> str:
    """The quoted column that holds a property."""
    return quoted(f"p_{name}")
