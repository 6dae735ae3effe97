"""What a finished home keeps about its features and its training set."""

import json
import sqlite3
from contextlib import closing

from deployments import Deployment

from features import registry


def test_the_edition_tells_of_every_feature(finished: Deployment) -> None:
    rows = finished.query("select feature_name, rows, null_share from feature_registry")
    assert sorted(name for name, *_ in rows) == sorted(feature.name for feature in registry.load())
    assert {count for _, count, _ in rows} == {finished.query("select max(rows) from feature_registry")[0][0]}
    assert all(0 <= share <= 1 for *_, share in rows)


def test_the_manifest_of_the_training_set_is_with_the_model_and_in_mlflow(finished: Deployment) -> None:
    [beside] = (finished.home / "training").glob("*.json")
    manifest = json.loads(beside.read_text())
    for folder in ("models", "mlflow"):  # copies of this home log their trainings there too
        kept = [json.loads(path.read_text()) for path in (finished.home / folder).rglob("training_set.json")]
        assert manifest in kept, folder
    assert manifest["raw_watermark"]
    assert manifest["leak_verdict"]["verdict"] in ("clean", "not proved")


def test_mlflow_knows_how_a_version_did_day_by_day_and_keeps_its_card(finished: Deployment) -> None:
    with closing(sqlite3.connect(finished.home / "mlflow.db")) as mlflow:
        steps = dict(mlflow.execute("select key, count(distinct step) from metrics group by key").fetchall())
        versions = mlflow.execute("select version from model_versions").fetchall()
        [(alias,)] = mlflow.execute("select version from registered_model_aliases where alias = 'champion'").fetchall()
    assert steps["by_day.log_loss"] > 1 == steps["log_loss"] == steps["calibration_excess"]
    assert alias in {version for (version,) in versions}
    for name in ("card.html", "card.md", "manifest.json", "training_set.json"):
        assert list((finished.home / "mlflow").rglob(name)), name
