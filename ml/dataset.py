"""The training set: matured labels of past days with the features of those days, kept as a Parquet file."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.build import build_days
from features.manifest import describe_training_set, hash_rows, write_manifest
from features.reads import read
from features.registry import Feature, check_types
from features.snapshots import weekly_days
from ml.matrix import to_codes, to_floats, to_matrix
from ml.spec import ModelSpec, TrainingDays
from wellkept.deployment.errors import NotEnoughDataError
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect
from wellkept.warehouse.sql import spread


@dataclass(frozen=True)
class Dataset:
    """Rows of customer, day, features and label, ordered by day and customer.

    `is_treated` says whether the firm reached out to the customer within the label's horizon; no model reads it.
    """

    rows: pa.Table
    days_to_maturity: int
    horizon_days: int = 0

    @cached_property
    def churned(self) -> NDArray[np.float64]:
        return to_floats(self.rows["is_churned"].cast(pa.int8()))

    def share_treated(self, churned: bool) -> float | None:
        """Of the rows that churned, or that stayed: the share of those treated; None where no source tells of it."""
        treated = to_floats(self.rows["is_treated"].cast(pa.int8()))[self.churned == float(churned)]
        known = treated[~np.isnan(treated)]
        return float(known.mean()) if known.size else None

    @cached_property
    def customers(self) -> NDArray[np.int64]:
        return to_codes(self.rows["customer_id"])

    @cached_property
    def day_numbers(self) -> NDArray[np.int64]:
        """The day of each row as an ordinal."""
        numbers: NDArray[np.int64] = self.rows["as_of_date"].cast(pa.int32()).to_numpy().astype(np.int64)
        return numbers + date(1970, 1, 1).toordinal()

    @cached_property
    def days(self) -> list[date]:
        return [date.fromordinal(int(number)) for number in np.unique(self.day_numbers)]

    def matrix(self, names: Sequence[str], places: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Features of all rows, or of those in these places, as float64; NULL is NaN."""
        return to_matrix(self.rows if places is None else self.rows.select(names).take(places), names)

    def is_known_by(self, day: date) -> NDArray[np.bool_]:
        """The rows whose label was known on the day: what may train a model that is judged on it."""
        known: NDArray[np.bool_] = self.day_numbers + self.days_to_maturity <= day.toordinal()
        return known

    def is_of(self, day: date) -> NDArray[np.bool_]:
        same: NDArray[np.bool_] = self.day_numbers == day.toordinal()
        return same

    def thinned(self, max_rows: int, seed: int) -> "Dataset":
        """At most about so many rows: those of some customers, drawn by the seed, with all their days."""
        people = int(self.customers.max()) + 1 if self.rows.num_rows else 0
        share = max_rows / max(1, self.rows.num_rows)
        if share >= 1:
            return self
        is_drawn = np.random.default_rng(seed).random(people) < share
        return replace(self, rows=self.rows.filter(pa.array(is_drawn[self.customers])).combine_chunks())

    @cached_property
    def content_hash(self) -> str:
        """Equal exactly when the rows are."""
        return hash_rows(self.rows.schema, self.rows.to_batches())


def list_training_days(
    first_order: date, as_of_date: date, days_to_maturity: int, rule: TrainingDays, wanted: int
) -> list[date]:
    """Days on the fixed weekly grid whose labels are known by as_of_date, the newest `max_days` of them.

    Every `every_weeks` weeks; every week where that leaves fewer than `wanted`.
    """
    first = first_order + timedelta(days=rule.min_history_days)
    last = as_of_date - timedelta(days=days_to_maturity)
    days = weekly_days(first, last, rule.every_weeks)
    if len(days) < wanted:
        days = weekly_days(first, last)
    return days[-rule.max_days :]


