"""What the test days of a version said: the column `metrics` of scores.model_versions, as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from ml.evaluate import Metrics

_DIGITS = 6


@dataclass(frozen=True)
class Interval:
    """A mean difference in log-loss (below zero: the first is better) and its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def is_clearly_better(self) -> bool:
        return self.high < 0

    @property
    def is_not_worse(self) -> bool:
        return self.low <= 0


@dataclass(frozen=True)
class Step:
    """One question, the change that was tried, and whether it was taken."""

    question: str
    change: str
    difference: Interval
    wins: float
    is_taken: bool


@dataclass(frozen=True)
class Measures:
    """All measures by recipe and test day, their means, the comparisons that decided, and what was chosen.

    What a version of before does not have is empty.
    """

    winner: str = ""
    floor: str = ""
    is_judged: bool = False
    calibration_excess: float = 0.0
    choice_days: tuple[date, ...] = ()
    choices: tuple[Step, ...] = ()
    test_days: Mapping[str, Mapping[date, Metrics]] = field(default_factory=dict)
    means: Mapping[str, Metrics] = field(default_factory=dict)
    challenger_minus_floor: Interval | None = None
    challenger_minus_incumbent: Interval | None = None

    @property
    def of_winner(self) -> Metrics | None:
        """Means of the winner over the test days; None where there were none."""
        return self.means.get(self.winner)

    @property
    def promised_auc(self) -> float | None:
        return self.of_winner.auc if self.of_winner else None

    def to_text(self) -> str:
        """As JSON with six digits; equal text for equal measures."""
        content = {name: value for name, value in vars(self).items() if value is not None}
        content |= {
            "choice_days": [day.isoformat() for day in self.choice_days],
            "choices": [asdict(step) for step in self.choices],
            "test_days": {
                name: {day.isoformat(): asdict(metrics) for day, metrics in by_day.items()}
                for name, by_day in self.test_days.items()
            },
            "means": {name: asdict(metrics) for name, metrics in self.means.items()},
        }
        for name in ("challenger_minus_floor", "challenger_minus_incumbent"):
            if name in content:
                content[name] = asdict(content[name])
        return json.dumps(_round(content), sort_keys=True)


def measures_from_text(text: str) -> Measures:
    """The measures that `to_text` wrote."""
    content: dict[str, Any] = json.loads(text)
    plain = ("winner", "floor", "is_judged", "calibration_excess")
    compared = ("challenger_minus_floor", "challenger_minus_incumbent")
    found: dict[str, Any] = {name: content[name] for name in plain if name in content}
    found |= {name: Interval(**content[name]) for name in compared if name in content}
    return Measures(
        **found,
        choice_days=tuple(map(date.fromisoformat, content.get("choice_days", ()))),
        choices=tuple(
            Step(**{**step, "difference": Interval(**step["difference"])}) for step in content.get("choices", ())
        ),
        test_days={
            name: {date.fromisoformat(day): Metrics(**metrics) for day, metrics in by_day.items()}
            for name, by_day in content.get("test_days", {}).items()
        },
        means={name: Metrics(**metrics) for name, metrics in content.get("means", {}).items()},
    )


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: _round(part) for key, part in value.items()}
    return [_round(part) for part in value] if isinstance(value, list) else value
