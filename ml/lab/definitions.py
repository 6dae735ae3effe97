"""The definitions that are tried, and the past days on which each can be."""

from dataclasses import dataclass
from datetime import date, timedelta

from features.snapshots import weekly_days

FOLLOW_DAYS = 180
"""Who was called churned is watched this long after the horizon: an order in it, and the call was false."""
_MAX_DAYS = 60
_STEPS_IN_WEEKS = (1, 2, 4)  # divide 52, so that a day and the one a year of weeks before it are both there


@dataclass(frozen=True, order=True)
class Definition:
    """Churn by DEFINITIONS, section 2: eligible by an order in [D - N, D), churned without one in [D, D + H)."""

    eligible_days: int
    horizon_days: int

    def __str__(self) -> str:
        return f"N {self.eligible_days}, H {self.horizon_days}"


@dataclass(frozen=True)
class Grid:
    """Every eligible_days with every horizon_days, and the history they are tried on."""

    eligible: tuple[int, ...]
    horizons: tuple[int, ...]
    late_days: int
    first_order_date: date
    as_of_date: date

    @property
    def definitions(self) -> list[Definition]:
        return [Definition(eligible, horizon) for eligible in self.eligible for horizon in self.horizons]

    def is_labelled(self, day: date, horizon: int) -> bool:
        """Whether the outcome of the day is known."""
        return day + timedelta(days=horizon + self.late_days) <= self.as_of_date

    def is_followed(self, day: date, horizon: int) -> bool:
        """Whether it is known as well who of the churned came back."""
        return self.is_labelled(day, horizon + FOLLOW_DAYS)

    def is_tried(self, day: date, definition: Definition) -> bool:
        """Whether the whole window before the day, and its outcome, lie in the history."""
        begins = day - timedelta(days=definition.eligible_days)
        return begins >= self.first_order_date and self.is_labelled(day, definition.horizon_days)

    def first_possible_as_of(self, definition: Definition) -> date:
        """The first day on which the lab could try the definition on some day."""
        return self.first_order_date + timedelta(
            days=definition.eligible_days + definition.horizon_days + self.late_days
        )


def list_days(grid: Grid) -> list[date]:
    """The days of the weekly grid on which the shortest definition can be tried, evenly thinned to the newest 60."""
    shortest = Definition(min(grid.eligible), min(grid.horizons))
    first = grid.first_order_date + timedelta(days=shortest.eligible_days)
    last = grid.as_of_date - timedelta(days=shortest.horizon_days + grid.late_days)
    for step in _STEPS_IN_WEEKS:
        days = weekly_days(first, last, step)
        if len(days) <= _MAX_DAYS:
            break
    return days[-_MAX_DAYS:]
