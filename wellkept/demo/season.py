"""The company's calendar: season, sales, win-back weeks, and how each day differs from the next."""

from dataclasses import dataclass
from datetime import date, timedelta

from wellkept.demo.truth import Truth

SALES = ((1, 8, 14), (7, 1, 10), (11, 24, 30))
"""Month, first and last day of each sale."""
WINBACK_MONTHS = (2, 5, 8, 10)
NEWSLETTER_DAY = 5  # of the month


@dataclass(frozen=True)
class Day:
    """One day of the company: its number since the first, and what is on."""

    number: int
    date: date
    pace: float
    is_season: bool
    is_sale: bool
    is_winback: bool


def day_of(truth: Truth, first_day: date, number: int) -> Day:
    """What is on, on the company's day `number`."""
    day = first_day + timedelta(days=number)
    return Day(
        number=number,
        date=day,
        pace=truth.weekday_pace[day.weekday()],
        is_season=day.month >= 11,
        is_sale=any(month == day.month and start <= day.day <= end for month, start, end in SALES),
        is_winback=day.month in WINBACK_MONTHS,
    )
