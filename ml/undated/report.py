"""What there is to say of the model of an undated file; the card says it in Markdown and on a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.evaluate import Estimate
from ml.page.document import Part, code
from ml.undated.fitting import KINDS, NAMES, Fitted
from ml.undated.judging import BEST_GRADE, Verdict
from ml.undated.rules import Rules
from ml.undated.table import Column

Floats = NDArray[np.float64]
Row = Sequence[str]
_GRADES = {
    "C": "LightGBM beats the logistic regression; without a test out of time no better grade is given.",
    "D": "The logistic regression serves: LightGBM did not clearly beat it. Its calibration is tolerable.",
    "E": "The logistic regression serves, and its probabilities are off: use the order of customers, not the numbers.",
}
_CALIBRATIONS = {"none": "as the model gives them", "platt": "by Platt's line", "isotonic": "by isotonic regression"}
_TOP = 10


@dataclass(frozen=True)
class Report:
    """Everything the card needs; no value of any customer is in it."""

    name: str
    version: str
    file: str
    data_sha256: str
    key: str | None
    target: str
    positive: str
    negative: str
    rows: int
    churned: int
    rows_without_target: int
    columns: Sequence[Column]
    left_out: Mapping[str, str]
    kept: Sequence[str]
    alone: Mapping[str, float]
    weight_of: Mapping[str, float]
    """Mean of what a column moves the raw score by, whichever way, from the out-of-fold reasons."""
    final: Fitted
    verdict: Verdict
    rules: Rules

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}: grade {self.verdict.grade}"

    @property
    def question(self) -> str:
        return (
            f"Which customers look like those whose {self.target} is {self.positive}? {_GRADES[self.verdict.grade]} "
            f"It was judged by cross-validation inside one file without dates, and is never graded above {BEST_GRADE}."
        )

    def what_it_is(self) -> list[str]:
        without = (
            f", and {self.rows_without_target:,} rows without an outcome left out" if self.rows_without_target else ""
        )
        keyed = f"by {self.key}" if self.key else "no column names the customer, so rows go by their place in the file"
        lines = [
            f"Model: {NAMES[self.verdict.winner]} on {len(self.columns)} columns; risks "
            f"{_CALIBRATIONS[self.final.calibration.kind]}.",
            f"Churned is {self.target} = {self.positive}, stayed is {self.target} = {self.negative}.",
            f"Data: {self.file}, {self.rows:,} customers ({keyed}{without}), {self.churned / self.rows:.1%} churned; "
            f"SHA-256 {self.data_sha256[:16]}.",
        ]
        lines += [f"Trained without {name}: {reason}." for name, reason in self.left_out.items()]
        lines += [
            f"Vouched for as known before customers left: {name}, with an AUC of {self.alone[name]:.3f} alone."
            for name in self.kept
        ]
        return lines

    def measures(self) -> tuple[Row, list[Row]]:
        head = ("model", "AUC", "PR-AUC", "log-loss", "Brier", "lift at 10 %", "ECE", "by chance, at most")
        names = ("auc", "pr_auc", "log_loss", "brier", "lift_10", "ece", "ece_by_chance")
        return head, [
            (NAMES[kind], *(_number(self.verdict.metrics[kind].get(name)) for name in names)) for kind in KINDS
        ]

    def spreads(self) -> tuple[Row, list[Row]]:
        head = ("model", "AUC by fold", "lowest", "highest", "log-loss by fold", "lowest", "highest")
        rows: list[Row] = []
        for kind, by_measure in self.verdict.spreads.items():
            numbers = [value for one in by_measure.values() for value in (one.mean, one.low, one.high)]
            rows.append((NAMES[kind], *(f"{value:.3f}" for value in numbers)))
        return head, rows

    def how_judged(self) -> str:
        rounds = self.rules.rounds_of(self.rows)
        return (
            f"{self.rules.folds} stratified folds, drawn {_times(rounds)}: every customer is judged by models that never "
            "saw that customer, calibration included. Means over the rounds."
        )

    def against_floor(self) -> str:
        verdict = self.verdict
        metrics = verdict.metrics[verdict.winner]
        return (
            f"AUC {_interval(verdict.auc, '.3f')}. Log-loss of LightGBM less that of the logistic regression, below zero "
            f"is better: {_interval(verdict.lightgbm_minus_logistic, '+.4f')}; of the winner less that of the same risk "
            f"for everybody: {_interval(verdict.winner_minus_base_rate, '+.4f')}. Intervals of 95 % from resampled "
            f"customers, paired. In the riskiest tenth {metrics['lift_10']:.2f} times the base rate churned, "
            f"{metrics['lift_10_share_of_max']:.0%} of what is possible."
        )

    def calibration(self) -> str:
        metrics = self.verdict.metrics[self.verdict.winner]
        held = "within chance" if self.verdict.calibration_excess <= 0 else "more than chance allows"
        return (
            f"Mean risk {metrics['mean_risk']:.1%}, churned {metrics['base_rate']:.1%}. In ten bins of equal count the "
            f"risks are off by {metrics['ece']:.3f} on average; of a perfect model's that is at most "
            f"{metrics['ece_by_chance']:.3f} on 19 of 20 draws: {held}. This holds for customers like these, at that time."
        )

    def strongest(self) -> tuple[Row, list[Row]]:
        head = ("column", "kind", "moves the raw score by", "AUC alone")
        names = sorted(self.weight_of, key=lambda name: (-self.weight_of[name], name))[:_TOP]
        kinds = {column.name: column.kind for column in self.columns}
        return head, [(name, kinds[name], f"{self.weight_of[name]:.3f}", f"{self.alone[name]:.3f}") for name in names]

    def cannot_show(self) -> list[str]:
        strongest = max(self.alone, key=lambda name: (self.alone[name], name))
        return [
            "Whether it foretells anything. There is no test out of time: customers were judged by others of the same "
            "day, not by a later one. Expect it to be worse next month than here.",
            "Leaks that time would reveal. A column written after somebody left, or because of it, looks like a cause. "
            f"Columns that alone reach an AUC above {self.rules.max_single_auc} were looked for; weaker leaks are not "
            f"found. The strongest that stayed is {strongest} ({self.alone[strongest]:.3f}): ask whoever made the file "
            "when it is written.",
            "When. The file has no horizon: a risk of 40 % is not 40 % within 30 or 90 days, and cannot be compared with "
            "the churn risk of dated data.",
            "Calibration next season. The share that churned is that of the file. Prices, seasons and campaigns move it, "
            "and all risks with it.",
            "Labels of different ages. Some left last week, some perhaps years ago, and of those who stayed some had "
            "little time to leave: long-standing customers look loyal because those who were not are gone.",
            "What to do. A column that raises the risk need not cause it, and who is at risk need not be whom an offer "
            "keeps.",
        ]

    def what_next(self) -> tuple[Part, ...]:
        return (
            "To get what is missing, deliver orders or subscriptions with their dates (docs/data-engineer.md) and train "
            "with ",
            code("wellkept train --as-of DAY"),
            ": that is tested out of time, and may be graded A.",
        )


def weigh_columns(columns: Sequence[Column], terms: Floats) -> dict[str, float]:
    """Of each column, how far it moves the raw score on average, whichever way; `terms` have the bias last."""
    moved = np.abs(terms[:, :-1]).mean(axis=0)
    return {column.name: float(value) for column, value in zip(columns, moved, strict=True)}


def _interval(estimate: Estimate, spec: str) -> str:
    return f"{estimate.value:{spec}} ({estimate.low:{spec}} to {estimate.high:{spec}})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
