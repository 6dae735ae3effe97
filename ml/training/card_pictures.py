"""The pictures of a model version's card."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ml import plots
from ml.training.card_facts import NAMES, Facts, list_furthest, list_shown

Floats = NDArray[np.float64]
_BINS = 10
_STRONGEST = 20


def draw_all(facts: Facts) -> dict[str, list[Figure]]:
    """By the heading of the section they belong to."""
    pictures = {"What it is": [_effects(facts)]}
    if facts.verdict.backtest.days:
        pictures["Test days"] = [_by_day(facts)]
        pictures["Against the floor"] = [_lift(facts), _precision(facts)]
        pictures["Calibration"] = [_reliability(facts)]
    if facts.drift:
        pictures["Drift"] = [_drift(facts)]
    if facts.segments:
        pictures["Segments"] = [_segment_gaps(facts)]
    return pictures


def _effects(facts: Facts) -> Figure:
    strongest = sorted(facts.effects.items(), key=lambda effect: (-effect[1], effect[0]))[:_STRONGEST]
    names, sizes = [name for name, _ in strongest], [size for _, size in strongest]
    return plots.bars(names, sizes, "mean size of what it adds to the raw score, log-odds")


def _by_day(facts: Facts) -> Figure:
    """Dashed: the simple models; bold: the winner."""
    figure, axes = plots.new_figure()
    verdict = facts.verdict
    labels = [day.isoformat() for day in verdict.backtest.days]
    for name in list_shown(verdict):
        losses = [one.log_loss for one in verdict.backtest.metrics[name].values()]
        width, style = 2.4 if name == verdict.winner else 1.0, "--" if verdict.recipes[name].is_simple else "-"
        axes.plot(labels, losses, marker="o", label=NAMES[name], linewidth=width, linestyle=style)
    axes.set_ylabel("log-loss (lower is better); dashed: simple models")
    axes.legend(fontsize=7)
    return figure


def _lift(facts: Facts) -> Figure:
    figure, axes = plots.new_figure()
    for name in dict.fromkeys((facts.verdict.winner, facts.verdict.floor)):
        shares, reached = _gains(facts.verdict.backtest.churned, facts.verdict.backtest.risks[name])
        axes.plot(shares, reached, label=NAMES[name])
    axes.plot([0, 1], [0, 1], color="#8c8c8c", linestyle=":", label="by chance")
    axes.set_xlabel("share of customers, riskiest first")
    axes.set_ylabel("share of those who churned")
    axes.legend()
    return figure


def _gains(churned: Floats, risk: Floats) -> tuple[Floats, Floats]:
    hits = np.cumsum(churned[np.argsort(-risk, kind="stable")])
    places = np.unique(np.linspace(0, len(hits) - 1, 101).astype(int))
    return (places + 1) / len(hits), hits[places] / max(hits[-1], 1)


def _precision(facts: Facts) -> Figure:
    figure, axes = plots.new_figure()
    backtest = facts.verdict.backtest
    for name in dict.fromkeys((facts.verdict.winner, facts.verdict.floor)):
        hits = np.cumsum(backtest.churned[np.argsort(-backtest.risks[name], kind="stable")])
        places = np.unique(np.linspace(len(hits) // 100, len(hits) - 1, 101).astype(int))
        axes.plot(hits[places] / max(hits[-1], 1), hits[places] / (places + 1), label=NAMES[name])
    axes.axhline(float(backtest.churned.mean()), color="#8c8c8c", linestyle=":", label="base rate")
    axes.set_xlabel("recall: share of those who churned")
    axes.set_ylabel("precision: share that churned")
    axes.legend()
    return figure


def _reliability(facts: Facts) -> Figure:
    figure, axes = plots.new_figure(width=4.6, height=4.2)
    backtest = facts.verdict.backtest
    for day in backtest.days:
        chosen = backtest.day_of_row == day.toordinal()
        risk, churned = backtest.risks[facts.verdict.winner][chosen], backtest.churned[chosen]
        bins = np.array_split(np.argsort(risk, kind="stable"), _BINS)
        points = [(risk[rows].mean(), churned[rows].mean()) for rows in bins if len(rows)]
        axes.plot(*zip(*points, strict=True), marker="o", markersize=4, label=day.isoformat())
    axes.plot([0, 1], [0, 1], color="#8c8c8c", linestyle=":")
    axes.set_xlabel("mean risk of a tenth of the customers")
    axes.set_ylabel("share of them that churned")
    axes.legend()
    return figure


def _drift(facts: Facts) -> Figure:
    moved = list_furthest(facts)
    figure = plots.bars([name for name, _ in moved], [one.psi for _, one in moved], "PSI; dashes: by chance at most")
    limits = [one.chance_limit for _, one in moved]
    figure.axes[0].plot(limits, range(len(moved)), linestyle="", marker="|", markersize=14, color=plots.COLOURS[1])
    return figure


def _segment_gaps(facts: Facts) -> Figure:
    """Mean risk less what happened, by segment, with what chance allows."""
    rows = facts.segments
    figure, axes = plots.new_figure(height=0.8 + 0.26 * len(rows))
    places = np.arange(len(rows))
    gaps = [one.mean_risk - one.churned for one in rows]
    axes.errorbar(gaps, places, xerr=[one.gap_by_chance for one in rows], fmt="o", capsize=2, color=plots.COLOURS[0])
    axes.axvline(0, color="#8c8c8c", linestyle=":")
    axes.set_yticks(places, [f"{one.name}: {one.value}" for one in rows])
    axes.invert_yaxis()
    axes.set_xlabel("mean risk less share churned; bars: 95 % of chance")
    return figure
