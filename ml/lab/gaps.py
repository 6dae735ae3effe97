"""How long customers who come back were silent: the gap distribution, with those not yet back counted as such.

The share of customers not back after so many days is estimated by Kaplan and Meier's product, for gaps that recur by Wang
and Chang (1999, "Nonparametric estimation of a recurrent survival function", JASA 94): each customer counts once, by the
mean over their ended gaps, and an open gap counts only where it is the customer's one gap. A plain mean over gaps would be
that of the few who order most.
"""

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
from numpy.typing import NDArray

from ml.lab.source import RESAMPLED_GROUPS

Floats = NDArray[np.float64]

_LONGEST_VIEW_DAYS = 730
_RESAMPLES = 200
_INTERVAL = (0.05, 0.95)
# A whole number, so that a sum does not depend on its order; most numbers of gaps divide it.
_ONE_CUSTOMER = 1_000_000_000

_GAPS = f"""
with

known as (

    select distinct customer, day
    from order_days
    where counts_from <= $as_of_date and counts_to > $as_of_date

),

gaps as (

    select
        customer,
        day,
        lead(day) over (partition by customer order by day) as next_day,
        count(*) over (partition by customer) as order_days
    from known

)

select
    customers.sample_group,
    greatest(
        coalesce(gaps.next_day, least($as_of_date - 1, customers.deleted_date)) - gaps.day, 0
    ) as gap_days,
    gaps.next_day is not null as is_ended,
    sum({_ONE_CUSTOMER} // greatest(gaps.order_days - 1, 1)) as weight,
    count(*) as gaps
from gaps
inner join customers on gaps.customer = customers.customer
where gaps.next_day is not null or gaps.order_days = 1
group by all
order by all
"""


@dataclass(frozen=True)
class Gaps:
    """Gaps by whole days, in customers: a row for each random group of them, a column for each length."""

    ended: Floats
    open: Floats
    ended_gaps: int
    seen_days: int
    """Gaps longer than this are not told apart from no return: the history is too short for it."""

    @property
    def returners(self) -> float:
        """Customers who ordered on more than one day."""
        return float(self.ended.sum())

    def not_yet_back(self) -> Floats:
        """Of the customers who come back within seen_days: the share still to come after 0, 1, ... seen_days days."""
        return _not_yet_back(self.ended.sum(axis=0), self.open.sum(axis=0), self.seen_days)

    def never_back(self) -> float:
        """The share of customers who do not come back within seen_days."""
        return float(_survival(self.ended.sum(axis=0), self.open.sum(axis=0))[self.seen_days])


@dataclass(frozen=True)
class Reached:
    """The first day by which at most a share of those who come back are still to come, with a 90 % interval."""

    level: float
    days: int
    low: int
    high: int


def read_gaps(connection: duckdb.DuckDBPyConnection, as_of_date: date, first_order_date: date) -> Gaps:
    """All gaps as known on the day; half the history is how far they are seen, at most two years."""
    rows = connection.execute(_GAPS, {"as_of_date": as_of_date}).fetchall()
    history = (as_of_date - first_order_date).days
    ended, open_ = np.zeros((2, RESAMPLED_GROUPS, history + 1))
    ended_gaps = 0
    for group, days, is_ended, weight, gaps in rows:
        (ended if is_ended else open_)[group, days] += weight / _ONE_CUSTOMER
        ended_gaps += gaps if is_ended else 0
    return Gaps(ended, open_, ended_gaps, min(_LONGEST_VIEW_DAYS, history // 2))


def find_reached(gaps: Gaps, level: float) -> Reached:
    """The day, and how far it moves when groups of customers are drawn anew; the draw is always the same."""
    generator = np.random.default_rng(0)
    days = _first_at_most(gaps.not_yet_back(), level)
    times = generator.multinomial(len(gaps.ended), [1 / len(gaps.ended)] * len(gaps.ended), size=_RESAMPLES)
    drawn = [
        _first_at_most(_not_yet_back(many @ gaps.ended, many @ gaps.open, gaps.seen_days), level) for many in times
    ]
    low, high = np.quantile(drawn, _INTERVAL, method="nearest")
    return Reached(level, days, int(low), int(high))


def _first_at_most(not_yet_back: Floats, level: float) -> int:
    return int(np.argmax(not_yet_back <= level))


def _not_yet_back(ended: Floats, open_: Floats, seen_days: int) -> Floats:
    survival = _survival(ended, open_)[: seen_days + 1]
    if survival[-1] == 1:  # a draw in which nobody came back
        return np.append(np.ones(seen_days), 0.0)
    share: Floats = (survival - survival[-1]) / (1 - survival[-1])
    return share


def _survival(ended: Floats, open_: Floats) -> Floats:
    """Not back after 0, 1, ... days (Kaplan and Meier, 1958)."""
    at_risk = np.cumsum((ended + open_)[::-1])[::-1]
    return np.asarray(np.cumprod(1 - ended / np.maximum(at_risk, 1e-12)), dtype=np.float64)
