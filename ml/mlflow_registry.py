"""MLflow: every version with its parameters, metrics and files; the alias `champion` follows the newest promoted."""

from datetime import date
from pathlib import Path
from typing import Any

from ml.versions import Version, read_champions, read_training_set
from wellkept.deployment.log import get_logger
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

log = get_logger(__name__)


def register(run: Run, version: Version, folder: Path) -> None:
    """Log the version as an MLflow run and registered model version. Scoring never reads MLflow."""
    from mlflow.entities import Param

    client = _client(run)
    mlflow_run = client.create_run(_experiment(client, run, version.model_name), run_name=version.model_version)
    run_id = mlflow_run.info.run_id
    parameters = {**_parameters(version), "leak_verdict": _leak_verdict(run, version)}
    client.log_batch(run_id, metrics=_metrics(version), params=[Param(*one) for one in parameters.items()])
    client.log_artifacts(run_id, str(folder))  # model, card, and the training set's manifest
    client.set_terminated(run_id)
    _add_version(client, version, run_id, folder)
    mirror_champion(run, version.model_name)


def mirror_champion(run: Run, model_name: str) -> None:
    """The alias `champion` points to the version promoted for the newest day; where MLflow has it not, nothing changes."""
    with connect(run, f"looking for the newest champion of {model_name}") as connection:
        champions = read_champions(connection, model_name, date.max)
    client = _client(run)
    for registered in client.search_model_versions(f"name = '{model_name}'"):
        if champions and registered.tags.get("model_version") == champions[0].model_version:
            client.set_registered_model_alias(model_name, "champion", registered.version)
            return


def _client(run: Run) -> Any:
    import mlflow
    from mlflow.tracking import MlflowClient

    uri = run.settings.mlflow_tracking_uri or f"sqlite:///{run.home.mlflow_database}"
    mlflow.set_tracking_uri(uri)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _experiment(client: Any, run: Run, name: str) -> str:
    place = None if run.settings.mlflow_tracking_uri else run.home.mlflow_artifacts.as_uri()
    found = client.get_experiment_by_name(name)
    if found and place in (None, found.artifact_location):
        return str(found.experiment_id)
    if found:  # the home was moved, and MLflow would go on writing where it was
        client.rename_experiment(found.experiment_id, f"{name} until it moved ({found.experiment_id})")
    return str(client.create_experiment(name, artifact_location=place))


def _add_version(client: Any, version: Version, run_id: str, folder: Path) -> None:
    name = version.model_name
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    tags = {
        "model_version": version.model_version,
        "promoted_as_of": str(version.promoted_as_of or "waits for approval"),
        "grade": version.grade,
        "sha256": version.model_sha256,
    }
    client.create_model_version(name, folder.as_uri(), run_id=run_id, tags=tags)


def _metrics(version: Version) -> list[Any]:
    """The winner's measures: means over the test days, and under `by_day.` each day's, in order; and what decided."""
    from mlflow.entities import Metric

    measures = version.measures
    by_day = measures.test_days.get(measures.winner, {})
    decided = {name: getattr(measures, name) for name in ("challenger_minus_floor", "challenger_minus_incumbent")}
    found = [(name, value, 0) for name, value in vars(measures.of_winner).items()] if measures.of_winner else []
    found += [
        (f"by_day.{name}", value, at) for at, day in enumerate(by_day.values()) for name, value in vars(day).items()
    ]
    found += [
        (f"{name}.{bound}", value, 0) for name, one in decided.items() if one for bound, value in vars(one).items()
    ]
    found.append(("calibration_excess", measures.calibration_excess, 0))
    return [Metric(name, float(value), 0, step) for name, value, step in found if value is not None]


def _leak_verdict(run: Run, version: Version) -> str:
    manifest = read_training_set(run, version) or {}
    return str(manifest.get("leak_verdict", {}).get("verdict", "not proved"))


def _parameters(version: Version) -> dict[str, str]:
    names = (
        "kind",
        "trained_as_of",
        "training_rows",
        "training_days",
        "feature_set_hash",
        "parameters",
        "content_hash",
    )
    recipe = version.made_by
    trees = [part.lightgbm.model_dump() for part in (recipe, *recipe.parts) if part.lightgbm]
    return {
        **{name: str(getattr(version, name)) for name in names},
        **{f"lightgbm.{name}": str(value) for tunables in trees for name, value in tunables.items()},
        "features": str(len(version.feature_names)),
    }
