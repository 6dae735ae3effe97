"""Pictures as SVG text, in one style: the same numbers give the same text, and a page carries it without any file beside."""

import io
import re
from collections.abc import Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

COLOURS = ("#2563a8", "#c2571a", "#3c8d5a", "#8a5a9e", "#8c8c8c", "#b5994a")
"""In this order; told apart by those who see few colours."""
_STYLE: Any = {
    "svg.hashsalt": "wellkept",  # ids by content, not by chance
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}


def new_figure(width: float = 6.4, height: float = 3.6) -> tuple[Figure, Axes]:
    """An empty figure of so many inches with one pair of axes, in house style."""
    with rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
    axes.set_prop_cycle(color=COLOURS)
    return figure, axes


def svg(figure: Figure) -> str:
    """The figure as one <svg> element that scales with the page; equal figures give equal text."""
    buffer = io.StringIO()
    with rc_context(_STYLE):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    element = text[text.index("<svg") :]
    return re.sub(r'(<svg [^>]*?)width="[^"]*pt" height="[^"]*pt"|', r"\1", element, count=1).strip()


def bars(labels: Sequence[str], values: Sequence[float], xlabel: str) -> Figure:
    """Lying bars, the first on top."""
    figure, axes = new_figure(height=0.6 + 0.28 * len(labels))
    places = range(len(labels))
    axes.barh(places, values, color=COLOURS[0])
    axes.set_yticks(places, labels)
    axes.invert_yaxis()
    axes.set_xlabel(xlabel)
    return figure
