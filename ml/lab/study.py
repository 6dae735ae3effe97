"""The laboratory: every definition on past days, what the gaps recommend, and what it would change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np

from ml.lab.advice import Advice, advise
from ml.lab.definitions import Definition, Grid, list_days
from ml.lab.gaps import Gaps, read_gaps
from ml.lab.history import Columns, Reach, Tally, judge_day, measure_reach, read_sample
from ml.lab.quick_model import SAMPLED_CUSTOMERS, Foresight, foresee
from ml.lab.source import copied_orders, read_first_order_date
from wellkept.deployment.errors import NotEnoughDataError
from wellkept.deployment.log import get_logger
from wellkept.runs.run import Run
from wellkept.warehouse.sql import count_rows

log = get_logger(__name__)

OnDay = Callable[[date, int, int], None]
"""Told of each day that is tried: the day, how many are, and of how many."""
_YEAR = timedelta(weeks=52)
_FEWEST_YEARS_APART = 6


@dataclass(frozen=True)
class Trial:
    """What a definition would have meant. Rates are means over the days; None where no day could tell."""

    definition: Definition
    reach: Reach
    days_tried: int
    first_day: date | None
    last_day: date | None
    churn_rate: float | None
    spread: float | None
    """Standard deviation of the churn rate over the days."""
    spread_without_season: float | None
    """The same from days compared with those 52 weeks before; None without two years of days."""
    false_churn: float | None
    """Of the churned: who ordered again within FOLLOW_DAYS after the horizon."""
    days_followed: int
    foresight: Foresight | None


@dataclass(frozen=True)
class Study:
    """Everything the laboratory found out."""

    as_of_date: date
    first_order_date: date
    customers: int
    grid: Grid
    in_force: Definition
    trials: list[Trial]
    tallies: list[Tally]
    gaps: Gaps
    advice: Advice

    def trial(self, definition: Definition) -> Trial:
        return next(trial for trial in self.trials if trial.definition == definition)


def study_definitions(run: Run, eligible: Sequence[int], horizons: Sequence[int], on_day: OnDay | None = None) -> Study:
    """Try every definition, and the one in force, on the history known on the run's day; nothing is changed.

    A day that is not loaded is a BadInputError; too little history is a NotEnoughDataError that says when there will be enough.
    """
    in_force = Definition(run.parameters.integer("eligible_days"), run.parameters.integer("horizon_days"))
    with copied_orders(run) as connection:
        grid = Grid(
            eligible=tuple(sorted({*eligible, in_force.eligible_days})),
            horizons=tuple(sorted({*horizons, in_force.horizon_days})),
            late_days=run.parameters.integer("late_days"),
            first_order_date=read_first_order_date(connection, run.as_of_date),
            as_of_date=run.as_of_date,
        )
        return study_orders(connection, grid, in_force, on_day)


def study_orders(
    connection: duckdb.DuckDBPyConnection, grid: Grid, in_force: Definition, on_day: OnDay | None = None
) -> Study:
    """The same on a database that holds `customers` and `order_days`."""
    days = list_days(grid)
    if not days:
        shortest = Definition(min(grid.eligible), min(grid.horizons))
        raise NotEnoughDataError(
            f"no definition can be tried on the history known on {grid.as_of_date}: orders begin on "
            f"{grid.first_order_date}, and even the shortest ({shortest}) needs "
            f"{shortest.eligible_days + shortest.horizon_days + grid.late_days} days of them; run the lab from "
            f"{grid.first_possible_as_of(shortest) + timedelta(days=7)} on, or with a shorter --eligible or --horizon"
        )
    customers = count_rows(connection, "customers")
    share = min(1.0, SAMPLED_CUSTOMERS / customers)
    gaps = read_gaps(connection, grid.as_of_date, grid.first_order_date)
    reaches = measure_reach(connection, grid)
    tallies: list[Tally] = []
    samples: dict[date, Columns] = {}
    for done, day in enumerate(days):
        if on_day:
            on_day(day, done, len(days))
        tallies += judge_day(connection, grid, day)
        samples[day] = read_sample(connection, grid, day, share)
    trials = [
        _summarise(grid, definition, reaches[definition.eligible_days], tallies, samples)
        for definition in grid.definitions
    ]
    tried = {trial.definition for trial in trials if trial.days_tried}
    advice = advise(gaps, tried, grid)
    return Study(grid.as_of_date, grid.first_order_date, customers, grid, in_force, trials, tallies, gaps, advice)


def _summarise(
    grid: Grid, definition: Definition, reach: Reach, tallies: Sequence[Tally], samples: dict[date, Columns]
) -> Trial:
    own = [tally for tally in tallies if tally.definition == definition and tally.labelled]
    days = [tally.day for tally in own]
    rates = {tally.day: tally.churned / tally.labelled for tally in own}
    false = [tally.came_back / tally.followed for tally in own if tally.followed]
    return Trial(
        definition=definition,
        reach=reach,
        days_tried=len(days),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        churn_rate=float(np.mean(list(rates.values()))) if rates else None,
        spread=float(np.std(list(rates.values()), ddof=1)) if len(rates) > 1 else None,
        spread_without_season=spread_without_season(rates),
        false_churn=float(np.mean(false)) if false else None,
        days_followed=len(false),
        foresight=foresee(grid, samples, definition, days),
    )


def spread_without_season(rates: dict[date, float]) -> float | None:
    """Root mean square of the change in 52 weeks, over the square root of two, as a change has the noise of two days."""
    changes = [rate - rates[day - _YEAR] for day, rate in rates.items() if day - _YEAR in rates]
    if len(changes) < _FEWEST_YEARS_APART:
        return None
    return float(np.sqrt(np.mean(np.square(changes)) / 2))
