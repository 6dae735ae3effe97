"""The card of a model version: what it answers, how good it is, and when not to use it."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

from ml.kinds.recipe import Recipe
from ml.measures import Interval
from ml.page.document import Block, Document, Line, bullets, code, paragraph, picture, section, strong, table
from ml.training.card_facts import GRADES, NAMES, Facts, list_furthest, list_shown
from ml.training.card_pictures import draw_all


def make_card(facts: Facts) -> Document:
    """The card: equal for equal data."""
    pictures = draw_all(facts)
    parts: list[tuple[str, Sequence[Block]]] = [
        ("What it is", _describe(facts)),
        ("Test days", _test_days(facts)),
        ("Against the floor", _against_floor(facts)),
        ("Calibration", _calibration(facts)),
        ("Segments", _segments(facts)),
        ("Drift", _drift(facts)),
        ("What was chosen, and on which days", _choices(facts)),
        ("When not to use it", [bullets(_when_not(facts))]),
    ]
    lead = section("", paragraph(f"{facts.spec.question} {GRADES[facts.version.grade]}"))
    rest = (section(name, *blocks, *map(picture, pictures.get(name, []))) for name, blocks in parts)
    return Document(facts.title, (lead, *rest))


def _describe(facts: Facts) -> list[Block]:
    """What is served, trained on which label and data."""
    spec, version = facts.spec, facts.version
    parameters: Mapping[str, int] = json.loads(version.parameters)
    said = ", ".join(f"{name} {value}" for name, value in sorted(parameters.items()))
    calibration = facts.fitted.calibration.kind
    last_label = version.last_training_date + timedelta(days=parameters[spec.horizon])
    return [
        paragraph(
            strong("Model:"),
            f" {NAMES[facts.verdict.winner]} ({version.kind}), {len(version.feature_names)} features, "
            f"{'not calibrated' if calibration == 'none' else calibration + ' calibration'}; trained as of "
            f"{version.trained_as_of}.",
        ),
        *_describe_blend(facts.verdict.recipes[facts.verdict.winner]),
        paragraph(
            strong("Label:"),
            " ",
            code(spec.label),
            f", with {said}; a label is known {spec.days_until_known(parameters)} days after its day and not revised later.",
        ),
        paragraph(
            strong("Data:"),
            f" {version.training_rows:,} rows of {version.training_days} days, {version.first_training_date} to "
            f"{version.last_training_date}; the labels look at events before {last_label}. {version.base_rate:.1%} churned "
            "(newer days weigh more).",
        ),
        paragraph(strong("Features:"), f" definition {version.feature_set_hash}."),
        *facts.notes,
    ]


def _describe_blend(recipe: Recipe) -> list[Block]:
    """Whose mean a blend is."""
    if not recipe.parts:
        return []
    kinds = ", ".join(part.kind for part in recipe.parts)
    return [paragraph(strong("Blend:"), f" the mean log-odds of {kinds}; each has the same say.")]


def _when_not(facts: Facts) -> list[Line]:
    """What it must not be used for."""
    spec, version = facts.spec, facts.version
    history = (version.last_training_date - version.first_training_date).days + spec.training_days.min_history_days
    lines: list[Line] = [
        "For customers who are not eligible on the day: they have no score.",
        "As the effect of an action: it says who leaves, not whom a letter would keep.",
        "After a change of assortment, price or audience that the data window does not hold.",
    ]
    if history < spec.season_history_days:
        unlearned = (
            f": {history} days of history are fewer than {spec.season_history_days}. Before a high or low season the mean "
            "risk is off; the order of customers holds better."
        )
        lines.append((strong("Season is unlearned"), unlearned))
    if facts.verdict.calibration_excess > 0:
        lines.append("To count how many will leave: the calibration above was off by more than chance.")
    off = [f"{one.name} {one.value}" for one in facts.segments if not one.is_calibrated]
    if off:
        lines.append(f"To count how many will leave of: {', '.join(off)}.")
    return lines


def _test_days(facts: Facts) -> list[Block]:
    verdict, measures = facts.verdict, facts.measures
    if not verdict.backtest.days:
        return [paragraph("None: no past day has both a known outcome and enough training days before it.")]
    names = list_shown(verdict)
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
    return [paragraph(text), table(["test day", "customers", "churned", *(NAMES[name] for name in names)], rows)]


def _against_floor(facts: Facts) -> list[Block]:
    verdict, measures = facts.verdict, facts.measures
    if measures.challenger_minus_floor is None:
        return [paragraph("Not judged; a simple model serves.")]
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
    return [paragraph(line) for line in lines]


def _calibration(facts: Facts) -> list[Block]:
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
    head = ["test day", "mean risk", "churned", "ECE", "by chance, at most"]
    return [paragraph(text), *([table(head, rows)] if rows else [])]


def _segments(facts: Facts) -> list[Block]:
    if not facts.segments:
        return [paragraph("No test days, so nothing is said by segment.")]
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
    return [paragraph(text), table([*head, "floor's", "ECE"], rows)]


def _drift(facts: Facts) -> list[Block]:
    if not facts.drift:
        return [paragraph("Nothing to tell: one training day.")]
    limit = facts.spec.drift.warning_psi
    beyond = [name for name, one in facts.drift.items() if one.psi > max(one.chance_limit, limit)]
    text = (
        f"Features on the newest training day against the days before: {len(beyond)} of {len(facts.drift)} have a population "
        f"stability index above {limit} and beyond chance. Season moves many; "
    )
    rows = [[code(name), f"{one.psi:.3f}", f"{one.chance_limit:.3f}"] for name, one in list_furthest(facts)]
    lead = paragraph(text, code("feature_drift"), " says it of each day with season aside.")
    return [lead, table(["feature", "PSI", "by chance, at most"], rows)]


def _choices(facts: Facts) -> list[Block]:
    days, steps = facts.measures.choice_days, facts.measures.choices
    if not days:
        text = (
            f"Nothing: fewer than {facts.spec.choices.min_days} days lie so far before the test days that their outcomes "
            "were known by them. The challenger is the plain blend."
        )
        return [paragraph(text)]
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
    return [paragraph(text), table(["question", "change", "difference", "days won", "so"], rows)]


def _interval(values: Interval) -> str:
    return f"{values.mean:+.4f} ({values.low:+.4f} to {values.high:+.4f})"
