"""The search for LightGBM's tunables: seeded, pruned, within a budget of trials, and going on where it was stopped."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from ml.evaluate import levelled, log_losses
from ml.kinds.recipe import Recipe
from ml.spec import LightgbmParameters, ModelSpec
from ml.training.rolling import Rolling
from wellkept.deployment.log import get_logger
from wellkept.runs.run import Run

if TYPE_CHECKING:
    import optuna

log = get_logger(__name__)

_UNPRUNED_TRIALS = 3


def tune(
    run: Run, spec: ModelSpec, rolling: Rolling, recipe: Recipe, days: Sequence[date], trials: int
) -> LightgbmParameters:
    """The tunables with the least mean levelled log-loss over the last of the days; the recipe's own are the first trial.

    The study is kept in `<home>/tuning.db` under a name made from the data: training again reads it, a killed search
    goes on, and the n-th trial is the same however often it was stopped.
    """
    import optuna

    if recipe.lightgbm is None:
        return spec.lightgbm
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    thinned = rolling.thinned(spec.tuning.max_rows, spec.lightgbm.seed)
    study = optuna.create_study(
        study_name=_name(spec, thinned, recipe, days),
        storage=f"sqlite:///{run.home.tuning_database}",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_UNPRUNED_TRIALS),
        load_if_exists=True,
    )
    tested = list(days)[-spec.tuning.max_days :]
    for number in range(len(study.get_trials(deepcopy=False, states=_finished())), trials):
        study.sampler = optuna.samplers.TPESampler(seed=spec.lightgbm.seed + number)
        _try_one(study, recipe, thinned, tested, number)
        log.info("%s: trial %d of %d, best log-loss %.4f", spec.name, number + 1, trials, study.best_value)
    return _tunables(recipe.lightgbm, study.best_params)


def _try_one(study: "optuna.Study", recipe: Recipe, rolling: Rolling, days: Sequence[date], number: int) -> None:
    import optuna

    assert recipe.lightgbm is not None  # noqa: S101  only LightGBM is tuned
    if number == 0:
        own = recipe.lightgbm.model_dump()
        study.enqueue_trial({name: own[name] for name in _SPACE})
    trial = study.ask(_space())
    changed = replace(recipe, lightgbm=_tunables(recipe.lightgbm, trial.params))
    if number < _UNPRUNED_TRIALS:  # all its days are needed, so they may be fitted at once
        rolling.prepare([changed], days)
    losses: list[float] = []
    for step, day in enumerate(days):
        _, risk = rolling.predict(changed, day)
        churned = rolling.dataset.churned[rolling.rows_of(day)]
        losses.append(float(log_losses(churned, levelled(churned, risk)).mean()))
        trial.report(float(np.mean(losses)), step)
        if trial.should_prune() and step + 1 < len(days):
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return
    study.tell(trial, float(np.mean(losses)))


_SPACE = ("rounds", "num_leaves", "learning_rate", "min_data_in_leaf", "feature_fraction", "lambda_l2")


def _space() -> "dict[str, optuna.distributions.BaseDistribution]":
    from optuna.distributions import FloatDistribution, IntDistribution

    return {  # more than nine leaves are scored the slow way (ml/kinds/tree_tables.py)
        "rounds": IntDistribution(40, 400, log=True),
        "num_leaves": IntDistribution(3, 9),
        "learning_rate": FloatDistribution(0.02, 0.15, log=True),
        "min_data_in_leaf": IntDistribution(20, 1000, log=True),
        "feature_fraction": FloatDistribution(0.3, 1.0),
        "lambda_l2": FloatDistribution(0.1, 50.0, log=True),
    }


def _finished() -> "tuple[optuna.trial.TrialState, ...]":
    from optuna.trial import TrialState

    return TrialState.COMPLETE, TrialState.PRUNED


def _tunables(own: LightgbmParameters, found: dict[str, float]) -> LightgbmParameters:
    return own.model_copy(update={name: found[name] for name in _SPACE})


def _name(spec: ModelSpec, rolling: Rolling, recipe: Recipe, days: Sequence[date]) -> str:
    """Equal exactly where rows, days, recipe and budget are: the rows that may be tuned on carry the labels."""
    parts = [rolling.dataset.content_hash, recipe.to_text(), spec.tuning.model_dump_json(exclude={"trials"})]
    parts += [day.isoformat() for day in days]
    return f"{spec.name}-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:16]}"
