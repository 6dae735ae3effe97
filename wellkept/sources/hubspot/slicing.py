"""Cutting a stretch of time into slices that a search can page through (HubSpot: 10,000 results)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

WINDOW = 10_000


@dataclass(frozen=True)
class Slice:
    """Objects last written in `[start, end)`, in milliseconds since 1970; without an end it is open."""

    start: int
    end: int | None
    is_by_id: bool = False
    """One instant with more than a search can page through: to be read by rising ids."""


Total = Callable[[int, int | None], int]
"""How many objects were last written in a stretch, its end excluded; None: up to now."""


def cut(start: int, latest: Callable[[], int], total: Total, window: int = WINDOW) -> Iterator[Slice]:
    """Slices that cover everything from `start` on, once and in order, none larger than `window`, empty ones left out.

    `latest` says when the newest object was written; it is asked when one slice is not enough. The last slice is open.
    """
    if (found := total(start, None)) <= window:
        if found:
            yield Slice(start, None)
        return
    end = max(latest(), start) + 1
    yield from _halve(start, end, total, window)
    yield from cut(end, latest, total, window)  # what was written meanwhile, as a rule little


def _halve(start: int, end: int, total: Total, window: int) -> Iterator[Slice]:
    found = total(start, end)
    if found > window and end - start > 1:
        middle = (start + end) // 2
        yield from _halve(start, middle, total, window)
        yield from _halve(middle, end, total, window)
    elif found:
        yield Slice(start, end, is_by_id=found > window)
