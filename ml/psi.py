"""The population stability index: how far a day's values lie from a reference, and how far they would by chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

_PSEUDO_COUNT = 0.5
"""Added to each bin of both sides, so that a bin that is empty on one of them gives a large index and no infinite one."""
_CHANCE_Z = 3.09
"""Standard normal quantile of 0.999: one in a thousand undrifted features lies above what chance allows."""


@dataclass(frozen=True)
class Stability:
    """An index with what it would be without drift: on average, and in all but one case of a thousand."""

    psi: float
    expected_psi: float
    chance_limit: float
    furthest_psi: float = 0.0
    """Of days that differ without drift, the index of the one that lies furthest from the others."""


def cut_points(quantiles: Sequence[float]) -> list[float]:
    """Where to cut values into bins, each up to and with its cut, from quantiles of the reference in order.

    Equal quantiles are one cut. A value that several of them are, as the 0 of a count, gets a bin of its own: it is cut
    off below too, or all that becomes a little smaller would go unseen.
    """
    cuts: list[float] = []
    for value in sorted(set(quantiles)):
        if quantiles.count(value) > 1:
            cuts.append(math.nextafter(value, -math.inf))
        cuts.append(value)
    return cuts


def measure_stability(reference: Sequence[int], present: Sequence[int]) -> Stability:
    """The index of two counts of rows by bin; bins empty on both sides do not count.

    PSI = sum over bins of (p - q) ln(p / q), with p and q the shares of the present and of the reference (N. Siddiqi,
    Credit Risk Scorecards, 2006; it is Jeffreys' divergence). Without drift it is distributed as (1/n + 1/m) times a
    chi-square with bins - 1 degrees of freedom, n and m being the rows of the two (B. Yurdakul, Statistical Properties of
    Population Stability Index, 2018), so its mean is (bins - 1)(1/n + 1/m). The quantile is Wilson and Hilferty's (1931).
    """
    bins = [(q, p) for q, p in zip(reference, present, strict=True) if q or p]
    freedom = len(bins) - 1
    if freedom < 1:
        return Stability(0.0, 0.0, 0.0)
    rows = [sum(side) for side in zip(*bins, strict=True)]
    added = _PSEUDO_COUNT * len(bins)
    shares = [((p + _PSEUDO_COUNT) / (rows[1] + added), (q + _PSEUDO_COUNT) / (rows[0] + added)) for q, p in bins]
    noise = 1 / rows[0] + 1 / rows[1]
    spread = 2 / (9 * freedom)
    return Stability(
        psi=math.fsum((p - q) * math.log(p / q) for p, q in shares),
        expected_psi=freedom * noise,
        chance_limit=freedom * (1 - spread + _CHANCE_Z * math.sqrt(spread)) ** 3 * noise,
    )


def measure_day(days: Sequence[Sequence[int]], present: Sequence[int]) -> Stability:
    """The index of a day against the days of a reference together, by bin, and what it is without drift.

    One day differs from many by more than chance where something happens to all customers at once, such as a monthly
    letter: what was answered last was answered as many days ago as it was sent. So each day of the reference is held
    against the others, and what that gives beyond chance is expected of the present day too.
    """
    together = [sum(counts) for counts in zip(*days, strict=True)]
    found = measure_stability(together, present)
    if len(days) < 2:
        return found
    beyond = [_beyond_chance([total - own for total, own in zip(together, day, strict=True)], day) for day in days]
    expected = found.expected_psi
    return replace(
        found,
        expected_psi=expected + math.fsum(beyond) / len(beyond),
        furthest_psi=expected + max(beyond) if any(beyond) else 0.0,
    )


def _beyond_chance(others: Sequence[int], day: Sequence[int]) -> float:
    if not (sum(others) and sum(day)):
        return 0.0
    found = measure_stability(others, day)
    return found.psi - found.expected_psi if found.psi > found.chance_limit else 0.0
