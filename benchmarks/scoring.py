"""A day's scores of a million customers by 60 features, DuckDB to DuckDB, against LightGBM alone on the same rows.

    python -m benchmarks scoring
    python -m benchmarks scoring --customers 100000 --repeats 1

Each in a process of its own, the time without the start of Python and its libraries, the memory with them:

- `bare`: `Booster.predict` of all rows and `pred_contrib` of the riskiest tenth, on a matrix that is in memory already.
  Nothing is read, ranked, said or written.
- `score`: what a run does. Every customer is read from the feature tables, scored, ranked and written to
  scores.predictions, the riskiest tenth with exact reasons in words. It looks trees of at most nine leaves up in tables
  (`ml/kinds/tree_tables.py`). `next_day` is a week later, with the change since told too.
- `train` and `peer`: our fit on nine tenths of the same rows, and HistGradientBoosting of scikit-learn with the same
  number and size of trees, rate, bins, regularisation, share of features and monotone directions. Ours draws three
  fifths of the rows for each tree besides, which the other cannot; it draws features for each split, ours for each tree.
- `trees` and `blend`: the model alone on a matrix in memory, scores of all and exact contributions of the riskiest tenth, when
  LightGBM speaks and when the blend of it, two regressions and BG/NBD does. The rest of `score` costs the same.

Scores and contributions must be the bare ones, and the two models equally good on the tenth they did not see.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from benchmarks.made_up_customers import (
    DAY,
    NEXT_DAY,
    draw_churned,
    fit,
    fit_blend,
    make_home,
    read_matrix,
    read_setting,
)
from benchmarks.process import run_measured
from ml.kinds.fitting import Fitted
from ml.kinds.floor import logit
from ml.kinds.lightgbm_model import LightgbmModel
from ml.kinds.model import Model
from ml.kinds.tree_tables import hasten
from ml.predictions import PREDICTIONS
from ml.scoring.score import score_all
from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run

Floats = NDArray[np.float64]

FOLDER = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks" / "scoring"
_AT_ONCE = 32_768
_PASSED_ON = ("customers", "threads", "memory_limit", "folder")
_AIM = "aimed at: score at most 1.25 times bare, in less than 1,500 MB"


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints median seconds, peak memory and the ratios; the same as JSON into `results.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="1GB", help="DuckDB's, as in WELLKEPT_MEMORY_LIMIT")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--step", choices=list(_STEPS), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.step:
        (given.folder / f"{given.step}.json").write_text(json.dumps(_STEPS[given.step](given)))
        return 0
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    results = _measure_all(given)
    told = {name: getattr(given, name) for name in ("customers", "repeats", "threads", "memory_limit")}
    (given.folder / "results.json").write_text(json.dumps({**told, **results}, indent=2) + "\n")
    _show(results)
    return 0


def _measure_all(given: argparse.Namespace) -> dict[str, Any]:
    _take(given, "make")
    runs: dict[str, list[dict[str, Any]]] = {}
    for _ in range(given.repeats):
        for step in ("bare", "score", "next_day", "trees", "blend", "train", "peer"):
            runs.setdefault(step, []).append(_take(given, step))
    checked = _take(given, "check")
    seconds = {step: statistics.median(run["seconds"] for run in each) for step, each in runs.items()}
    return {
        **{step: _summarise(each, seconds[step]) for step, each in runs.items()},
        "most_different": {name: checked[name] for name in ("raw_score", "contribution")},
        "score_beside_bare": seconds["score"] / seconds["bare"],
        "next_day_beside_bare": seconds["next_day"] / seconds["bare"],
        "blend_beside_trees": seconds["blend"] / seconds["trees"],
        "train_beside_peer": seconds["train"] / seconds["peer"],
    }


def _summarise(runs: Sequence[Mapping[str, Any]], seconds: float) -> dict[str, Any]:
    return {
        **runs[0],
        "seconds": seconds,
        "all_seconds": [run["seconds"] for run in runs],
        "peak_memory_mb": max(run["peak_memory_mb"] for run in runs),
    }


def _take(given: argparse.Namespace, step: str) -> dict[str, Any]:
    words = [f"--{name.replace('_', '-')}={getattr(given, name)}" for name in _PASSED_ON]
    environment = {**os.environ, "OMP_NUM_THREADS": str(given.threads), "OMP_WAIT_POLICY": "passive"}
    command = [sys.executable, "-m", "benchmarks.scoring", *words, "--step", step]
    took = run_measured(step, command, environment)
    told = {"seconds": took.seconds, **json.loads((given.folder / f"{step}.json").read_text())}
    busy = f"{told['cpu_seconds']:>8.2f} CPU s" if "cpu_seconds" in told else ""
    sys.stdout.write(f"{step:<10}{told['seconds']:>8.2f} s{took.peak_memory_mb:>8} MB{busy}\n")
    sys.stdout.flush()
    return {**told, "peak_memory_mb": took.peak_memory_mb}


def _make(given: argparse.Namespace) -> dict[str, Any]:
    make_home(_run_of(given), read_setting(), given.customers)
    return {}


def _predict_bare(given: argparse.Namespace) -> dict[str, Any]:
    import lightgbm

    run, setting = _run_of(given), read_setting()
    matrix = read_matrix(run.home.warehouse, setting, given.customers)
    booster = lightgbm.Booster(model_str=_read_model(run, given).to_text())
    started, used = time.perf_counter(), time.process_time()
    raw = booster.predict(matrix, raw_score=True, num_threads=given.threads)
    seconds, predicting = time.perf_counter() - started, time.process_time() - used
    riskiest = np.argsort(-raw, kind="stable")[: -(-len(raw) // 10)]
    rows = matrix[riskiest]
    started, used = time.perf_counter(), time.process_time()
    contributions = booster.predict(rows, pred_contrib=True, num_threads=given.threads)
    explaining, cpu_explaining = time.perf_counter() - started, time.process_time() - used
    strongest = contributions[:, :-1].max(axis=1)
    np.savez(given.folder / "bare.npz", raw=raw, riskiest=riskiest, strongest=strongest)
    return {
        "seconds": seconds + explaining,
        "cpu_seconds": predicting + cpu_explaining,
        "predict_seconds": seconds,
        "pred_contrib_seconds": explaining,
    }


def _score(given: argparse.Namespace) -> dict[str, Any]:
    return _score_day(_run_of(given))


def _score_next_day(given: argparse.Namespace) -> dict[str, Any]:
    return _score_day(_run_of(given, is_next=True))


def _score_day(run: Run) -> dict[str, Any]:
    started, used = time.perf_counter(), time.process_time()
    told = score_all(run)
    return {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - used,
        "scored": told["scored"],
    }


def _ask_trees(given: argparse.Namespace) -> dict[str, Any]:
    run, setting = _run_of(given), read_setting()
    return _ask(read_matrix(run.home.warehouse, setting, given.customers), _read_model(run, given))


def _ask_blend(given: argparse.Namespace) -> dict[str, Any]:
    run, setting = _run_of(given), read_setting()
    matrix = read_matrix(run.home.warehouse, setting, given.customers)
    return _ask(matrix, fit_blend(setting, _read_model(run, given), matrix))


def _ask(matrix: Floats, asked: Model) -> dict[str, Any]:
    """As much of the model as `score` asks, a portion of customers at a time."""
    model = hasten(Fitted(asked))
    started, used = time.perf_counter(), time.process_time()
    raw = np.concatenate([model.predict_raw(rows) for rows in _portions(matrix)])
    riskiest = np.argsort(-raw, kind="stable")[: -(-len(raw) // 10)]
    for rows in _portions(matrix[riskiest]):
        model.contributions(rows)
    return {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - used}


def _portions(matrix: Floats) -> list[Floats]:
    return [np.asfortranarray(matrix[start : start + _AT_ONCE]) for start in range(0, len(matrix), _AT_ONCE)]


def _check(given: argparse.Namespace) -> dict[str, Any]:
    """What was written is what the bare calls gave; returns the largest differences."""
    bare = np.load(given.folder / "bare.npz")
    with duckdb.connect(str(_run_of(given).home.warehouse), read_only=True) as connection:
        rows = connection.execute(
            f"select raw_score, reason_1_contribution from {PREDICTIONS} where as_of_date = ? order by customer_id",
            [DAY],
        ).fetchnumpy()
    differences = {
        "raw_score": float(np.abs(rows["raw_score"] - bare["raw"]).max()),
        "contribution": float(np.abs(rows["reason_1_contribution"][bare["riskiest"]] - bare["strongest"]).max()),
    }
    if max(differences.values()) > 1e-9:
        raise SystemExit(f"scores differ from the bare ones by up to {differences}")
    return differences


def _train(given: argparse.Namespace) -> dict[str, Any]:
    setting = read_setting()
    return _fit_and_judge(given, lambda matrix, churned: fit(setting, matrix, churned, given.threads).predict_raw)


def _train_peer(given: argparse.Namespace) -> dict[str, Any]:
    return _fit_and_judge(given, _fit_peer)


def _fit_peer(matrix: Floats, churned: Floats) -> Callable[[Floats], Floats]:
    from sklearn.ensemble import HistGradientBoostingClassifier

    setting = read_setting()
    own, signs = setting.spec.lightgbm, {"increasing": 1, "decreasing": -1, "none": 0}
    model = HistGradientBoostingClassifier(
        max_iter=own.rounds,
        max_leaf_nodes=own.num_leaves,
        learning_rate=own.learning_rate,
        min_samples_leaf=own.min_data_in_leaf,
        l2_regularization=own.lambda_l2,
        max_features=own.feature_fraction,
        monotonic_cst=[signs[feature.monotone] for feature in setting.features],
        early_stopping=False,
        random_state=own.seed,
    ).fit(matrix, churned)
    return lambda rows: logit(model.predict_proba(rows)[:, 1])


def _fit_and_judge(
    given: argparse.Namespace, fit_model: Callable[[Floats, Floats], Callable[[Floats], Floats]]
) -> dict[str, Any]:
    matrix = read_matrix(_run_of(given).home.warehouse, read_setting(), given.customers)
    churned = draw_churned(matrix)
    is_held_out = np.arange(len(matrix)) % 10 == 0
    rows, labels = matrix[~is_held_out], churned[~is_held_out]
    started = time.perf_counter()
    predict = fit_model(rows, labels)
    seconds = time.perf_counter() - started
    raw = predict(matrix[is_held_out])
    losses = np.logaddexp(0, np.where(churned[is_held_out] == 1, -raw, raw))
    return {"seconds": seconds, "log_loss": float(losses.mean()), "rows": len(rows)}


def _read_model(run: Run, given: argparse.Namespace) -> LightgbmModel:
    [file] = run.home.models.rglob("model.txt")
    return LightgbmModel(read_setting().names, file.read_text(), given.threads)


def _run_of(given: argparse.Namespace, is_next: bool = False) -> Run:
    settings = Settings(
        home=given.folder / "home",
        config=given.folder / "none.toml",
        memory_limit=given.memory_limit,
        threads=given.threads,
    )
    return make_run(NEXT_DAY if is_next else DAY, run_id="benchmark", settings=settings)


_STEPS: Mapping[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "make": _make,
    "bare": _predict_bare,
    "score": _score,
    "next_day": _score_next_day,
    "check": _check,
    "trees": _ask_trees,
    "blend": _ask_blend,
    "train": _train,
    "peer": _train_peer,
}


def _show(results: Mapping[str, Any]) -> None:
    sys.stdout.write(
        f"score    x {results['score_beside_bare']:.2f} of bare, {results['score']['peak_memory_mb']} MB\n"
        f"next_day x {results['next_day_beside_bare']:.2f} of bare, {results['next_day']['peak_memory_mb']} MB\n"
        f"blend    x {results['blend_beside_trees']:.2f} of trees, in memory: {results['blend']['seconds']:.1f} s and "
        f"{results['trees']['seconds']:.1f} s\n"
        f"train    x {results['train_beside_peer']:.2f} of scikit-learn; log-loss {results['train']['log_loss']:.4f} and "
        f"{results['peer']['log_loss']:.4f}\n{_AIM}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
