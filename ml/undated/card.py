"""The card of an undated file's model, with its pictures."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ml import plots
from ml.page.document import Document, bullets, paragraph, picture, section, table
from ml.undated.report import Report

Floats = NDArray[np.float64]
_BINS = 10


def make_card(report: Report, churned: Floats, risk: Floats) -> Document:
    """The card: equal for equal data; `risk` is out of fold."""
    head, rows = report.strongest()
    bars = plots.bars([row[0] for row in rows], [float(row[2]) for row in rows], head[2])
    return Document(
        report.title,
        (
            section("", paragraph(report.question)),
            section("What it is", bullets(report.what_it_is())),
            section("What this cannot show", bullets(report.cannot_show()), paragraph(*report.what_next())),
            section(
                "Cross-validation", paragraph(report.how_judged()), table(*report.measures()), table(*report.spreads())
            ),
            section("Against the floor", paragraph(report.against_floor()), picture(_lift(churned, risk))),
            section("Calibration", paragraph(report.calibration()), picture(_reliability(churned, risk))),
            section("What it looks at", picture(bars), table(head, rows)),
        ),
    )


def _reliability(churned: Floats, risk: Floats) -> Figure:
    """The share that churned against the risk, in ten bins of equal count."""
    bins = np.array_split(np.argsort(risk, kind="stable"), _BINS)
    figure, axes = plots.new_figure(width=4.6, height=4.2)
    axes.plot([0, 1], [0, 1], linestyle="--", color=plots.COLOURS[4])
    axes.plot([risk[rows].mean() for rows in bins], [churned[rows].mean() for rows in bins], marker="o")
    axes.set_xlabel("mean risk")
    axes.set_ylabel("share churned")
    return figure


def _lift(churned: Floats, risk: Floats) -> Figure:
    """The share that churned by tenth of risk, the riskiest first."""
    tenths = np.array_split(np.argsort(-risk, kind="stable"), _BINS)
    figure, axes = plots.new_figure()
    axes.bar(range(1, _BINS + 1), [churned[rows].mean() for rows in tenths])
    axes.axhline(float(churned.mean()), linestyle="--", color=plots.COLOURS[4])
    axes.set_xticks(range(1, _BINS + 1))
    axes.set_xlabel("tenth of the customers, the riskiest first (dashed: all)")
    axes.set_ylabel("share churned")
    return figure
