"""What the challenger is: calendar or not, how much history, which tunables, which calibration, the blend or one model alone.

Chosen by back-tests on days before the test days, so that these judge what they did not choose. The plain recipe stays
unless a change wins on two days of three and clearly over all of them: on one shop a season feature wins on one day and
loses badly on another. Calendar, history and calibration move the level of risk, as season does: where the days do not
reach over most of a year, they are not even tried. On a shop of two years a calibration learned in one winter won on all days
of that winter and cost a tenth of the log-loss in summer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import numpy as np

from ml.kinds.recipe import BLEND, LIGHTGBM, LOGISTIC, Recipe, list_challengers
from ml.measures import Step
from ml.spec import LightgbmParameters, ModelSpec
from ml.training.backtest import Backtest, run_backtest
from ml.training.rolling import Rolling

_WINS_ON = 2 / 3
_YEAR = 365
_MOVES_THE_LEVEL = ("calendar", "history", "calibration")
_NO_CHANCE_SAMPLES = 1
"""Calibration within chance is reported of the test days; here only losses count."""
Tune = Callable[[Rolling, Recipe, Sequence[date]], LightgbmParameters]


@dataclass(frozen=True)
class Choice:
    """The challenger, and how it came about; without days nothing was tried."""

    recipe: Recipe
    days: list[date]
    steps: list[Step]


def choose(spec: ModelSpec, rolling: Rolling, days: Sequence[date], tune: Tune | None = None) -> Choice:
    """The challenger by the spec's choices; with fewer than `min_days` days the plain blend."""
    recipe = list_challengers(spec)[BLEND]
    if len(days) < spec.choices.min_days:
        return Choice(recipe, [], [])
    thinned = rolling.thinned(spec.choices.max_rows, spec.lightgbm.seed)
    chooser = _Chooser(spec, thinned, list(days), [])
    has_seasons = (days[-1] - days[0]).days >= spec.choices.min_span_days
    for question, said, change in _list_changes(spec, thinned) if has_seasons else ():
        recipe = chooser.settle(question, said, recipe, recipe.changed(change))
    if tune is not None:
        tunables = tune(thinned, recipe.part(LIGHTGBM), days)
        tuned = recipe.changed(lambda part: replace(part, lightgbm=tunables) if part.kind == LIGHTGBM else part)
        recipe = chooser.settle("tunables", _say(tunables), recipe, tuned)
    for part in [recipe.part(LIGHTGBM), recipe.part(LOGISTIC)]:
        recipe = chooser.settle("kind", f"{part.kind} alone", recipe, part)
    for calibration in spec.choices.calibrations if has_seasons else ():
        calibrated = replace(recipe, calibration=calibration)
        recipe = chooser.settle("calibration", f"{calibration} calibration", recipe, calibrated)
    return Choice(recipe, list(days), chooser.steps)


def choice_days(spec: ModelSpec, days: Sequence[date], test_days: Sequence[date], days_to_maturity: int) -> list[date]:
    """Of the days of a year whose outcomes were known on the first test day: some, spread evenly, the newest among them."""
    if not test_days:
        return []
    known = [day for day in days if day + timedelta(days=days_to_maturity) <= test_days[0]]
    year = [day for day in known if (known[-1] - day).days <= _YEAR]
    places = np.linspace(0, len(year) - 1, min(spec.choices.max_days, len(year))).round().astype(int)
    return [year[place] for place in places]


@dataclass(frozen=True)
class _Chooser:
    spec: ModelSpec
    rolling: Rolling
    days: list[date]
    steps: list[Step]

    def settle(self, question: str, said: str, recipe: Recipe, change: Recipe) -> Recipe:
        """The change where it clearly wins, else the recipe; either way it is on record."""
        if change == recipe:
            return recipe
        tests = self.spec.test_days
        pair = {"change": change, "recipe": recipe}
        backtest: Backtest = run_backtest(
            self.rolling, pair, self.days, chance_samples=_NO_CHANCE_SAMPLES, seed=self.spec.lightgbm.seed
        )
        is_levelled = question not in _MOVES_THE_LEVEL
        difference = backtest.compare("change", "recipe", tests.resamples, self.spec.lightgbm.seed, is_levelled)
        wins = backtest.wins("change", "recipe", is_levelled)
        is_taken = wins >= _WINS_ON and difference.is_clearly_better
        self.steps.append(Step(question, said, difference, wins, is_taken))
        return change if is_taken else recipe


def _list_changes(spec: ModelSpec, rolling: Rolling) -> Iterator[tuple[str, str, Callable[[Recipe], Recipe]]]:
    """Question, what is tried in words, and the change of a recipe."""
    calendar = spec.calendar_features
    yield "calendar", "with calendar features", lambda part: replace(part, features=(*part.features, *calendar))
    span = (rolling.dataset.days[-1] - rolling.dataset.days[0]).days
    for days in spec.choices.history_days:
        if span > days:
            yield "history", f"only {days} days of history", partial(replace, history_days=days)


def _say(tunables: LightgbmParameters) -> str:
    changed = tunables.model_dump(exclude={"seed", "bagging_freq", "bagging_fraction"})
    return ", ".join(f"{name} {value:g}" for name, value in changed.items())
