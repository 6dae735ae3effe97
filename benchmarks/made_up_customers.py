"""Customers of any number with made-up features on two days, and a champion to score them: a home without a past.

Each feature lies in its real table with its real name and type, a tenth of the values unknown; a week later silence has
grown and one customer in ten has changed. Whether somebody churned hangs on the features, so that trees find something.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from features import registry
from features.registry import Feature
from ml.kinds.bgnbd_model import BgNbdModel
from ml.kinds.blend import Blend, blend
from ml.kinds.calibration import NONE
from ml.kinds.floor import fit_rfm_logistic
from ml.kinds.lightgbm_model import LightgbmModel, fit_lightgbm
from ml.kinds.logistic import fit_logistic
from ml.kinds.recipe import LIGHTGBM, Recipe
from ml.matrix import to_matrix
from ml.promote import describe_parameters
from ml.spec import ModelSpec, load_spec
from ml.versions import Version, hash_features, insert_version, save_files, sha256
from wellkept.deployment.clock import utc_now
from wellkept.deployment.paths import MODEL_SPECS
from wellkept.runs.run import Run

Floats = NDArray[np.float64]

DAY = date(2026, 11, 20)
NEXT_DAY = DAY + timedelta(days=7)
FEATURES = 60
_TRAINED_ON = 200_000
_HISTORY = ("days_since_last_order", "silence_share_of_tenure", "order_days_count_365d")
"""Order days of a year stand for those of a lifetime, which are not among the features."""

_MACROS = """
create macro u(c, feature, d) as (hash(c, feature, case when hash(c, 'moves') % 10 = 0 then d end) >> 11)::double / 9007199254740992;
create schema features; create schema intermediate;
create table features.snapshots (table_name varchar, as_of_date date);
"""
_VALUES = (
    ("days", "floor(365 * {u} * {u})"),
    ("amount", "round(900 * {u} * {u}, 2)"),
    ("share", "round({u}, 4)"),
    ("trend", "round({u}, 4)"),
    ("score", "floor(11 * {u})"),
)
"""What a number looks like, by what its name says; any other is below 20 and mostly small."""


@dataclass(frozen=True)
class Setting:
    """What is scored, and with what."""

    spec: ModelSpec
    features: list[Feature]

    @property
    def names(self) -> list[str]:
        return [feature.name for feature in self.features]


def read_setting() -> Setting:
    """The churn model's spec and its first features."""
    spec, known = load_spec(MODEL_SPECS / "churn_risk" / "spec.yml"), registry.load_by_name()
    return Setting(spec, [known[name] for name in spec.features[:FEATURES]])


def make_home(run: Run, setting: Setting, customers: int) -> None:
    """Fill the run's warehouse with both days, and register a champion trained on some of the first."""
    run.home.scratch.mkdir(parents=True, exist_ok=True)
    groups = sorted({feature.group for feature in setting.features})
    with duckdb.connect(str(run.home.warehouse), config={"threads": run.settings.threads}) as connection:
        connection.execute(_MACROS)
        for day in (DAY, NEXT_DAY):
            _make_table(connection, f"intermediate.{setting.spec.population}", day, customers, _POPULATION)
            for group in groups:
                columns = [_define(one) for one in setting.features if one.group == group]
                _make_table(connection, f"features.{group}", day, customers, columns)
                connection.execute("insert into features.snapshots values (?, ?)", [group, day])
    matrix = read_matrix(run.home.warehouse, setting, min(_TRAINED_ON, customers))
    churned = draw_churned(matrix)
    _register(run, setting, fit(setting, matrix, churned, run.settings.threads), float(churned.mean()))


def read_matrix(warehouse: Path, setting: Setting, customers: int) -> Floats:
    """The features of the first customers on the first day, in the order of customer_id."""
    groups = sorted({feature.group for feature in setting.features})
    first, *others = [f"(from features.{group} where as_of_date = date '{DAY}') as {group}" for group in groups]
    joined = " ".join([first, *(f"inner join {other} using (customer_id)" for other in others)])
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            f"select {', '.join(setting.names)} from {joined} order by customer_id limit {customers}"
        ).to_arrow_table()
    return to_matrix(rows, setting.names)


