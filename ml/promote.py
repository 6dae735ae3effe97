"""Who is champion on a day: the champion, and how a challenger becomes it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from features import registry
from features.registry import Feature
from ml import mlflow_registry
from ml.misfit import find_misfit
from ml.spec import ModelSpec, load_specs
from ml.training.verdict import INCUMBENT, Verdict
from ml.versions import Version, insert_promotion, read_champions, read_versions
from wellkept.deployment.errors import BadInputError, NotDueError
from wellkept.deployment.log import get_logger
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

log = get_logger(__name__)


def has_champion(run: Run) -> bool:
    """Whether every model has a champion on the run's day, by the present definitions and parameters.

    A model that a shop may have no use for counts only once it was trained: until then it waits for the weekly training.
    """
    if not run.home.warehouse.exists():
        return False
    return all(find_champion(run, spec) is not None or _may_wait(run, spec) for spec in load_specs())


def _may_wait(run: Run, spec: ModelSpec) -> bool:
    if not spec.is_optional:
        return False
    with connect(run, f"looking for versions of {spec.name}") as connection:
        return not read_versions(connection, spec.name)


def find_champion(run: Run, spec: ModelSpec, known: Mapping[str, Feature] | None = None) -> Version | None:
    """The version last promoted on or before the run's day whose features and parameters are the present ones."""
    return choose_champion(run, spec, known)[0]


def choose_champion(
    run: Run, spec: ModelSpec, known: Mapping[str, Feature] | None = None
) -> tuple[Version | None, str | None]:
    """The champion, and why the version promoted last is passed over where it is."""
    with connect(run, f"looking for the champion of {spec.name}") as connection:
        promoted = read_champions(connection, spec.name, run.as_of_date)
    if not promoted:
        return None, None
    features = known if known is not None else registry.load_by_name()
    passed_over = None
    for version in promoted:
        misfit = find_misfit(run, spec, version, features)
        if misfit is None:
            return version, passed_over
        passed_over = passed_over or misfit
    return None, passed_over


def list_versions(run: Run) -> list[dict[str, Any]]:
    """Every version of every model, oldest first, as scores.model_versions has it."""
    return [asdict(version) for version in _read_all(run)]


def promote_version(run: Run, model_version: str) -> Version:
    """Make a version champion from the run's day on; a BadInputError says why one could not speak on it."""
    found = [version for version in _read_all(run) if version.model_version == model_version]
    if not found:
        raise BadInputError(f"there is no model version {model_version}; `wellkept model list` names them")
    if found[0].trained_as_of > run.as_of_date:
        raise BadInputError(
            f"{model_version} was trained on {found[0].trained_as_of}: it cannot speak on {run.as_of_date}; "
            "promote it from its own day on, or a later one"
        )
    specs = {spec.name: spec for spec in load_specs()}
    known = registry.load_by_name()
    misfit = find_misfit(run, specs[found[0].model_name], found[0], known)
    if misfit:
        raise BadInputError(misfit)
    insert_promotion(run, found[0])
    mlflow_registry.mirror_champion(run, found[0].model_name)
    return replace(found[0], promoted_as_of=found[0].promoted_as_of or run.as_of_date)


def find_waiting(run: Run, within: timedelta = timedelta(days=1)) -> list[Version]:
    """Versions trained as of the run's day, or so long before, that wait for a person's approval: the newest of each model."""
    first = run.as_of_date - within
    newest = {v.model_name: v for v in _read_all(run) if first < v.trained_as_of <= run.as_of_date}
    return [version for version in newest.values() if version.promoted_as_of is None]


def promote_waiting(run: Run) -> dict[str, Any]:
    """Make champions of the versions that waited; returns which, by model. A NotDueError where none does."""
    waiting = find_waiting(run)
    if not waiting:
        raise NotDueError(f"no version trained as of {run.as_of_date} waits for approval")
    return {version.model_name: promote_version(run, version.model_version).model_version for version in waiting}


def describe_lead(version: Version) -> str:
    """The version's mean log-loss over the test days beside the best simple rule's, and the recipe's before it, in a sentence."""
    measures, means = version.measures, version.measures.means
    if measures.of_winner is None:
        return "Not judged: too few test days."
    rivals = {f"the best simple rule ({measures.floor})": measures.floor, "the champion's recipe so far": INCUMBENT}
    beside = [
        f"{name} {means[key].log_loss:.4f}" for name, key in rivals.items() if key in means and key != measures.winner
    ]
    return (
        f"Mean log-loss of the test days {measures.of_winner.log_loss:.4f}; "
        f"{', '.join(beside) or 'it is the best simple rule'}."
    )


def settle_with_incumbent(verdict: Verdict, incumbent: Version | None) -> Verdict:
    """The recipe to train: the challenger's where it clearly beats the incumbent's or is the same, else the incumbent's.

    An incumbent above the floor that no longer beats it has lost its place whatever the challenger is.
    """
    if incumbent is None or verdict.incumbent is None or verdict.recipes[verdict.winner] == incumbent.made_by:
        return verdict
    if not incumbent.made_by.is_simple and not verdict.compare(verdict.incumbent, verdict.floor).is_clearly_better:
        return verdict
    if verdict.compare(verdict.winner, verdict.incumbent).is_clearly_better:
        return verdict
    log.info("%s: the recipe of %s was not beaten; it is trained again", incumbent.model_name, incumbent.model_version)
    return replace(verdict, winner=verdict.incumbent)


def describe_parameters(run: Run, spec: ModelSpec) -> str:
    """The parameters a version is bound to, as JSON."""
    return json.dumps(spec.parameters_used(run.parameters), sort_keys=True)


def _read_all(run: Run) -> list[Version]:
    if not run.home.warehouse.exists():
        return []
    with connect(run, "listing model versions") as connection:
        return [version for spec in load_specs() for version in read_versions(connection, spec.name)]
