"""What the gaps recommend, in numbers and in words."""

from collections.abc import Collection
from dataclasses import dataclass

from ml.lab.definitions import Definition, Grid
from ml.lab.gaps import Gaps, Reached, find_reached
from wellkept.deployment.errors import NotEnoughDataError

HORIZON_LEVEL = 0.20
"""The horizon is long enough when at most this share of those who come back take longer."""
ELIGIBLE_LEVEL = 0.05
"""eligible_days is long enough when at most this share of those who come back were silent for longer."""
_FEWEST_RETURNERS = 30
_NEAR_THE_END = 0.75


@dataclass(frozen=True)
class Advice:
    """The recommended definition, and the gaps it comes from."""

    definition: Definition
    horizon: Reached
    eligible: Reached
    sentences: list[str]


def advise(gaps: Gaps, tried: Collection[Definition], grid: Grid) -> Advice:
    """The shortest horizon and window, of those tried, that the gaps ask for; else the nearest that history allows."""
    if gaps.returners < _FEWEST_RETURNERS:
        raise NotEnoughDataError(
            f"{gaps.returners:.0f} customers have ordered on more than one day before {grid.as_of_date}, and "
            f"{_FEWEST_RETURNERS} are needed to tell how long customers stay silent: run the lab on a later day"
        )
    if not tried:
        raise NotEnoughDataError(
            f"no customer was eligible on any past day that could be tried by {grid.as_of_date}: give a longer --eligible"
        )
    horizon, eligible = find_reached(gaps, HORIZON_LEVEL), find_reached(gaps, ELIGIBLE_LEVEL)
    wanted = Definition(_at_least(grid.eligible, eligible.days), _at_least(grid.horizons, horizon.days))
    chosen = wanted if wanted in tried else _nearest(wanted, tried)
    return Advice(chosen, horizon, eligible, _say(gaps, grid, horizon, eligible, wanted, chosen))


def _at_least(tried: Collection[int], days: int) -> int:
    return min((value for value in tried if value >= days), default=max(tried))


def _nearest(wanted: Definition, tried: Collection[Definition]) -> Definition:
    """The window gives way before the horizon: it says who is asked about, the horizon what is asked."""
    return min(
        tried,
        key=lambda one: (
            abs(one.horizon_days - wanted.horizon_days),
            abs(one.eligible_days - wanted.eligible_days),
            one,
        ),
    )


def _say(
    gaps: Gaps, grid: Grid, horizon: Reached, eligible: Reached, wanted: Definition, chosen: Definition
) -> list[str]:
    sentences = [
        f"Of the customers who come back within {gaps.seen_days} days, {1 - horizon.level:.0%} have done so by day "
        f"{horizon.days} (90 % interval {horizon.low} to {horizon.high}): {_reason(grid.horizons, horizon.days, 'horizon_days')}.",
        f"At most {eligible.level:.0%} of them were silent for more than {eligible.days} days (90 % interval {eligible.low} to "
        f"{eligible.high}): {_reason(grid.eligible, eligible.days, 'eligible_days')}.",
        f"Longer silences than {gaps.seen_days} days count as no return, as the history of "
        f"{(grid.as_of_date - grid.first_order_date).days} days shows too few of them. The intervals come from drawing customers anew; "
        "that the years to come may differ is not in them.",
    ]
    if max(horizon.days, eligible.days) > _NEAR_THE_END * gaps.seen_days:
        sentences.append(
            "One of the two days is close to the longest silence that is seen: with more history both may come out longer."
        )
    if chosen != wanted:
        sentences.append(
            f"Wanted were {wanted}, which cannot be tried before {grid.first_possible_as_of(wanted)}: the nearest that can is recommended."
        )
    return sentences


def _reason(tried: Collection[int], days: int, name: str) -> str:
    value = _at_least(tried, days)
    if value >= days:
        return f"{name} {value} is the shortest tried that is as long"
    return f"{name} {value} is the longest tried, and a longer one would fit better"
