"""The card of a model version: what it answers, how good it is, and when not to use it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from ml.kinds.fitting import Fitted
from ml.kinds.recipe import BG_NBD, BLEND, LIGHTGBM, LOGISTIC, RECENCY_RULE, RFM_LOGISTIC, SIMPLE_BLEND, Recipe
from ml.measures import Interval, Measures
from ml.psi import Stability
from ml.spec import ModelSpec
from ml.training.segments import Segment
from ml.training.verdict import CHALLENGER, INCUMBENT, Verdict
from ml.versions import Version

NAMES = {
    LIGHTGBM: "LightGBM, plain",
    LOGISTIC: "logistic, all features",
    BLEND: "blend, plain",
    RFM_LOGISTIC: "RFM logistic",
    RECENCY_RULE: "recency rule",
    BG_NBD: "BG/NBD",
    SIMPLE_BLEND: "blend of RFM and BG/NBD",
    CHALLENGER: "challenger",
    INCUMBENT: "recipe of the champion so far",
}
GRADES = {
    "A": "It beats the floor clearly and is calibrated within chance.",
    "B": "It beats the floor clearly; its calibration is off by more than chance, tolerably.",
    "C": "It beats the floor, but not by much, or is badly calibrated on some days.",
    "D": "The floor speaks: nothing beat it. Its calibration is tolerable.",
    "E": "The floor speaks, and its probabilities are off: use the order of customers, not the numbers.",
    "F": "Not judged: there is too little history for a test out of time. Use with care.",
}
_FURTHEST = 10
Table: TypeAlias = tuple[Sequence[str], Sequence[Sequence[str]]]


@dataclass(frozen=True)
class Facts:
    """What a card is written from. `notes` are sentences on the training data: what it did without, who was treated."""

    spec: ModelSpec
    version: Version
    verdict: Verdict
    fitted: Fitted
    effects: Mapping[str, float]
    """Mean size of what each feature adds to the raw score."""
    segments: Sequence[Segment] = ()
    notes: Sequence[str] = ()
    drift: Mapping[str, Stability] = field(default_factory=dict)
    """Of each feature, on the newest training day against those before."""

    @property
    def measures(self) -> Measures:
        return self.version.measures

    @property
    def title(self) -> str:
        return f"{self.spec.name} {self.version.model_version}: grade {self.version.grade}"


def write_card(facts: Facts) -> str:
    """The card as Markdown: equal text for equal data."""
    parts = [f"# {facts.title}", f"{facts.spec.question} {GRADES[facts.version.grade]}"]
    for heading, texts, table in sections(facts):
        parts.append(f"## {heading}")
        parts += texts
        parts += [_markdown(table)] if table else []
    return "\n\n".join(parts) + "\n"


def sections(facts: Facts) -> list[tuple[str, list[str], Table | None]]:
    """Heading, paragraphs and table of each part, as both forms of the card have them."""
    return [
        ("What it is", describe(facts), None),
        ("Test days", *_test_days(facts)),
        ("Against the floor", _against_floor(facts), None),
        ("Calibration", *_calibration(facts)),
        ("Segments", *_segments(facts)),
        ("Drift", *_drift(facts)),
        ("What was chosen, and on which days", *_choices(facts)),
        ("When not to use it", when_not(facts), None),
    ]


def describe(facts: Facts) -> list[str]:
    """What speaks, on which label and data."""
    spec, version = facts.spec, facts.version
    parameters: Mapping[str, int] = json.loads(version.parameters)
    said = ", ".join(f"{name} {value}" for name, value in sorted(parameters.items()))
    calibration = facts.fitted.calibration.kind
    last_label = version.last_training_date + timedelta(days=parameters[spec.horizon])
    return [
        f"**Speaks:** {NAMES[facts.verdict.winner]} ({version.kind}), {len(version.feature_names)} features, "
        f"{'not calibrated' if calibration == 'none' else calibration + ' calibration'}; trained as of {version.trained_as_of}.",
        *_describe_blend(facts.verdict.recipes[facts.verdict.winner]),
        f"**Label:** `{spec.label}`, with {said}; a label is known {spec.days_until_known(parameters)} days after its "
        "day and not revised later.",
        f"**Data:** {version.training_rows:,} rows of {version.training_days} days, {version.first_training_date} to "
        f"{version.last_training_date}; the labels look at events before {last_label}. {version.base_rate:.1%} churned "
        "(newer days weigh more).",
        f"**Features:** definition {version.feature_set_hash}.",
        *facts.notes,
    ]


def _describe_blend(recipe: Recipe) -> list[str]:
    """Whose mean a blend is."""
    if not recipe.parts:
        return []
    return [f"**Blend:** the mean log-odds of {', '.join(part.kind for part in recipe.parts)}; each has the same say."]


def when_not(facts: Facts) -> list[str]:
    """What it must not be used for."""
    spec, version = facts.spec, facts.version
    history = (version.last_training_date - version.first_training_date).days + spec.training_days.min_history_days
    lines = [
        "For customers who are not eligible on the day: they have no score.",
        "As the effect of an action: it says who leaves, not whom a letter would keep.",
        "After a change of assortment, price or audience that the data window does not hold.",
    ]
    if history < spec.season_history_days:
        lines.append(
            f"**Season is unlearned**: {history} days of history are fewer than {spec.season_history_days}. Before a high "
            "or low season the mean risk is off; the order of customers holds better."
        )
    if facts.verdict.calibration_excess > 0:
        lines.append("To count how many will leave: the calibration above was off by more than chance.")
    off = [f"{one.name} {one.value}" for one in facts.segments if not one.is_calibrated]
    if off:
        lines.append(f"To count how many will leave of: {', '.join(off)}.")
    return [f"- {line}" for line in lines]


def list_told(verdict: Verdict) -> list[str]:
    """The recipes by name, without a plain one that is the challenger itself."""
    own = verdict.recipes.get(CHALLENGER)
    return [name for name, recipe in verdict.recipes.items() if name == CHALLENGER or recipe != own]


def _test_days(facts: Facts) -> tuple[list[str], Table | None]:
    verdict, measures = facts.verdict, facts.measures
    if not verdict.backtest.days:
        return ["None: no past day has both a known outcome and enough training days before it."], None
    names = list_told(verdict)
    rows = []
    for day in measures.test_days[names[0]]:
        ones = [measures.test_days[name][day] for name in names]
        cells = [f"{one.auc:.3f} / {one.log_loss:.3f}" for one in ones]
        rows.append([day.isoformat(), f"{ones[0].customers:,}", f"{ones[0].base_rate:.1%}", *cells])
    means = [measures.means[name] for name in names]
    rows.append(["mean", "", "", *(f"{one.auc:.3f} / {one.log_loss:.3f}" for one in means)])
    text = (
        "Each day predicted from labels known by it; AUC / log-loss. Nothing was chosen on these days, and days on which a "
        "model lost are in here too."
    )
    return [text], (["test day", "customers", "churned", *(NAMES[name] for name in names)], rows)


def _against_floor(facts: Facts) -> list[str]:
    verdict, measures = facts.verdict, facts.measures
    if measures.challenger_minus_floor is None:
        return ["Not judged; a simple model speaks."]
    winner = measures.means[verdict.winner]
    lines = [
        f"Log-loss of the challenger less that of the best of the floor ({NAMES[verdict.floor]}), below zero is better: "
        f"{_interval(measures.challenger_minus_floor)}. Intervals of 95 % from resampled customers, paired. Before, the mean "
        "risk of each model and day is set to what happened: season's level, which none of them knows ahead, decides nothing "
        "here; the calibration below says how far off it was."
    ]
    if measures.challenger_minus_incumbent:
        lines.append(
            f"Less that of the recipe of the champion so far, fitted on the same days: "
            f"{_interval(measures.challenger_minus_incumbent)}."
        )
    lines.append(
        f"In the riskiest tenth {winner.lift_10:.2f} times the base rate churned, {winner.lift_10_share_of_max:.0%} of "
        f"what is possible; PR-AUC {winner.pr_auc:.3f}, Brier {winner.brier:.3f}."
    )
    return lines


def _calibration(facts: Facts) -> tuple[list[str], Table | None]:
    days = facts.measures.test_days[facts.verdict.winner]
    rows = [
        [
            day.isoformat(),
            f"{one.mean_risk:.1%}",
            f"{one.base_rate:.1%}",
            f"{one.ece:.3f}",
            f"{one.ece_by_chance:.3f}",
        ]
        for day, one in days.items()
    ]
    text = "Ten bins of equal count; a perfect model stays below the last column on 19 of 20 days."
    return [text], (["test day", "mean risk", "churned", "ECE", "by chance, at most"], rows) if rows else None


def _segments(facts: Facts) -> tuple[list[str], Table | None]:
    if not facts.segments:
        return ["No test days, so nothing is said by segment."], None
    rows = [
        [
            one.name,
            one.value,
            f"{one.rows:,}",
            f"{one.churned:.1%}",
            f"{one.mean_risk:.1%}",
            f"{one.gap_by_chance:.1%}",
            "within chance" if one.is_calibrated else "off",
            "-" if one.auc is None else f"{one.auc:.3f}",
            f"{one.log_loss:.3f}",
            f"{one.floor_log_loss:.3f}",
            "-" if one.ece is None else f"{one.ece:.3f} of {one.ece_by_chance:.3f}",
        ]
        for one in facts.segments
    ]
    head = ["segment", "value", "rows", "churned", "mean risk", "gap by chance", "calibration", "AUC", "log-loss"]
    text = "All test days together. Bins of calibration only from 1,000 rows on; ECE beside what chance allows."
    return [text], ([*head, "floor's", "ECE"], rows)


def furthest(facts: Facts) -> list[tuple[str, Stability]]:
    """The features that moved most on the newest training day, the one furthest beyond chance first."""
    return sorted(facts.drift.items(), key=lambda one: (one[1].chance_limit - one[1].psi, one[0]))[:_FURTHEST]


def _drift(facts: Facts) -> tuple[list[str], Table | None]:
    if not facts.drift:
        return ["Nothing to tell: one training day."], None
    limit = facts.spec.drift.warning_psi
    beyond = [name for name, one in facts.drift.items() if one.psi > max(one.chance_limit, limit)]
    text = (
        f"Features on the newest training day against the days before: {len(beyond)} of {len(facts.drift)} have a population "
        f"stability index above {limit} and beyond chance. Season moves many; `feature_drift` tells each day with season aside."
    )
    rows = [[f"`{name}`", f"{one.psi:.3f}", f"{one.chance_limit:.3f}"] for name, one in furthest(facts)]
    return [text], (["feature", "PSI", "by chance, at most"], rows)


def _choices(facts: Facts) -> tuple[list[str], Table | None]:
    days, steps = facts.measures.choice_days, facts.measures.choices
    if not days:
        text = (
            f"Nothing: fewer than {facts.spec.choices.min_days} days lie so far before the test days that their outcomes "
            "were known by them. The challenger is the plain blend."
        )
        return [text], None
    text = (
        f"On {', '.join(map(str, days))}, whose outcomes were known on the first test day. A change is taken where it wins on two days "
        "of three and clearly over all; log-loss of the change less that without it, levelled as above for tunables and kind."
    )
    rows = [
        [
            step.question,
            step.change,
            _interval(step.difference),
            f"{step.wins:.0%}",
            "taken" if step.is_taken else "left",
        ]
        for step in steps
    ]
    return [text], (["question", "change", "difference", "days won", "so"], rows)


def _interval(values: Interval) -> str:
    return f"{values.mean:+.4f} ({values.low:+.4f} to {values.high:+.4f})"


def _markdown(table: Table) -> str:
    columns, rows = table
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
