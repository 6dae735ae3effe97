"""Train on a snapshot: the whole job of `wellkept train --snapshot`. It needs no warehouse and no day."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluate import auc
from ml.page.rendering import as_html, as_markdown
from ml.undated.card import make_card
from ml.undated.fitting import fit_calibrated
from ml.undated.judging import Verdict, judge_kinds
from ml.undated.leaks import check_alone, check_together, measure_alone
from ml.undated.reading import find_file, stem_of
from ml.undated.report import Report, weigh_columns
from ml.undated.risks import list_risks
from ml.undated.rules import Rules
from ml.undated.saving import hash_file, save_model
from ml.undated.settling import Request, Settled, settle
from ml.undated.validation import OutOfFold, cross_validate
from wellkept.deployment.errors import NotEnoughDataError
from wellkept.deployment.log import get_logger
from wellkept.deployment.settings import Settings
from wellkept.operations.home import open_home

Floats = NDArray[np.float64]
log = get_logger(__name__)


def train_snapshot(
    request: Request, settings: Settings, tell: Callable[[str], None], rules: Rules | None = None
) -> dict[str, Any]:
    """Train, judge and save a model of the file's customers; equal files give equal folders. `tell` hears each step.

    A BadInputError where file or options do not fit; a ModelRefusedError where there is too little data, a leak is
    suspected or the columns tell nothing: then no model is written.
    """
    rules = rules or Rules()
    file = find_file(request.path)
    open_home(settings.home_paths)
    tell("reading the file")
    settled = settle(file, request, settings, rules)
    _check_enough(settled, rules)
    tell("looking at each column alone")
    alone = measure_alone(settled.customers, rules)
    check_alone(alone, settled.keep, rules, file.name)

    def check(risk: Floats) -> None:
        check_together(auc(settled.customers.churned, risk), alone, settled.keep, rules, file.name)

    out = cross_validate(settled.customers, rules, settings.threads, tell, check)
    tell("judging")
    verdict = judge_kinds(out, settled.customers.churned, rules, file.name)
    tell("training on all rows, writing")
    report = _report(settled, verdict, out, alone, rules, settings.threads)
    folder = settings.home_paths.models / report.name / report.version
    _save(folder, report, settled, out)
    log.info("%s %s: %s, grade %s", report.name, report.version, verdict.winner, verdict.grade)
    return _summarise(report, verdict, folder)


def _report(
    settled: Settled, verdict: Verdict, out: OutOfFold, alone: Mapping[str, float], rules: Rules, threads: int
) -> Report:
    customers = settled.customers
    _, terms = out.explain(verdict.winner, customers.matrix)
    return Report(
        name=f"snapshot-{stem_of(settled.file)}",
        version=_version(settled, rules),
        file=settled.file.name,
        data_sha256=hash_file(settled.file),
        key=settled.chosen.key,
        target=settled.target,
        positive=settled.positive,
        negative=settled.negative,
        rows=customers.rows,
        churned=int(customers.churned.sum()),
        rows_without_target=settled.rows_without_target,
        columns=customers.columns,
        left_out=settled.chosen.left_out,
        kept=[name for name in settled.keep if name in alone],
        alone=alone,
        weight_of=weigh_columns(customers.columns, terms),
        final=fit_calibrated(verdict.winner, customers.columns, customers.matrix, customers.churned, rules, threads),
        verdict=verdict,
        rules=rules,
    )


def _save(folder: Path, report: Report, settled: Settled, out: OutOfFold) -> None:
    customers, winner = settled.customers, report.verdict.winner
    risks = list_risks(customers, out, winner, settled.chosen.key is not None)
    card = make_card(report, customers.churned, out.risks[winner][0])
    save_model(folder, report, as_markdown(card), as_html(card), risks)


def _check_enough(settled: Settled, rules: Rules) -> None:
    rows, churned = settled.customers.rows, int(settled.customers.churned.sum())
    if rows < rules.min_rows:
        raise NotEnoughDataError(f"{settled.file.name}: {rows} rows with an outcome, {rules.min_rows} are needed")
    if min(churned, rows - churned) < rules.min_of_each:
        raise NotEnoughDataError(
            f"{settled.file.name}: {churned} rows churned and {rows - churned} stayed; {rules.min_of_each} of each are needed"
        )


def _version(settled: Settled, rules: Rules) -> str:
    """The same for the same customers, outcomes, columns and rules, whatever the file's order of rows."""
    parts = [
        settled.customers.content_hash,
        settled.target,
        settled.positive,
        str(sorted(settled.keep)),
        rules.to_text(),
    ]
    parts.append(str(settled.chosen.left_out))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def _summarise(report: Report, verdict: Verdict, folder: Path) -> dict[str, Any]:
    return {
        "model_name": report.name,
        "model_version": report.version,
        "kind": verdict.winner,
        "grade": verdict.grade,
        "rows": report.rows,
        "churned": report.churned,
        "target": report.target,
        "churned_value": report.positive,
        "key": report.key,
        "columns": len(report.columns),
        "left_out": dict(report.left_out),
        "metrics": verdict.as_dict()["metrics"],
        "auc": verdict.as_dict()["auc"],
        "lightgbm_minus_logistic": verdict.as_dict()["lightgbm_minus_logistic"],
        "strongest": sorted(report.weight_of, key=lambda name: (-report.weight_of[name], name))[:5],
        "folder": str(folder),
    }
