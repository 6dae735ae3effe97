"""What the test days say: whether the challenger beats the floor, how well it is calibrated, and the grade."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.evaluate import grade
from ml.kinds.recipe import RFM_LOGISTIC, SIMPLE_BLEND, Recipe, list_floor
from ml.spec import ModelSpec
from ml.training.backtest import Backtest, Interval
from ml.training.choose import Choice

CHALLENGER = "challenger"
INCUMBENT = "incumbent"
_DIGITS = 6


@dataclass(frozen=True)
class Verdict:
    """The recipe that won, by name, and what it won against."""

    spec: ModelSpec
    recipes: Mapping[str, Recipe]
    backtest: Backtest
    choice: Choice
    winner: str
    floor: str
    incumbent: str | None

    @property
    def is_judged(self) -> bool:
        return len(self.backtest.days) >= self.spec.gates.min_test_days

    def compare(self, first: str, second: str) -> Interval:
        tests = self.spec.test_days
        return self.backtest.compare(first, second, tests.resamples, self.spec.lightgbm.seed)

    @property
    def gain_over_floor(self) -> float | None:
        """Log-loss below the floor's, where another model speaks."""
        if self.recipes[self.winner].is_simple:
            return None
        return self.backtest.mean_loss(self.floor) - self.backtest.mean_loss(self.winner)

    @property
    def calibration_excess(self) -> float:
        """Mean over test days of the calibration error above what chance allows."""
        days = self.backtest.metrics[self.winner].values()
        return float(np.mean([day.ece - day.ece_by_chance for day in days])) if days else 0.0

    @property
    def grade(self) -> str:
        limits = self.spec.grades
        return grade(
            self.is_judged,
            self.gain_over_floor if self.is_judged else None,
            self.calibration_excess,
            limits.clear_gain,
            limits.tolerable_calibration_excess,
        )

    def to_text(self) -> str:
        """All measures as JSON: by recipe and test day, their means, the comparisons that decided, and what was chosen."""
        content: dict[str, Any] = {
            "winner": self.winner,
            "floor": self.floor,
            "is_judged": self.is_judged,
            "calibration_excess": round(self.calibration_excess, _DIGITS),
            "choice_days": [day.isoformat() for day in self.choice.days],
            "choices": [
                {
                    "question": step.question,
                    "change": step.change,
                    "wins": round(step.wins, _DIGITS),
                    "is_taken": step.is_taken,
                    "difference": _rounded(vars(step.difference)),
                }
                for step in self.choice.steps
            ],
            "test_days": {
                name: {day.isoformat(): _rounded(metrics.as_dict()) for day, metrics in by_day.items()}
                for name, by_day in self.backtest.metrics.items()
            },
            "means": {name: _means(by_day.values()) for name, by_day in self.backtest.metrics.items() if by_day},
        }
        if self.is_judged:
            content["challenger_minus_floor"] = _rounded(vars(self.compare(CHALLENGER, self.floor)))
            if self.incumbent:
                content["challenger_minus_incumbent"] = _rounded(vars(self.compare(CHALLENGER, self.incumbent)))
        return json.dumps(content, sort_keys=True)


def judge(spec: ModelSpec, recipes: Mapping[str, Recipe], backtest: Backtest, choice: Choice) -> Verdict:
    """The winner of the test days; with too few of them nothing is judged and a simple model speaks.

    That is the blend of the simple ones where there is one: it was better than each on every shop we tried, and needs no proof of which.
    """
    incumbent = INCUMBENT if INCUMBENT in recipes else None
    if len(backtest.days) < spec.gates.min_test_days:
        simple = SIMPLE_BLEND if SIMPLE_BLEND in recipes else RFM_LOGISTIC
        return Verdict(spec, recipes, backtest, choice, simple, simple, None)
    floor = min(list_floor(spec), key=backtest.mean_loss)
    verdict = Verdict(spec, recipes, backtest, choice, floor, floor, incumbent)
    if verdict.compare(CHALLENGER, floor).is_clearly_better:
        return Verdict(spec, recipes, backtest, choice, CHALLENGER, floor, incumbent)
    return verdict


def _means(days: Any) -> dict[str, float]:
    rows = [day.as_dict() for day in days]
    return _rounded({name: float(np.mean([row[name] for row in rows])) for name in rows[0]})


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: round(value, _DIGITS) if isinstance(value, float) else value for name, value in values.items()}
