"""What drift is measured on: values of eligible customers on a day and on its reference days, counted by bin in DuckDB."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from features.registry import Feature
from ml.psi import cut_points
from wellkept.warehouse.sql import spread

_FALSE = 0.0


@dataclass(frozen=True)
class Counts:
    """Rows of one feature by bin, those without a value last."""

    bins: tuple[int, ...]

    @property
    def rows(self) -> int:
        return sum(self.bins)

    @property
    def null_share(self) -> float:
        return self.bins[-1] / self.rows


@dataclass(frozen=True)
class Sides:
    """A feature's counts on the day, and on each day of the reference on which anybody was eligible."""

    present: Counts
    reference_days: tuple[Counts, ...]

    @property
    def reference(self) -> Counts:
        return Counts(tuple(map(sum, zip(*(day.bins for day in self.reference_days), strict=True))))


def held_days(connection: duckdb.DuckDBPyConnection, table: str) -> set[date]:
    """The days that a feature table holds."""
    rows = connection.execute("select as_of_date from features.snapshots where table_name = ?", [table]).fetchall()
    return {day for (day,) in rows}


def count_by_bin(
    connection: duckdb.DuckDBPyConnection,
    features: Sequence[Feature],
    label: str,
    day: date,
    reference: Sequence[date],
    bins: int,
    max_rows: int,
) -> dict[str, Sides]:
    """Rows by quantiles of the reference, of its days and of the day; empty where one is without anybody eligible.

    All features of one table at once: it is read once. Above `max_rows` a side is sampled, by customer.
    """
    if not reference:
        return {}
    _collect(connection, features, label, day, reference, max_rows)
    cuts = _find_cuts(connection, features, day, bins)
    histograms = ", ".join(f'count("{name}"), histogram("{name}", {found}::double[])' for name, found in cuts.items())
    rows = connection.execute(
        f"select as_of_date, count(*), {histograms} from drift_values group by as_of_date order by as_of_date"
    ).fetchall()
    counted = {row[0]: _read_day(cuts, row[1], row[2:]) for row in rows}
    present = counted.pop(day, None)
    if not present or not counted:
        return {}
    return {name: Sides(present[name], tuple(of_day[name] for of_day in counted.values())) for name in cuts}


def _collect(
    connection: duckdb.DuckDBPyConnection,
    features: Sequence[Feature],
    label: str,
    day: date,
    reference: Sequence[date],
    max_rows: int,
) -> None:
    """The values as doubles: label tables list who was eligible on each day, whether the label is known or not."""
    table = features[0].group
    values = ", ".join(f'cast(held."{feature.name}" as double) as "{feature.name}"' for feature in features)
    connection.execute(
        f"""
        create or replace temp table drift_values as
        with listed as (
            select
                customer_id, as_of_date, count(*) over (partition by as_of_date = $day) as rows_listed
            from labels.{label}
            where list_contains($days, as_of_date)
        )
        select listed.as_of_date, {values}
        from listed
        left join features.{table} as held
            on listed.customer_id = held.customer_id and listed.as_of_date = held.as_of_date
        where {spread("listed.customer_id")} * listed.rows_listed < 4294967296 * $max_rows
        """,
        {"day": day, "days": [*reference, day], "max_rows": max_rows},
    )


def _find_cuts(
    connection: duckdb.DuckDBPyConnection, features: Sequence[Feature], day: date, bins: int
) -> dict[str, list[float]]:
    shares = [number / bins for number in range(1, bins)]
    quantiles = ", ".join(f'quantile_disc("{feature.name}", {shares})' for feature in features)
    row = connection.execute(f"select {quantiles} from drift_values where as_of_date <> ?", [day]).fetchone() or ()
    return {
        feature.name: [_FALSE] if feature.data_type == "boolean" else cut_points(found or [_FALSE])
        for feature, found in zip(features, row, strict=True)
    }


def _read_day(cuts: Mapping[str, Sequence[float]], rows: int, measured: Sequence[Any]) -> dict[str, Counts]:
    """`measured` has, for each feature, how many rows have a value, and how many of them lie up to each cut."""
    counted = {}
    for (name, found), known, histogram in zip(cuts.items(), measured[::2], measured[1::2], strict=True):
        up_to = [(histogram or {}).get(cut, 0) for cut in found]
        counted[name] = Counts((*up_to, known - sum(up_to), rows - known))
    return counted
