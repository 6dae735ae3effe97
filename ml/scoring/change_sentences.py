"""How a risk moved since the last score, in plain words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ml.scoring.reasons import find_reasons, say_all

Floats = NDArray[np.float64]

_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?%?")


@dataclass(frozen=True)
class Moves:
    """How much many customers' risks rose since a day, and by what; NaN where the parts are not known."""

    since: date
    change: Floats
    by_data: Floats
    by_model: Floats

    def take(self, places: NDArray[np.intp]) -> "Moves":
        """Those of some customers."""
        return Moves(self.since, self.change[places], self.by_data[places], self.by_model[places])


def find_causes(names: Sequence[str], now: Floats, then: Floats, gained: Floats, by_data: Floats) -> list[str | None]:
    """What changed in the data that moved the risk most, the way the data moved it; None where nothing tells.

    `gained` is what each feature's contribution rose by. Only features whose value changed, and changed what is said
    of them, are causes.
    """
    is_changed = (now != then) & ~(np.isnan(now) & np.isnan(then))
    pulled = np.where(is_changed, gained[:, : len(names)] * np.sign(np.nan_to_num(by_data))[:, None], 0.0)
    causes: list[str | None] = [None] * len(now)
    for reason in reversed(find_reasons(names, pulled, least=0.0)):  # the strongest last: it is said if it can be
        pairs = zip(say_all(names, now, reason.places), say_all(names, then, reason.places), strict=True)
        for row, (present, past) in enumerate(pairs):
            if present is not None and past is not None and present != past:
                causes[row] = _say_both(present, past)
    return causes


def say_moves(moves: Moves, causes: Sequence[str | None]) -> list[str]:
    """A sentence for each customer: how many points, since when, and mostly why."""
    is_model = np.abs(moves.by_model) > np.abs(moves.by_data)
    points = np.maximum(1, np.rint(np.abs(moves.change) * 100)).astype(int)
    sentences = []
    for change, point, by_model, cause in zip(
        moves.change.tolist(), points.tolist(), is_model.tolist(), causes, strict=True
    ):
        verb, unit = "rose" if change > 0 else "fell", "point" if point == 1 else "points"
        because = "another model version judges" if by_model else cause
        tail = f", mostly because {because}" if by_model else f", mostly because: {because}" if because else ""
        sentences.append(f"risk {verb} by {point} {unit} since {moves.since}{tail}")
    return sentences


def _say_both(present: str, past: str) -> str:
    """`last ordered 64 days ago (was 57)`; the whole of both where they differ in more than one number."""
    if _NUMBER.sub("#", present) == _NUMBER.sub("#", past):
        differing = [
            before
            for after, before in zip(_NUMBER.findall(present), _NUMBER.findall(past), strict=True)
            if after != before
        ]
        if len(differing) == 1:
            return f"{present} (was {differing[0]})"
    return f"{present}; before: {past}"
