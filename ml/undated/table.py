"""The customers of a snapshot as the numbers that models take, in an order that is the file's content's alone."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.matrix import to_floats
from ml.undated.reading import ROW, Profile, as_text, is_where, list_values
from ml.undated.rules import Rules
from wellkept.warehouse.sql import literal, quoted

Floats = NDArray[np.float64]
OTHER = "(any other)"


@dataclass(frozen=True)
class Column:
    """One column of a model. Text becomes the place of its value in `categories`; an empty cell NaN in both kinds."""

    name: str
    kind: str
    """number or category."""
    categories: tuple[str, ...] = ()
    """The values told apart, the most frequent first; the last is `(any other)` where there are more."""
    has_empty: bool = False

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def say(self, value: float) -> str:
        """The column in words: `TechSupport is No`, `tenure is 2`, `TotalCharges is empty`."""
        if np.isnan(value):
            return f"{self.name} is empty"
        if self.kind == "category":
            return f"{self.name} is {self.categories[int(value)]}"
        return f"{self.name} is {f'{value:,.2f}'.rstrip('0').rstrip('.')}"


@dataclass(frozen=True)
class Customers:
    """A row a customer, by key; `matrix` has the columns in their order."""

    keys: pa.Array
    churned: Floats
    columns: list[Column]
    matrix: Floats

    @property
    def rows(self) -> int:
        return len(self.churned)

    @property
    def content_hash(self) -> str:
        """Equal exactly when keys, outcomes, columns and values are."""
        digest = hashlib.sha256(json.dumps([column.as_dict() for column in self.columns]).encode())
        digest.update("|".join(map(str, self.keys.to_pylist())).encode())
        digest.update(self.churned.tobytes())
        digest.update(np.where(np.isnan(self.matrix), np.nan, self.matrix).tobytes())
        return digest.hexdigest()


def read_customers(
    connection: duckdb.DuckDBPyConnection,
    features: Sequence[Profile],
    key: str | None,
    target: str,
    positive: str,
    rules: Rules,
) -> Customers:
    """The rows of `given`, all of whose outcomes are known. Without a key the place in the file is it."""
    columns = [_describe(connection, profile, rules) for profile in features]
    values = [_value(column) for column in columns]
    # Without a key, equal rows stand together whatever their order in the file.
    order = quoted(key) if key else ", ".join([quoted(target), *(quoted(column.name) for column in columns), ROW])
    names = [f"value_{place}" for place in range(len(columns))]
    selected = ", ".join(f"{value} as {name}" for value, name in zip(values, names, strict=True))
    rows = connection.execute(
        f"""
        select
            {as_text(key) if key else f"{ROW}::varchar"} as key,
            ({is_where(target, positive)})::double as churned,
            {selected}
        from given
        order by {order}
        """
    ).to_arrow_table()
    matrix = np.column_stack([to_floats(rows[name]) for name in names])
    return Customers(rows["key"].combine_chunks(), to_floats(rows["churned"]), columns, matrix)


def encode(columns: Sequence[Column], rows: pa.Table) -> Floats:
    """Rows of a table that has the columns, as text and numbers, for a model trained on them. Unknown text is empty."""
    encoded = []
    for column in columns:
        if column.kind == "number":
            encoded.append(to_floats(rows[column.name]))
            continue
        places = {value: float(place) for place, value in enumerate(column.categories)}
        other = places.get(OTHER, np.nan)
        texts = rows[column.name].to_pylist()
        encoded.append(np.array([np.nan if text is None else places.get(text, other) for text in texts]))
    return np.column_stack(encoded)


def _describe(connection: duckdb.DuckDBPyConnection, profile: Profile, rules: Rules) -> Column:
    column = quoted(profile.name)
    row = connection.execute(f"select count(*) > count({column}) from given").fetchone()
    has_empty = bool(row and row[0])
    if profile.type == "number":
        return Column(profile.name, "number", (), has_empty)
    texts = tuple(text for text, _ in list_values(connection, profile.name, rules.max_categories + 1))
    if len(texts) > rules.max_categories:
        texts = (*texts[: rules.max_categories - 1], OTHER)
    return Column(profile.name, "category", texts, has_empty)


def _value(column: Column) -> str:
    name = quoted(column.name)
    if column.kind == "number":
        return f"{name}::double"
    places = " ".join(f"when {literal(text)} then {place}" for place, text in enumerate(column.categories))
    other = len(column.categories) - 1 if column.categories[-1] == OTHER else "null"
    return (
        f"(case when {name} is null then null else case {as_text(column.name)} {places} else {other} end end)::double"
    )
