"""Train, judge and promote: the whole job of `train_churn`."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from features import registry
from features.registry import Feature
from ml import card
from ml import registry as model_registry
from ml.absent import explain_absent, find_absent
from ml.backtest import list_test_days, run_backtest
from ml.dataset import Dataset, build_dataset, save_dataset
from ml.gates import check_gates, check_leak, check_loaded
from ml.promote import describe_parameters, find_champion, settle_with_incumbent
from ml.recipe import Recipe, fit, list_recipes
from ml.spec import ModelSpec, load_specs
from ml.verdict import INCUMBENT, Verdict, judge
from ml.versions import Version, folder_of, has_files, hash_features, insert_version, read_versions, save_files, sha256
from wellkept.clock import utc_now
from wellkept.errors import BadInputError
from wellkept.log import get_logger
from wellkept.run import Run
from wellkept.warehouse import connect

log = get_logger(__name__)


def train(run: Run) -> dict[str, Any]:
    """Train every model as of the run's day and promote what earned its place; the same day and data give the same version.

    Too little history or a suspected leak is a ModelRefusedError; the champion so far then stays. A day that is not
    loaded is a BadInputError, before anything is written.
    """
    check_loaded(run)
    results: dict[str, Any] = {}
    for spec in load_specs():
        results.update(train_model(run, spec))
    return results


def train_model(run: Run, spec: ModelSpec) -> dict[str, Any]:
    """The same for one model."""
    known = registry.load_by_name()
    recipes = list_recipes(spec)
    incumbent = find_champion(run, spec, known)
    if incumbent and (made_by := _still_known(incumbent, known)) not in recipes.values():
        recipes[INCUMBENT] = made_by
    names = _list_features(recipes, known, spec)
    features = [known[name] for name in names]
    dataset = build_dataset(run, spec, features)
    check_gates(spec, dataset, run.as_of_date)
    content_hash = _hash(run, spec, dataset, known)
    manifest = save_dataset(run, spec, dataset, features, hash_features(names, known, run) or "")
    left_out = _explain_left_out(run, spec, dataset, features)
    version = _find_same(run, spec, content_hash)
    if version is None:
        monotone = {name: feature.monotone for name, feature in known.items()}
        verdict = settle_with_incumbent(_judge(run, spec, dataset, recipes, monotone), incumbent)
        check_leak(verdict, run.as_of_date)
        recipe = verdict.recipes[verdict.winner]
        model, base_rate = fit(recipe, dataset, run.as_of_date, monotone, run.settings.threads)
        draft = _describe(run, spec, dataset, verdict)
        version = replace(
            draft,
            base_rate=base_rate,
            features=json.dumps(model.features),
            feature_set_hash=hash_features(model.features, known, run) or "",
            content_hash=content_hash,
            model_version=f"{run.as_of_date}-{content_hash[:8]}",
            model_sha256=sha256(model.to_text()),
        )
        text = card.write_card(spec, version, verdict, left_out)
        folder = save_files(run, version, model.to_text(), text, manifest)
        version = insert_version(run, version)
        model_registry.register(run, version, verdict, folder)
        log.info("%s %s: %s, grade %s", spec.name, version.model_version, verdict.winner, version.grade)
    return _summarise(spec, version)


def _judge(
    run: Run, spec: ModelSpec, dataset: Dataset, recipes: Mapping[str, Recipe], monotone: Mapping[str, str]
) -> Verdict:
    tests = spec.test_days
    backtest = run_backtest(
        dataset,
        recipes,
        list_test_days(dataset, tests, spec.gates.min_training_days),
        monotone=monotone,
        threads=run.settings.threads,
        chance_samples=tests.chance_samples,
        seed=spec.lightgbm.seed,
    )
    return judge(spec, recipes, backtest)


def _describe(run: Run, spec: ModelSpec, dataset: Dataset, verdict: Verdict) -> Version:
    """The version's row as far as data and verdict say; the model's features and hashes follow."""
    recipe = verdict.recipes[verdict.winner]
    return Version(
        model_name=spec.name,
        model_version="",
        sequence=0,
        kind=recipe.kind,
        trained_as_of=run.as_of_date,
        promoted_as_of=run.as_of_date,
        grade=verdict.grade,
        base_rate=0.0,
        training_rows=dataset.rows.num_rows,
        training_days=len(dataset.days),
        first_training_date=dataset.days[0],
        last_training_date=dataset.days[-1],
        metrics=verdict.to_text(),
        features="[]",
        feature_set_hash="",
        parameters=describe_parameters(run, spec),
        recipe=recipe.to_text(),
        content_hash="",
        model_sha256="",
        run_id=run.run_id,
        created_at=utc_now().replace(tzinfo=None),
    )


def _list_features(recipes: Mapping[str, Recipe], known: Mapping[str, Feature], spec: ModelSpec) -> list[str]:
    names = list(dict.fromkeys(name for recipe in recipes.values() for name in recipe.features))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadInputError(f"models/{spec.name}/spec.yml: no feature table has {', '.join(unknown)}")
    return names


def _still_known(incumbent: Version, known: Mapping[str, Feature]) -> Recipe:
    """The champion's recipe; a feature that it never could use and that is gone since is gone from it too."""
    recipe = incumbent.made_by
    return replace(recipe, features=tuple(name for name in recipe.features if name in known))


def _explain_left_out(run: Run, spec: ModelSpec, dataset: Dataset, features: Sequence[Feature]) -> list[str]:
    absent = find_absent(dataset, features)
    if not absent:
        return []
    with connect(run, f"looking why features of {spec.name} are empty") as connection:
        reasons = explain_absent(connection, absent, dataset.days[-1])
    for reason in reasons:
        log.info("%s %s is trained without %s", spec.name, run.as_of_date, reason)
    return reasons


def _hash(run: Run, spec: ModelSpec, dataset: Dataset, known: Mapping[str, Feature]) -> str:
    """What a version is made from: the same data, tunables, directions and parameters give the same version."""
    own = dataset.rows.select(["customer_id", "as_of_date", "is_churned", *_own_features(spec)])
    directions = {name: known[name].monotone for name in _own_features(spec)}
    parts = [
        Dataset(own, dataset.days_to_maturity).content_hash,
        spec.content_hash(),
        describe_parameters(run, spec),
        hash_features(_own_features(spec), known, run) or "",
        json.dumps(directions, sort_keys=True),
    ]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _own_features(spec: ModelSpec) -> list[str]:
    return sorted({name for recipe in list_recipes(spec).values() for name in recipe.features})


def _find_same(run: Run, spec: ModelSpec, content_hash: str) -> Version | None:
    with connect(run, f"looking whether {spec.name} of {run.as_of_date} is trained") as connection:
        versions = read_versions(connection, spec.name)
    for version in versions:
        if (version.trained_as_of, version.content_hash) == (run.as_of_date, content_hash) and has_files(run, version):
            log.info(
                "%s: %s was trained from the same data; it stays",
                spec.name,
                folder_of(run, spec.name, version.model_version),
            )
            return version
    return None


def _summarise(spec: ModelSpec, version: Version) -> dict[str, Any]:
    return {
        "model_name": version.model_name,
        "model_version": version.model_version,
        "kind": version.kind,
        "grade": version.grade,
        "training_rows": version.training_rows,
        "training_days": version.training_days,
        "uses_calendar": any(name in spec.calendar_features for name in version.feature_names),
    }
