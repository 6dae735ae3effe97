"""Train, judge and promote: the whole job of `train_churn`."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from features import registry
from features.registry import Feature
from ml import mlflow_registry
from ml.dataset import Dataset, build_dataset, build_training_days, save_dataset
from ml.kinds.fitting import Fitted
from ml.kinds.recipe import BG_NBD, Recipe, list_challengers, list_floor
from ml.page.document import Paragraph, code, paragraph, strong
from ml.page.rendering import as_html, as_markdown
from ml.promote import describe_lead, describe_parameters, find_champion, promote_version, settle_with_incumbent
from ml.spec import ModelSpec, load_specs
from ml.training.absent import explain_absent, find_absent
from ml.training.backtest import run_backtest
from ml.training.card import make_card
from ml.training.card_facts import Facts
from ml.training.choose import choice_days, choose
from ml.training.day_check import check_day
from ml.training.gates import check_gates, check_loaded, check_proof, check_sources
from ml.training.rolling import Rolling, list_days
from ml.training.segments import grade_segments
from ml.training.suspicions import check_verdict
from ml.training.training_drift import measure_training_drift
from ml.training.tuning import tune
from ml.training.verdict import CHALLENGER, INCUMBENT, Verdict, judge_recipes
from ml.versions import Version, folder_of, has_files, hash_features, insert_version, read_versions, save_files, sha256
from wellkept.deployment.clock import utc_now
from wellkept.deployment.errors import BadInputError, ModelRefusedError
from wellkept.deployment.log import get_logger
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

log = get_logger(__name__)

_EFFECT_ROWS = 2000


def train(run: Run) -> dict[str, Any]:
    """Train every model as of the run's day and promote what earned its place; the same day and data give the same version.

    What is said of the first model that was trained stands at the top, of each under `models`; one that was refused (too
    little history, a suspected leak) is under `refused` with the reason, and its champion so far stays. Where all are,
    that is a ModelRefusedError. A day that is not loaded is a BadInputError, before anything is written.
    """
    check_loaded(run)
    specs = load_specs()
    build_training_days(run, specs)
    models: dict[str, dict[str, Any]] = {}
    refusals: dict[str, ModelRefusedError] = {}
    for spec in specs:
        try:
            models[spec.name] = train_model(run, spec)
        except ModelRefusedError as error:
            log.info("%s is not trained: %s", spec.name, error)
            refusals[spec.name] = error
    if not models:
        raise next(iter(refusals.values()))
    refused = {name: str(error) for name, error in refusals.items()}
    return {**next(iter(models.values())), "models": models, **({"refused": refused} if refused else {})}


def train_model(run: Run, spec: ModelSpec) -> dict[str, Any]:
    """The same for one model."""
    spec = spec.choosing_on(run.settings.choice_days)
    known = registry.load_by_name()
    incumbent = find_champion(run, spec, known)
    made_by = incumbent.made_by.narrowed(known) if incumbent else None
    names = _list_features(spec, made_by, known)
    features = [known[name] for name in names]
    dataset = build_dataset(run, spec, features)
    check_gates(spec, dataset, run.as_of_date)
    own = [known[name] for name in _own_features(spec)]
    check_sources(run, spec, own)
    check_day(run, spec, dataset, [feature for feature in own if feature.name not in spec.calendar_features])
    content_hash = _hash(run, spec, dataset, known)
    manifest = save_dataset(run, spec, dataset, features, hash_features(names, known, run) or "")
    check_proof(spec, manifest, run.as_of_date)
    notes = [*_explain_left_out(run, spec, dataset, features), *_describe_treated(spec, dataset)]
    version = _find_same(run, spec, content_hash)
    if version is None:
        rolling = _roll(run, spec, dataset, known)
        verdict = settle_with_incumbent(_judge(run, spec, rolling, made_by), incumbent)
        check_verdict(verdict, dataset, run.as_of_date)
        version, fitted = _make_version(run, spec, rolling, verdict, known, content_hash)
        segments = grade_segments(run, dataset, verdict)
        drift = measure_training_drift(dataset, fitted.features, spec.drift.bins)
        facts = Facts(spec, version, verdict, fitted, _measure_effects(fitted, dataset), segments, notes, drift)
        card = make_card(facts)
        cards = {"card.md": as_markdown(card), "card.html": as_html(card)}
        folder = save_files(run, version, fitted.to_text(), cards, manifest)
        version = insert_version(run, version)
        mlflow_registry.register(run, version, folder)
        log.info("%s %s: %s, grade %s", spec.name, version.model_version, verdict.winner, version.grade)
    elif version.promoted_as_of is None and not run.needs_approval:
        version = promote_version(run, version.model_version)
    if version.promoted_as_of is None:
        log.warning(
            "%s waits for approval: wellkept model promote %s --as-of %s",
            spec.name,
            version.model_version,
            run.as_of_date,
        )
    return _summarise(spec, version)


def _roll(run: Run, spec: ModelSpec, dataset: Dataset, known: Mapping[str, Feature]) -> Rolling:
    days = list_days(dataset, spec.test_days.every_days, spec.gates.min_training_days)
    monotone = {name: feature.monotone for name, feature in known.items()}
    return Rolling(dataset, days, monotone, run.settings.threads, spec.choices.calibration_days)


def _judge(run: Run, spec: ModelSpec, rolling: Rolling, made_by: Recipe | None) -> Verdict:
    """Choose the challenger on the earlier days, and judge it with all others on the newest."""
    tests = rolling.days[-spec.test_days.max_days :]
    days = choice_days(spec, rolling.days, tests, rolling.dataset.days_to_maturity)
    if spec.floor.bg_nbd and not rolling.can_fit(list_floor(spec)[BG_NBD], [*days, *tests, run.as_of_date]):
        spec, made_by = spec.without_bg_nbd, made_by.without(BG_NBD) if made_by else None
    trials = _trials(run, spec)
    choice = choose(spec, rolling, days, partial(tune, run, spec, trials=trials) if trials else None)
    recipes = {**list_floor(spec), **list_challengers(spec), CHALLENGER: choice.recipe}
    if made_by and made_by not in recipes.values():
        recipes[INCUMBENT] = made_by
    samples, seed = spec.test_days.chance_samples, spec.lightgbm.seed
    return judge_recipes(
        spec, recipes, run_backtest(rolling, recipes, tests, chance_samples=samples, seed=seed), choice
    )


def _make_version(
    run: Run,
    spec: ModelSpec,
    rolling: Rolling,
    verdict: Verdict,
    known: Mapping[str, Feature],
    content_hash: str,
) -> tuple[Version, Fitted]:
    """The winner fitted on all that is known, and its row."""
    fitted = rolling.fit(verdict.recipes[verdict.winner], run.as_of_date)
    version = replace(
        _describe(run, spec, rolling.dataset, verdict),
        base_rate=fitted.base_rate,
        features=json.dumps(fitted.features),
        feature_set_hash=hash_features(fitted.features, known, run) or "",
        content_hash=content_hash,
        model_version=f"{run.as_of_date}-{content_hash[:8]}",
        model_sha256=sha256(fitted.to_text()),
        calibration=fitted.calibration.to_text(),
    )
    return version, fitted


def _measure_effects(fitted: Fitted, dataset: Dataset) -> dict[str, float]:
    """Mean size of each feature's contribution over some of the newest training rows."""
    newest = np.flatnonzero(dataset.is_of(dataset.days[-1]))[:_EFFECT_ROWS]
    sizes = np.abs(fitted.contributions(dataset.matrix(fitted.features)[newest])).mean(axis=0)
    return dict(zip(fitted.features, map(float, sizes), strict=False))


