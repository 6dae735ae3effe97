"""Who speaks on a day: the champion, and how a challenger becomes it."""

import json
from collections.abc import Mapping
from dataclasses import replace

from features import registry
from features.registry import Feature
from ml.recipe import LIGHTGBM
from ml.spec import ModelSpec, load_specs
from ml.verdict import Verdict
from ml.versions import Version, hash_features, insert_version, read_versions
from wellkept.errors import BadInputError
from wellkept.log import get_logger
from wellkept.run import Run
from wellkept.warehouse import connect

log = get_logger(__name__)


def has_champion(run: Run) -> bool:
    """Whether every model has a champion on the run's day, by the present definitions and parameters."""
    if not run.home.warehouse.exists():
        return False
    return all(find_champion(run, spec) is not None for spec in load_specs())


def find_champion(run: Run, spec: ModelSpec, known: Mapping[str, Feature] | None = None) -> Version | None:
    """The last version promoted on or before the run's day whose features and parameters are the present ones."""
    with connect(run, f"looking for the champion of {spec.name}") as connection:
        versions = read_versions(connection, spec.name)
    parameters = describe_parameters(run, spec)
    fitting = [
        version
        for version in versions
        if version.promoted_as_of and version.promoted_as_of <= run.as_of_date and version.parameters == parameters
    ]
    fitting.sort(key=lambda version: (version.promoted_as_of, version.sequence), reverse=True)
    if not fitting:
        return None
    features = known if known is not None else {feature.name: feature for feature in registry.load(run)}
    for version in fitting:
        if hash_features(version.feature_names, features, run) == version.feature_set_hash:
            return version
    return None


def list_versions(run: Run) -> list[Version]:
    """Every version of every model, oldest first."""
    if not run.home.warehouse.exists():
        return []
    with connect(run, "listing model versions") as connection:
        return [version for spec in load_specs() for version in read_versions(connection, spec.name)]


def promote_version(run: Run, model_name: str, model_version: str) -> Version:
    """Make a version champion from the run's day on, by hand; it must exist and not have been trained later."""
    found = [one for one in list_versions(run) if (one.model_name, one.model_version) == (model_name, model_version)]
    if not found:
        raise BadInputError(f"there is no {model_name} {model_version}; `wellkept model list` names them")
    if found[0].trained_as_of > run.as_of_date:
        raise BadInputError(
            f"{model_name} {model_version} was trained on {found[0].trained_as_of}: it cannot speak on {run.as_of_date}"
        )
    return insert_version(run, replace(found[0], promoted_as_of=run.as_of_date))


def settle_with_incumbent(verdict: Verdict, incumbent: Version | None) -> Verdict:
    """The recipe to train: the challenger's where it clearly beats the incumbent's or is the same, else the incumbent's.

    A LightGBM incumbent that no longer beats the floor has lost its place whatever the challenger is.
    """
    if incumbent is None or verdict.incumbent is None or verdict.recipes[verdict.winner] == incumbent.made_by:
        return verdict
    if incumbent.kind == LIGHTGBM and not verdict.compare(verdict.incumbent, verdict.floor).is_clearly_better:
        return verdict
    if verdict.compare(verdict.winner, verdict.incumbent).is_clearly_better:
        return verdict
    log.info("%s: the recipe of %s was not beaten; it is trained again", incumbent.model_name, incumbent.model_version)
    return replace(verdict, winner=verdict.incumbent)


def describe_parameters(run: Run, spec: ModelSpec) -> str:
    """The parameters a version is bound to, as JSON."""
    return json.dumps(spec.parameters_used(run.parameters), sort_keys=True)
