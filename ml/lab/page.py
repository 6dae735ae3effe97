"""What the laboratory found, as a page that needs no network and as plain values: numbers and counts, no customer."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from ml.lab.definitions import FOLLOW_DAYS
from ml.lab.pictures import draw_gaps, draw_heatmap, draw_rates
from ml.lab.study import Study, Trial
from ml.lab.words import COLUMNS, WHAT_THEY_ARE, rows, say, summarise
from ml.page.document import Document, Picture, bullets, paragraph, picture, section, table
from ml.page.rendering import as_html
from wellkept.runs.run import Run

_DIGITS = 6
_FRAMES = "Framed: the recommended definition in green, the one in force in purple where it is another."


def write_page(run: Run, study: Study) -> Path:
    """Writes `<home>/lab/churn-definition-<day>.html` in the place of what was there, and returns its path."""
    path = run.home.lab / f"churn-definition-{study.as_of_date}.html"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(render(study), encoding="utf-8")
    return path


def render(study: Study) -> str:
    """The page; the same study gives the same text."""
    return as_html(
        Document(
            f"Churn definitions as of {study.as_of_date}",
            (
                section("", paragraph(summarise(study)), bullets(say(study))),
                section(
                    "How long customers are silent who come back", paragraph(_gaps(study)), picture(draw_gaps(study))
                ),
                section("Churn rate", paragraph(_FRAMES), _heatmap(study, lambda trial: trial.churn_rate, ".0%")),
                section("False churn", _heatmap(study, lambda trial: trial.false_churn, ".0%")),
                section("Over time", picture(draw_rates(study))),
                section("AUC of a quick model", _heatmap(study, _auc, ".3f")),
                section("Its lift at 10%", _heatmap(study, _lift, ".2f")),
                section("All definitions", table(COLUMNS, rows(study)), bullets(WHAT_THEY_ARE)),
            ),
        )
    )


def as_json(study: Study) -> dict[str, Any]:
    """Everything a program may want, rounded so that equal data give equal text."""
    advice, gaps = study.advice, study.gaps
    found: dict[str, Any] = _plain(
        {
            "as_of_date": study.as_of_date,
            "first_order_date": study.first_order_date,
            "customers": study.customers,
            "recommended": asdict(advice.definition),
            "in_force": asdict(study.in_force),
            "sentences": say(study),
            "gaps": {
                "returners": round(gaps.returners),
                "ended_gaps": gaps.ended_gaps,
                "seen_days": gaps.seen_days,
                "never_back_share": gaps.never_back(),
                "horizon": asdict(advice.horizon),
                "eligible": asdict(advice.eligible),
            },
            "follow_days": FOLLOW_DAYS,
            "definitions": [{**asdict(trial.definition), **_without_definition(trial)} for trial in study.trials],
            "days": [{**asdict(tally.definition), **_without_definition(tally)} for tally in study.tallies],
        }
    )
    return found


def _gaps(study: Study) -> str:
    gaps = study.gaps
    return (
        f"{gaps.returners:,.0f} of {study.customers:,} customers have ordered on more than one day, {gaps.ended_gaps:,} times "
        f"after a silence. Each customer counts once; who has not come back yet counts for as long as is known. "
        f"{gaps.never_back():.0%} of customers do not come back within {gaps.seen_days} days."
    )


def _auc(trial: Trial) -> float | None:
    return trial.foresight.auc if trial.foresight else None


def _lift(trial: Trial) -> float | None:
    return trial.foresight.lift_10 if trial.foresight else None


def _heatmap(study: Study, value: Callable[[Trial], float | None], written: str) -> Picture:
    return picture(draw_heatmap(study, value, written))


def _without_definition(row: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name != "definition"}


def _plain(value: Any) -> Any:
    """Days as text, and numbers without the digits that hang on the machine."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return round(value, _DIGITS) if isinstance(value, float) else value