def _describe(run: Run, spec: ModelSpec, dataset: Dataset, verdict: Verdict) -> Version:
    """The version's row as far as data and verdict say; the model's features and hashes follow."""
    recipe = verdict.recipes[verdict.winner]
    return Version(
        model_name=spec.name,
        model_version="",
        sequence=0,
        kind=recipe.kind,
        trained_as_of=run.as_of_date,
        promoted_as_of=None if run.needs_approval else run.as_of_date,
        grade=verdict.grade,
        base_rate=0.0,
        training_rows=dataset.rows.num_rows,
        training_days=len(dataset.days),
        first_training_date=dataset.days[0],
        last_training_date=dataset.days[-1],
        metrics=verdict.measure().to_text(),
        features="[]",
        feature_set_hash="",
        parameters=describe_parameters(run, spec),
        recipe=recipe.to_text(),
        content_hash="",
        model_sha256="",
        calibration="",
        run_id=run.run_id,
        created_at=utc_now().replace(tzinfo=None),
    )


def _list_features(spec: ModelSpec, made_by: Recipe | None, known: Mapping[str, Feature]) -> list[str]:
    wanted = [*_own_features(spec), *spec.segments, *(made_by.features if made_by else ())]
    names = list(dict.fromkeys(wanted))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadInputError(f"models/{spec.name}/spec.yml: no feature table has {', '.join(unknown)}")
    return names