def build_training_days(run: Run, specs: Sequence[ModelSpec]) -> None:
    """Build the training days of all models together; of one with too little history, which its own training says, none."""
    days: set[date] = set()
    for spec in specs:
        with suppress(NotEnoughDataError):
            days.update(_days(run, spec))
    if days:
        build_days(run, sorted({*days, run.as_of_date}))  # and the day itself: it must look like them


def build_dataset(run: Run, spec: ModelSpec, features: Sequence[Feature]) -> Dataset:
    """The training set of the run's day, from days that `build_training_days` built; too little history is a NotEnoughDataError."""
    maturity = spec.days_to_maturity(run.parameters)
    days = _days(run, spec)
    with connect(run, f"reading the training set of {spec.name}") as connection:
        spine = _read_spine(connection, spec, days)
        if not spine.num_rows:
            raise NotEnoughDataError(
                f"{spec.name}: labels.{spec.label} knows of nobody on the training days up to {days[-1]}: nobody was "
                "eligible, and there is nothing to train"
            )
        rows = read(connection, spine, [feature.name for feature in features])
    check_types(rows, features)
    return Dataset(rows.combine_chunks(), maturity, run.parameters.integer(spec.horizon))


def read_first_order(connection: duckdb.DuckDBPyConnection, as_of_date: date) -> date | None:
    """The day of the first order that had happened and was known by the day; None without one."""
    row = connection.execute(
        "select min(cast(ordered_at as date)) from raw.orders where known_on <= ? and cast(ordered_at as date) < ?",
        [as_of_date, as_of_date],
    ).fetchone()
    return row[0] if row else None


def save_dataset(
    run: Run, spec: ModelSpec, dataset: Dataset, features: Sequence[Feature], feature_set_hash: str
) -> Path:
    """Write the training set and, beside it, its manifest; returns where the manifest is."""
    path = run.home.training / f"{run.run_id}-{spec.name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(dataset.rows, path)
    with connect(run, f"describing the training set of {spec.name}") as connection:
        described = describe_training_set(connection, run, path, features, spec.label)
    manifest = {"model_name": spec.name, "feature_set_hash": feature_set_hash, **described}
    return write_manifest(path, {**manifest, "churned": int(dataset.churned.sum())})


def _days(run: Run, spec: ModelSpec) -> list[date]:
    maturity = spec.days_to_maturity(run.parameters)
    with connect(run, f"looking for the first order for {spec.name}") as connection:
        first_order = read_first_order(connection, run.as_of_date)
    if first_order is None:
        raise NotEnoughDataError(f"{spec.name}: raw.orders holds no order before {run.as_of_date}; load orders first")
    wanted = spec.gates.min_training_days
    days = list_training_days(first_order, run.as_of_date, maturity, spec.training_days, wanted)
    if len(days) < wanted:
        earliest = first_order + timedelta(days=spec.training_days.min_history_days + maturity + 7 * wanted)
        raise NotEnoughDataError(
            f"{spec.name}: {len(days)} training days have a known label on {run.as_of_date}, and {wanted} are needed; "
            f"orders begin on {first_order} and a label takes {maturity} days, so train from {earliest} on, or with a "
            f"smaller {spec.horizon}"
        )
    return days


def _read_spine(connection: duckdb.DuckDBPyConnection, spec: ModelSpec, days: Sequence[date]) -> pa.Table:
    total = connection.execute(
        f"select count(*) from labels.{spec.label} where is_churned is not null and list_contains(?, as_of_date)",
        [list(days)],
    ).fetchone()
    share = min(1.0, spec.training_days.max_rows / max(1, total[0] if total else 0))
    spine: pa.Table = connection.execute(
        f"""
        select customer_id, as_of_date, is_churned, is_treated
        from labels.{spec.label}
        where is_churned is not null and list_contains($days, as_of_date)
            and ($takes_treated or not coalesce(is_treated, false))
            and {spread("customer_id")} < $share * 4294967296
        order by as_of_date, customer_id
        """,
        {"days": list(days), "share": share, "takes_treated": spec.training_days.treated == "keep"},
    ).to_arrow_table()
    return spine
