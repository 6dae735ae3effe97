"""What the test days say: whether the challenger beats the floor, how well it is calibrated, and the grade."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields

import numpy as np

from ml.evaluate import Metrics, grade
from ml.kinds.recipe import RFM_LOGISTIC, SIMPLE_BLEND, Recipe, list_floor
from ml.measures import Interval, Measures
from ml.spec import ModelSpec
from ml.training.backtest import Backtest
from ml.training.choose import Choice

CHALLENGER = "challenger"
INCUMBENT = "incumbent"


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
        """Log-loss below the floor's, where another model is served."""
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

    def measure(self) -> Measures:
        """What is kept of the test days with the version: by recipe and day, their means, what decided, what was chosen."""
        return Measures(
            winner=self.winner,
            floor=self.floor,
            is_judged=self.is_judged,
            calibration_excess=self.calibration_excess,
            choice_days=tuple(self.choice.days),
            choices=tuple(self.choice.steps),
            test_days=self.backtest.metrics,
            means={name: _average(by_day.values()) for name, by_day in self.backtest.metrics.items() if by_day},
            challenger_minus_floor=self.compare(CHALLENGER, self.floor) if self.is_judged else None,
            challenger_minus_incumbent=(
                self.compare(CHALLENGER, self.incumbent) if self.is_judged and self.incumbent else None
            ),
        )


def judge_recipes(spec: ModelSpec, recipes: Mapping[str, Recipe], backtest: Backtest, choice: Choice) -> Verdict:
    """The winner of the test days; with too few of them nothing is judged and a simple model serves.

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


def _average(days: Collection[Metrics]) -> Metrics:
    return Metrics(**{one.name: float(np.mean([getattr(day, one.name) for day in days])) for one in fields(Metrics)})