def _explain_left_out(run: Run, spec: ModelSpec, dataset: Dataset, features: Sequence[Feature]) -> list[Paragraph]:
    absent = find_absent(dataset, features)
    if not absent:
        return []
    with connect(run, f"looking why features of {spec.name} are empty") as connection:
        reasons = explain_absent(connection, absent, dataset.days[-1])
    for reason in reasons:
        log.info("%s %s is trained without %s", spec.name, run.as_of_date, reason)
    return [paragraph(strong("Trained without:"), f" {reason}.") for reason in reasons]


def _describe_treated(spec: ModelSpec, dataset: Dataset) -> list[Paragraph]:
    """How many rows of the training set a success of the firm may have turned into stayers."""
    churned, stayed = dataset.share_treated(True), dataset.share_treated(False)
    if spec.training_days.treated == "leave_out":
        left_out = " rows of customers to whom the firm reached out within the horizon are left out."
        return [paragraph(strong("Treated:"), left_out)]
    if churned is None or stayed is None or churned + stayed == 0:
        return []
    text = (
        f" the firm reached out within the horizon to {stayed:.0%} of those who stayed and {churned:.0%} of those who churned; "
        "where that kept somebody, the label says stayed ("
    )
    return [paragraph(strong("Treated:"), text, code("training_days.treated: leave_out"), " trains without).")]


def _hash(run: Run, spec: ModelSpec, dataset: Dataset, known: Mapping[str, Feature]) -> str:
    """What a version is made from: the same data, tunables, recipes, directions and parameters give the same version."""
    own = dataset.rows.select(["customer_id", "as_of_date", "is_churned", *_own_features(spec)])
    directions = {name: known[name].monotone for name in _own_features(spec)}
    parts = [
        replace(dataset, rows=own).content_hash,
        spec.content_hash(),
        *(recipe.to_text() for recipe in list_challengers(spec).values()),
        str(_trials(run, spec)),
        describe_parameters(run, spec),
        hash_features(_own_features(spec), known, run) or "",
        json.dumps(directions, sort_keys=True),
    ]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _own_features(spec: ModelSpec) -> list[str]:
    recipes = [*list_floor(spec).values(), *list_challengers(spec).values()]
    return sorted({*spec.calendar_features, *(name for recipe in recipes for name in recipe.features)})


def _trials(run: Run, spec: ModelSpec) -> int:
    given = run.settings.tuning_trials
    return spec.tuning.trials if given is None else given


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
        "is_promoted": version.promoted_as_of is not None,
        "lead": describe_lead(version),
    }
