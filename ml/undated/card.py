"""The card of a snapshot's model: Markdown, and a page with plots that needs no network."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml import page, plots
from ml.undated.report import Report

Floats = NDArray[np.float64]
_BINS = 10
_HEADINGS = (
    "What it is",
    "What this cannot show",
    "Cross-validation",
    "Against the floor",
    "Calibration",
    "What it looks at",
)


def write_card(report: Report) -> str:
    """The card as Markdown: equal text for equal data."""
    is_it, cannot, judged, floor, calibrated, looks = _HEADINGS
    parts = [
        f"# {report.title}",
        report.question,
        f"## {is_it}\n\n{_bullets(report.what_it_is())}",
        f"## {cannot}\n\n{_bullets(report.cannot_show())}\n\n{report.what_next()}",
        f"## {judged}\n\n{report.how_judged()}\n\n{_table(*report.measures())}\n\n{_table(*report.spreads())}",
        f"## {floor}\n\n{report.against_floor()}",
        f"## {calibrated}\n\n{report.calibration()}",
        f"## {looks}\n\n{_table(*report.strongest())}",
    ]
    return "\n\n".join(parts) + "\n"


def write_page(report: Report, churned: Floats, risk: Floats) -> str:
    """The same as one HTML document with plots; `risk` is out of fold."""
    is_it, cannot, judged, floor, calibrated, looks = _HEADINGS
    head, rows = report.strongest()
    bars = plots.bars([row[0] for row in rows], [float(row[2]) for row in rows], head[2])
    return page.render(
        report.title,
        [
            ("", page.paragraph(report.question)),
            (is_it, page.bullets(report.what_it_is())),
            (cannot, page.bullets(report.cannot_show()) + page.paragraph(report.what_next())),
            (
                judged,
                page.paragraph(report.how_judged()) + page.table(*report.measures()) + page.table(*report.spreads()),
            ),
            (floor, page.paragraph(report.against_floor()) + _lift(churned, risk)),
            (calibrated, page.paragraph(report.calibration()) + _reliability(churned, risk)),
            (looks, plots.svg(bars) + page.table(head, rows)),
        ],
    )


def _reliability(churned: Floats, risk: Floats) -> str:
    """The share that churned against the risk, in ten bins of equal count."""
    bins = np.array_split(np.argsort(risk, kind="stable"), _BINS)
    figure, axes = plots.new_figure(width=4.6, height=4.2)
    axes.plot([0, 1], [0, 1], linestyle="--", color=plots.COLOURS[4])
    axes.plot([risk[rows].mean() for rows in bins], [churned[rows].mean() for rows in bins], marker="o")
    axes.set_xlabel("mean risk")
    axes.set_ylabel("share churned")
    return plots.svg(figure)


def _lift(churned: Floats, risk: Floats) -> str:
    """The share that churned by tenth of risk, the riskiest first."""
    tenths = np.array_split(np.argsort(-risk, kind="stable"), _BINS)
    figure, axes = plots.new_figure()
    axes.bar(range(1, _BINS + 1), [churned[rows].mean() for rows in tenths])
    axes.axhline(float(churned.mean()), linestyle="--", color=plots.COLOURS[4])
    axes.set_xticks(range(1, _BINS + 1))
    axes.set_xlabel("tenth of the customers, the riskiest first (dashed: all)")
    axes.set_ylabel("share churned")
    return plots.svg(figure)


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
