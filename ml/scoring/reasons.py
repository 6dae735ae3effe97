"""Why a customer's risk is what it is: the features that raise it most, in words, for many customers at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.scoring.explain import find_needed, say, theme_of

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

NUMBERS = (1, 2, 3)
PARTS = {"feature": pa.string(), "value": pa.float64(), "contribution": pa.float64(), "sentence": pa.string()}
SCHEMA = pa.schema([(f"reason_{number}_{part}", kind) for number in NUMBERS for part, kind in PARTS.items()])
NOBODY = -1
LEAST = 0.05
"""What a reason must add to the raw score to be one: on the logit scale it moves a risk of 50% by a point and a quarter."""
LEAST_SHARE = 0.05
"""And what it must add of what the first one does."""


@dataclass(frozen=True)
class Reason:
    """One reason of each of many rows: the place of its feature, NOBODY where the row has none, and what it adds."""

    places: Places
    contributions: Floats


def find_reasons(names: Sequence[str], contributions: Floats, least: float = LEAST) -> list[Reason]:
    """Up to three reasons a row: the features that raise the raw score most, one a theme, strongest first.

    Equally strong ones come in the order of the features. What lowers the score is no reason, nor what adds less than
    `least`, or than LEAST_SHARE of what the first one adds.
    """
    themes: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        themes.setdefault(theme_of(name), []).append(place)
    rows = np.arange(len(contributions))
    speakers = np.empty((len(themes), len(rows)), dtype=np.intp)
    strengths = np.empty((len(themes), len(rows)))
    for number, places in enumerate(themes.values()):
        of_theme = contributions.T[places]
        speakers[number] = np.array(places)[of_theme.argmax(axis=0)]
        strengths[number] = of_theme.max(axis=0)
    needed = np.maximum(least, LEAST_SHARE * strengths.max(axis=0, initial=0.0))
    found = []
    for _ in NUMBERS:
        theme = strengths.argmax(axis=0)
        strongest = strengths[theme, rows]
        is_reason = (strongest > 0) & (strongest >= needed)
        found.append(Reason(np.where(is_reason, speakers[theme, rows], NOBODY), strongest))
        strengths[theme, rows] = 0.0
    return found


def tell_reasons(
    names: Sequence[str], matrix: Floats, contributions: Floats, falling: Collection[str]
) -> list[pa.Array]:
    """The columns of SCHEMA for rows of the features `names` and what each adds to the raw score (a bias may follow).

    Of a feature in `falling` the model says that less of it is worse: it is called few where it is a reason.
    """
    columns: list[pa.Array] = []
    for reason in find_reasons(names, contributions[:, : len(names)]):
        said = say_all(names, matrix, reason.places, raises=True, falling=falling)
        is_none = reason.places == NOBODY
        values = matrix[np.arange(len(matrix)), reason.places]
        columns += [
            pa.DictionaryArray.from_arrays(pa.array(reason.places, mask=is_none), list(names)).cast(pa.string()),
            pa.array(values, mask=is_none | np.isnan(values)),
            pa.array(reason.contributions, mask=is_none),
            pa.array(said, pa.string()),
        ]
    return columns


def say_all(
    names: Sequence[str], matrix: Floats, places: Places, raises: bool = False, falling: Collection[str] = ()
) -> list[str | None]:
    """A sentence for each row about the feature at its place; None where that is NOBODY.

    It is said as a reason that `raises` the risk, and as one that does so by being few where less of the feature is worse.
    """
    sentences: list[str | None] = [None] * len(places)
    position = {name: place for place, name in enumerate(names)}
    for place in np.unique(places[places != NOBODY]):
        rows = np.flatnonzero(places == place)
        needed = [name for name in find_needed(names[place]) if name in position]
        columns = [matrix[rows, position[name]].tolist() for name in needed]
        is_few = names[place] in falling
        said: dict[tuple[float, ...], str] = {}
        for row, values in zip(rows.tolist(), zip(*columns, strict=True), strict=True):
            if values not in said:
                known = {name: value for name, value in zip(needed, values, strict=True) if not isnan(value)}
                said[values] = say(names[place], known, raises, is_few)
            sentences[row] = said[values]
    return sentences
