"""The pictures of the laboratory's page."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from ml.lab.definitions import Definition
from ml.lab.history import Tally
from ml.lab.study import Study, Trial
from ml.plots import COLOURS, new_figure

_DAYS_A_BAR = 7
_WIDTH = 8.0


def draw_gaps(study: Study) -> Figure:
    """How long those who came back were silent, the share still to come, and the horizons that are compared."""
    figure, axes = new_figure(width=_WIDTH)
    gaps, in_force = study.gaps, study.in_force
    share = gaps.not_yet_back()
    edges = np.append(np.arange(0, gaps.seen_days, _DAYS_A_BAR), gaps.seen_days)
    axes.bar(
        edges[:-1],
        (share[edges[:-1]] - share[edges[1:]]) / np.diff(edges) * _DAYS_A_BAR,
        width=np.diff(edges),
        align="edge",
        color=COLOURS[4],
        alpha=0.6,
        label=f"came back in the {_DAYS_A_BAR} days",
    )
    axes.set_ylabel(f"share back in {_DAYS_A_BAR} days")
    axes.set_xlabel("days since the last order")
    axes.set_xlim(0, gaps.seen_days)
    rest = axes.twinx()
    rest.plot(share, color=COLOURS[0], label="still to come back")
    rest.set_ylim(0, 1)
    rest.set_ylabel("share still to come back")
    rest.grid(visible=False)
    advised = study.advice.definition
    horizon = study.advice.horizon
    rest.axvspan(horizon.low, horizon.high, color=COLOURS[1], alpha=0.15, linewidth=0)
    rest.axvline(horizon.days, color=COLOURS[1], label=f"{1 - horizon.level:.0%} are back: day {horizon.days}")
    rest.axvline(advised.horizon_days, color=COLOURS[2], label=f"recommended horizon: {advised.horizon_days}")
    if in_force.horizon_days != advised.horizon_days:
        rest.axvline(
            in_force.horizon_days, color=COLOURS[3], linestyle="--", label=f"in force: {in_force.horizon_days}"
        )
    handles = [part for one in (axes, rest) for part in one.get_legend_handles_labels()[0]]
    rest.legend(handles=handles, loc="upper right")
    return figure


def draw_heatmap(study: Study, value: Callable[[Trial], float | None], written: str) -> Figure:
    """A value of every definition, eligible_days down and horizon_days across; `written` formats it, `-` where unknown."""
    grid = study.grid
    figure, axes = new_figure(width=_WIDTH, height=0.8 + 0.4 * len(grid.eligible))
    numbers = np.array(
        [
            [_number(value(study.trial(Definition(eligible, horizon)))) for horizon in grid.horizons]
            for eligible in grid.eligible
        ]
    )
    low, high = _shades(numbers)
    axes.imshow(np.ma.masked_invalid(numbers), cmap="Blues", aspect="auto", vmin=low, vmax=high)
    for row, column in np.ndindex(*numbers.shape):
        number = numbers[row, column]
        axes.text(column, row, "-" if np.isnan(number) else format(number, written), ha="center", va="center")
    for definition, colour, _ in _compared(study):
        column, row = grid.horizons.index(definition.horizon_days), grid.eligible.index(definition.eligible_days)
        axes.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, fill=False, edgecolor=colour, linewidth=2.5))
    axes.set_xticks(range(len(grid.horizons)), [str(days) for days in grid.horizons])
    axes.set_yticks(range(len(grid.eligible)), [str(days) for days in grid.eligible])
    axes.set_xlabel("horizon_days")
    axes.set_ylabel("eligible_days")
    axes.grid(visible=False)
    return figure


def draw_rates(study: Study) -> Figure:
    """Churn rate, and the part of it that was false, on each past day: recommended and in force."""
    figure, axes = new_figure(width=_WIDTH)
    for definition, colour, name in _compared(study):
        own = [tally for tally in study.tallies if tally.definition == definition and tally.labelled]
        rates = [tally.churned / tally.labelled for tally in own]
        axes.plot(_dates(own), np.array(rates), color=colour, marker=".", label=f"{name} ({definition})")
        followed = [tally for tally in own if tally.followed]
        false = [tally.churned / tally.labelled * tally.came_back / tally.followed for tally in followed]
        axes.plot(
            _dates(followed),
            np.array(false),
            color=colour,
            linestyle=":",
            marker=".",
            label=f"{name}: churned, and came back",
        )
    axes.set_ylim(0, None)
    axes.set_ylabel("share of eligible customers")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
    return figure


def _compared(study: Study) -> Sequence[tuple[Definition, str, str]]:
    advised = (study.advice.definition, COLOURS[2], "recommended")
    if study.in_force == study.advice.definition:
        return [(study.in_force, COLOURS[2], "recommended, and in force")]
    return [advised, (study.in_force, COLOURS[3], "in force")]


def _dates(tallies: Sequence[Tally]) -> NDArray[np.datetime64]:
    return np.array([tally.day for tally in tallies], dtype="datetime64[D]")


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _shades(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """The ends of the scale: light enough all over for black figures."""
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return 0.0, 1.0
    span = max(float(np.ptp(known)), 1e-6)
    return float(known.min()) - 0.3 * span, float(known.max()) + span