def draw_churned(matrix: Floats) -> Floats:
    """Who churned: by a sum over all features and a few products of two, always the same."""
    generator = np.random.default_rng(20111209)
    scaled = np.nan_to_num((matrix - np.nanmean(matrix, axis=0)) / np.nanstd(matrix, axis=0))
    logit = scaled @ generator.normal(0, 0.25, scaled.shape[1])
    for left, right in generator.integers(0, scaled.shape[1], (12, 2)):
        logit += 0.3 * scaled[:, left] * scaled[:, right]
    churned: Floats = (generator.random(len(logit)) < 1 / (1 + np.exp(-logit))).astype(float)
    return churned


def fit(setting: Setting, matrix: Floats, churned: Floats, threads: int) -> LightgbmModel:
    """The spec's LightGBM."""
    monotone = {feature.name: feature.monotone for feature in setting.features}
    weights = np.ones(len(churned))
    return fit_lightgbm(
        setting.names, matrix, churned, weights, setting.spec.lightgbm, monotone=monotone, threads=threads
    )


def fit_blend(setting: Setting, trees: LightgbmModel, matrix: Floats) -> Blend:
    """The trees with two regressions fitted on the first of the rows, and a BG/NBD that is made up: it costs what a fitted one does."""
    rows, churned = matrix[:_TRAINED_ON], draw_churned(matrix)[:_TRAINED_ON]
    rfm = setting.spec.floor.rfm
    known = [setting.names.index(name) for name in rfm]
    equal = np.ones(len(rows))
    lines = fit_logistic(setting.names, rows, churned, equal)
    simple = fit_rfm_logistic(rfm, rows[:, known], churned, equal)
    history = BgNbdModel(list(_HISTORY), 0.7, 60.0, 0.8, 2.5, 90, [60.0, 0.3, 4.0])
    return blend([trees, lines, simple, history])


_POPULATION = ["true as is_eligible", "null::varchar as ineligible_reason"]


def _make_table(
    connection: duckdb.DuckDBPyConnection, table: str, day: date, customers: int, columns: Sequence[str]
) -> None:
    """Add the day's rows, in an order that is no order, as a run leaves them."""
    rows = (
        f"select 'C' || lpad(c::varchar, 8, '0') as customer_id, d as as_of_date, {', '.join(columns)} "
        f"from (select c, date '{day}' as d from range({customers}) as customers(c) order by hash(c))"
    )
    is_there = day != DAY
    connection.execute(f"insert into {table} {rows}" if is_there else f"create table {table} as {rows}")


def _define(feature: Feature) -> str:
    """The feature as SQL over customer c and day d."""
    u = f"u(c, '{feature.name}', d)"
    if feature.name == "days_since_last_order":
        return f"(floor(300 * {u} * {u}) + date_diff('day', date '{DAY}', d))::{feature.data_type} as {feature.name}"
    likeness = next((value for word, value in _VALUES if word in feature.name), "floor(20 * {u} * {u} * {u})")
    value = f"{u} < 0.1" if feature.data_type == "boolean" else likeness.format(u=u)
    is_known = f"hash(c, '{feature.name}', 'known') % 10 > 0"
    return f"case when {is_known} then ({value})::{feature.data_type} end as {feature.name}"


def _register(run: Run, setting: Setting, model: LightgbmModel, base_rate: float) -> None:
    spec, names, text = setting.spec, setting.names, model.to_text()
    known = {feature.name: feature for feature in setting.features}
    version = Version(
        model_name=spec.name,
        model_version="made-up",
        sequence=0,
        kind=LIGHTGBM,
        trained_as_of=DAY,
        promoted_as_of=DAY,
        grade="C",
        base_rate=base_rate,
        training_rows=_TRAINED_ON,
        training_days=1,
        first_training_date=DAY,
        last_training_date=DAY,
        metrics="{}",
        features=json.dumps(names),
        feature_set_hash=hash_features(names, known, run) or "",
        parameters=describe_parameters(run, spec),
        recipe=Recipe(LIGHTGBM, tuple(names), spec.training_days.half_life_days, spec.lightgbm).to_text(),
        content_hash="made-up",
        model_sha256=sha256(text),
        calibration=NONE.to_text(),
        run_id=run.run_id,
        created_at=utc_now().replace(tzinfo=None),
    )
    training_set = run.home.scratch / "training_set.json"
    training_set.write_text(json.dumps({"features": [], "definition_hashes": {}}))
    save_files(run, version, text, {}, training_set)
    insert_version(run, version)
