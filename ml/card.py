"""The card of a model version: what it answers, how good it is, and when not to use it."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ml.recipe import LIGHTGBM, RECENCY_RULE, RFM_LOGISTIC
from ml.spec import ModelSpec
from ml.verdict import CALENDAR, INCUMBENT, Verdict
from ml.versions import Version

_NAMES = {
    LIGHTGBM: "LightGBM",
    CALENDAR: "LightGBM with calendar",
    RFM_LOGISTIC: "RFM logistic",
    RECENCY_RULE: "recency rule",
    INCUMBENT: "recipe of the champion so far",
}
_GRADES = {
    "A": "LightGBM beats the floor clearly and is calibrated within chance.",
    "B": "LightGBM beats the floor clearly; its calibration is off by more than chance, tolerably.",
    "C": "LightGBM beats the floor, but not by much, or is badly calibrated on some days.",
    "D": "The floor speaks: nothing beat it. Its calibration is tolerable.",
    "E": "The floor speaks, and its probabilities are off: use the order of customers, not the numbers.",
    "F": "Not judged: there is too little history for a test out of time. Use with care.",
}


def write_card(spec: ModelSpec, version: Version, verdict: Verdict, left_out: Sequence[str] = ()) -> str:
    """The card as Markdown: equal text for equal data. `left_out` says which features training did without, and why."""
    metrics = json.loads(version.metrics)
    parts = [
        f"# {spec.name} {version.model_version}: grade {version.grade}",
        f"{spec.question} {_GRADES[version.grade]}",
        _describe(spec, version, verdict) + _list_left_out(left_out),
        _backtest(metrics, verdict),
        _against_floor(metrics, verdict),
        _calibration(metrics, verdict),
        _when_not(spec, version, verdict),
    ]
    return "\n\n".join(parts) + "\n"


def _describe(spec: ModelSpec, version: Version, verdict: Verdict) -> str:
    parameters: Mapping[str, int] = json.loads(version.parameters)
    horizon, eligible, late = (parameters[name] for name in (spec.horizon, spec.eligibility, spec.lateness))
    last_label = version.last_training_date + timedelta(days=horizon)
    return f"""## What it is

- **Speaks:** {_NAMES[verdict.winner]} ({version.kind}), {len(version.feature_names)} features; champion from {version.promoted_as_of} on.
- **Label:** churned is a customer with an order in the {eligible} days before the day and no completed order in the
  {horizon} days from it on, as known {late} day(s) after that and not revised later.
- **Data:** {version.training_rows:,} rows of {version.training_days} days, {version.first_training_date} to
  {version.last_training_date}; the labels look at orders before {last_label}. {version.base_rate:.1%} churned (newer days weigh more).
- **Features:** definition {version.feature_set_hash}."""


def _list_left_out(left_out: Sequence[str]) -> str:
    return "".join(f"\n- **Trained without:** {reason}." for reason in left_out)


def _backtest(metrics: Mapping[str, Any], verdict: Verdict) -> str:
    if not verdict.backtest.days:
        return "## Back-test\n\nNone: no past day has both a known outcome and enough training days before it."
    names = list(verdict.recipes)
    head = "| test day | customers | churned | " + " | ".join(_NAMES[name] for name in names) + " |"
    lines = [head, "| --- " * (3 + len(names)) + "|"]
    for day in metrics["test_days"][names[0]]:
        row = [metrics["test_days"][name][day] for name in names]
        cells = [f"{one['auc']:.3f} / {one['log_loss']:.3f}" for one in row]
        lines.append(f"| {day} | {row[0]['customers']:,} | {row[0]['base_rate']:.1%} | " + " | ".join(cells) + " |")
    means = [metrics["means"][name] for name in names]
    lines.append("| mean | | | " + " | ".join(f"{one['auc']:.3f} / {one['log_loss']:.3f}" for one in means) + " |")
    return (
        "## Back-test\n\nEach day predicted from labels known by it; AUC / log-loss. Days on which a model lost are in here too.\n\n"
        + "\n".join(lines)
    )


def _against_floor(metrics: Mapping[str, Any], verdict: Verdict) -> str:
    if not verdict.is_judged:
        return "## Against the floor\n\nNot judged; the simplest model speaks."
    plain, season = metrics["lightgbm_minus_floor"], metrics["calendar_minus_plain"]
    winner = metrics["means"][verdict.winner]
    return f"""## Against the floor

Log-loss of LightGBM less that of the best floor ({_NAMES[verdict.floor]}), below zero is better: {_interval(plain)}.
Calendar features: {_interval(season)}; they are {"in" if verdict.winner == CALENDAR else "left out"}. Intervals of 95 % from resampled customers, paired.
In the riskiest tenth {winner["lift_10"]:.2f} times the base rate churned, {winner["lift_10_share_of_max"]:.0%} of what is possible;
PR-AUC {winner["pr_auc"]:.3f}, Brier {winner["brier"]:.3f}."""


def _calibration(metrics: Mapping[str, Any], verdict: Verdict) -> str:
    lines = [
        f"| {day} | {one['mean_risk']:.1%} | {one['base_rate']:.1%} | {one['ece']:.3f} | {one['ece_by_chance']:.3f} |"
        for day, one in metrics["test_days"][verdict.winner].items()
    ]
    table = ["| test day | mean risk | churned | ECE | by chance, at most |", "| --- | --- | --- | --- | --- |", *lines]
    return (
        "## Calibration\n\nTen bins of equal count; a perfect model stays below the last column on 19 of 20 days.\n\n"
        + "\n".join(table)
    )


def _when_not(spec: ModelSpec, version: Version, verdict: Verdict) -> str:
    history = (version.last_training_date - version.first_training_date).days + spec.training_days.min_history_days
    lines = [
        "- For customers without an order in the eligibility window: they have no score.",
        "- As the effect of an action: it says who leaves, not whom a letter would keep.",
        "- After a change of assortment, price or audience that the data window does not hold.",
    ]
    if history < spec.season_history_days:
        lines.append(
            f"- **Season is unlearned**: {history} days of history are fewer than {spec.season_history_days}. Before a high or low season the "
            "mean risk is off; the order of customers holds better."
        )
    if verdict.calibration_excess > 0:
        lines.append("- To count how many will leave: the calibration above was off by more than chance.")
    return "## When not to use it\n\n" + "\n".join(lines)


def _interval(values: Mapping[str, float]) -> str:
    return f"{values['mean']:+.4f} ({values['low']:+.4f} to {values['high']:+.4f})"
