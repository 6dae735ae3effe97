"""Trained models on record: the rows of scores.model_versions and the folders <home>/models/<name>/<version>."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import duckdb

from features.registry import Feature
from ml.kinds.calibration import calibration_from_text
from ml.kinds.fitting import Fitted, load
from ml.kinds.recipe import LIGHTGBM, Recipe, recipe_from_text
from ml.measures import Measures, measures_from_text
from wellkept.deployment.errors import WellkeptError
from wellkept.project.definitions import feature_set_hash
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect, transaction
from wellkept.warehouse.records import KEY, Table, ensure_table, insert_rows, read_rows


@dataclass(frozen=True)
class Version:
    """One row of scores.model_versions; promoted_as_of is the day it was first promoted, None while it waits for approval."""

    model_name: Annotated[str, KEY]
    model_version: Annotated[str, KEY]
    sequence: int
    kind: str
    trained_as_of: date
    promoted_as_of: date | None
    grade: str
    base_rate: float
    training_rows: int
    training_days: int
    first_training_date: date
    last_training_date: date
    metrics: str
    features: str
    feature_set_hash: str
    parameters: str
    recipe: str
    content_hash: str
    model_sha256: str
    calibration: str | None
    run_id: str
    created_at: datetime

    @property
    def feature_names(self) -> list[str]:
        names: list[str] = json.loads(self.features)
        return names

    @property
    def made_by(self) -> Recipe:
        return recipe_from_text(self.recipe)

    @cached_property
    def measures(self) -> Measures:
        """What its test days said: `metrics`, read."""
        return measures_from_text(self.metrics)


@dataclass(frozen=True)
class Promotion:
    """From promoted_as_of on the version is champion, until a later promotion: a row of scores.model_promotions."""

    sequence: Annotated[int, KEY]
    model_name: str
    model_version: str
    promoted_as_of: date
    run_id: str


VERSIONS = Table("scores.model_versions", Version, "One row per trained version of a model.")
PROMOTIONS = Table(
    "scores.model_promotions",
    Promotion,
    "One row per promotion. Rows are only added: promoting an old version again leaves earlier days their champion.",
)
_TRAINING_SET = "training_set.json"


def ensure_version_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Both tables are there afterwards, empty where they were not."""
    ensure_table(connection, VERSIONS)
    ensure_table(connection, PROMOTIONS)


def read_versions(connection: duckdb.DuckDBPyConnection, model_name: str) -> list[Version]:
    """All versions of a model, oldest first."""
    ensure_version_tables(connection)
    return read_rows(connection, VERSIONS, "where model_name = ? order by sequence", [model_name])


def read_champions(connection: duckdb.DuckDBPyConnection, model_name: str, as_of_date: date) -> list[Version]:
    """The versions promoted on or before the day, the last promotion first."""
    ensure_version_tables(connection)
    columns = ", ".join(f"versions.{name}" for name in VERSIONS.column_names)
    rows = connection.execute(
        f"""
        select {columns}
        from {PROMOTIONS} as promotions
        inner join {VERSIONS} as versions
            on promotions.model_name = versions.model_name and promotions.model_version = versions.model_version
        where promotions.model_name = ? and promotions.promoted_as_of <= ?
        order by promotions.promoted_as_of desc, promotions.sequence desc
        """,
        [model_name, as_of_date],
    ).fetchall()
    return [Version(*row) for row in rows]


def hash_features(names: list[str], known: Mapping[str, Feature], run: Run) -> str | None:
    """The present definition hash of a list of features; None where one no longer exists."""
    if any(name not in known for name in names):
        return None
    return feature_set_hash([(name, known[name].data_type, known[name].group) for name in names], run.parameters)


def folder_of(run: Run, model_name: str, model_version: str) -> Path:
    """Where a version's files are."""
    return run.home.models / model_name / model_version


def save_files(run: Run, version: Version, model_text: str, cards: Mapping[str, str], training_set: Path) -> Path:
    """Write the version's folder, whole or not at all; one that is there is replaced."""
    folder = folder_of(run, version.model_name, version.model_version)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    _model_file(part, version.kind).write_text(model_text, encoding="utf-8")
    for name, text in cards.items():
        (part / name).write_text(text, encoding="utf-8")
    shutil.copyfile(training_set, part / _TRAINING_SET)
    manifest = {
        name: str(getattr(version, name))
        for name in VERSIONS.column_names
        if name not in ("metrics", "created_at", "run_id")
    }
    (part / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    return folder


def read_training_set(run: Run, version: Version) -> dict[str, Any] | None:
    """The manifest of what the version was trained on; None where its folder has none."""
    path = folder_of(run, version.model_name, version.model_version) / _TRAINING_SET
    if not path.exists():
        return None
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def insert_version(run: Run, version: Version) -> Version:
    """Record the version under the next sequence number, and its promotion if it has one; one with the same key is replaced."""
    with connect(run, f"recording {version.model_name} {version.model_version}") as connection:
        ensure_version_tables(connection)
        with transaction(connection):
            connection.execute(
                f"delete from {VERSIONS} where model_name = ? and model_version = ?",
                [version.model_name, version.model_version],
            )
            numbered = replace(version, sequence=_next_number(connection, VERSIONS))
            insert_rows(connection, VERSIONS, [numbered])
            if numbered.promoted_as_of is not None:
                _promote(connection, run, numbered)
    return numbered


def insert_promotion(run: Run, version: Version) -> None:
    """From the run's day on the version is champion; days before keep the champion they had."""
    with connect(run, f"promoting {version.model_name} {version.model_version}") as connection, transaction(connection):
        _promote(connection, run, version)


def _promote(connection: duckdb.DuckDBPyConnection, run: Run, version: Version) -> None:
    connection.execute(
        f"update {VERSIONS} set promoted_as_of = ? "
        "where model_name = ? and model_version = ? and promoted_as_of is null",
        [run.as_of_date, version.model_name, version.model_version],
    )
    number = _next_number(connection, PROMOTIONS)
    promotion = Promotion(number, version.model_name, version.model_version, run.as_of_date, run.run_id)
    insert_rows(connection, PROMOTIONS, [promotion])


def _next_number(connection: duckdb.DuckDBPyConnection, table: Table[Any]) -> int:
    row = connection.execute(f"select coalesce(max(sequence), 0) + 1 from {table}").fetchone()
    return int(row[0]) if row else 1


def load_model(run: Run, version: Version) -> Fitted:
    """The fitted model with its calibration, after its hash was checked; a file that is missing or changed is a WellkeptError."""
    path = _model_file(folder_of(run, version.model_name, version.model_version), version.kind)
    again = f"train it again: wellkept train --as-of {version.trained_as_of}"
    if not path.exists():
        raise WellkeptError(f"{version.model_name} {version.model_version}: its file {path} is gone; {again}")
    text = path.read_text(encoding="utf-8")
    if sha256(text) != version.model_sha256:
        raise WellkeptError(
            f"{version.model_name} {version.model_version}: {path} is not the file that was trained; {again}"
        )
    model = load(version.kind, version.feature_names, text, run.settings.threads)
    return Fitted(model, calibration_from_text(version.calibration), version.base_rate)


def has_files(run: Run, version: Version) -> bool:
    """Whether the version's model file is there, unchanged."""
    path = _model_file(folder_of(run, version.model_name, version.model_version), version.kind)
    return path.exists() and sha256(path.read_text(encoding="utf-8")) == version.model_sha256


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _model_file(folder: Path, kind: str) -> Path:
    return folder / ("model.txt" if kind == LIGHTGBM else "model.json")
