"""What the laboratory found, in words and in a table for people."""

from ml.lab.definitions import FOLLOW_DAYS, Definition
from ml.lab.study import Study, Trial

COLUMNS = (
    "N",
    "H",
    "reached",
    "of all",
    "revenue",
    "churn",
    "spread",
    "false",
    "AUC",
    "lift",
    "days",
    "",
)
IN_A_TERMINAL = tuple(name for name in COLUMNS if name != "of all")
"""Eighty characters hold no more."""
WHAT_THEY_ARE = (
    "N: eligible_days. H: horizon_days. Eligible on a day: a completed order in the N days before it. Churned: none in the "
    "H days from it on, as known when they are over.",
    "reached: who would get a score now. of all: their share of all customers who ever ordered. revenue: their share of what was "
    "spent in the last year.",
    "churn: the churn rate, mean over past days. spread: its standard deviation over those days; marked * the season is taken out, "
    "as each day is compared with the one 52 weeks before.",
    f"false: false churn, of those called churned, the share that ordered again within {FOLLOW_DAYS} days after the horizon. Days on "
    "which that time is not over are left out, and who comes back later still is not counted.",
    "AUC and lift (at 10%): of a logistic regression on silence, order days, tenure and silence in own gaps, fitted on earlier "
    "days and judged on later ones, with no label of the first reaching into the second. It compares definitions; a trained "
    "model does better.",
    "days: past days tried, in brackets those of the false churn. All of a definition's N days before and H days after must "
    "lie in the history, so longer ones have fewer and other days. Last, which definition is recommended and which in force.",
)


def summarise(study: Study) -> str:
    """The recommendation in a sentence."""
    advised, in_force = study.advice.definition, study.in_force
    if advised == in_force:
        return f"The definition in force is the recommended one: {_in_full(advised)}."
    return f"Recommended: {_in_full(advised)}. In force: {_in_full(in_force)}."


def compare(study: Study) -> list[str]:
    """What the recommended definition and the one in force would have meant, a sentence each."""
    named = {"Recommended": study.advice.definition, "In force": study.in_force}
    if study.in_force == study.advice.definition:
        named = {"Recommended and in force": study.in_force}
    return [f"{name} ({definition}): {_describe(study.trial(definition))}" for name, definition in named.items()]


def warn(study: Study) -> list[str]:
    """What the recommendation costs, and what could not be tried."""
    sentences = []
    later = study.advice.definition.horizon_days - study.in_force.horizon_days
    if later > 0:
        sentences.append(
            f"A longer horizon has its price: an outcome is known {later} days later, so models learn from older days."
        )
    if later < 0:
        sentences.append("A shorter horizon has its price: more of the customers it calls churned come back.")
    untried = [trial.definition for trial in study.trials if not trial.days_tried]
    if untried:
        first = min(untried, key=lambda definition: (study.grid.first_possible_as_of(definition), definition))
        sentences.append(
            f"{len(untried)} of the definitions are too long for the history; the first of them, {first}, can be tried from "
            f"{study.grid.first_possible_as_of(first)} on."
        )
    return sentences


def say(study: Study) -> list[str]:
    """All there is to say about the recommendation, sentence by sentence."""
    return [*study.advice.sentences, *compare(study), *warn(study), how_to_try(study)]


def how_to_try(study: Study) -> str:
    """The command that tries the recommendation, and where to keep it."""
    advised = study.advice.definition
    if advised == study.in_force:
        return "There is nothing to change, and the laboratory changes nothing."
    return (
        f"To try it: wellkept run --as-of {study.as_of_date} --set horizon_days={advised.horizon_days} "
        f"--set eligible_days={advised.eligible_days} (it trains a model of its own). To keep it: both under [parameters] in "
        "wellkept.toml. The laboratory changes nothing."
    )


def rows(study: Study) -> list[list[str]]:
    """A row for each definition, as COLUMNS say."""
    return [_row(study, trial) for trial in study.trials]


def _row(study: Study, trial: Trial) -> list[str]:
    is_seasonless = trial.spread_without_season is not None
    spread = trial.spread_without_season if is_seasonless else trial.spread
    foresight = trial.foresight
    return [
        str(trial.definition.eligible_days),
        str(trial.definition.horizon_days),
        f"{trial.reach.customers:,}",
        _percent(trial.reach.customers_share),
        _percent(trial.reach.revenue_share),
        _percent(trial.churn_rate),
        _percent(spread) + ("*" if is_seasonless else ""),
        _percent(trial.false_churn),
        f"{foresight.auc:.3f}" if foresight else "-",
        f"{foresight.lift_10:.2f}" if foresight else "-",
        f"{trial.days_tried}\N{NO-BREAK SPACE}({trial.days_followed})",
        _mark(study, trial.definition),
    ]


def _mark(study: Study, definition: Definition) -> str:
    if definition == study.in_force == study.advice.definition:
        return "both"
    return {study.in_force: "in force", study.advice.definition: "recommended"}.get(definition, "")


def _describe(trial: Trial) -> str:
    if trial.churn_rate is None:
        return "no past day can be tried yet."
    sentences = [
        f"churn rate {trial.churn_rate:.1%} over {_days(trial.days_tried)} ({trial.first_day} to {trial.last_day})"
    ]
    if trial.false_churn is not None:
        sentences.append(
            f"of the churned {trial.false_churn:.1%} came back within {FOLLOW_DAYS} days after the horizon ({_days(trial.days_followed)} tell)"
        )
    else:
        sentences.append("not known yet how many of the churned come back")
    sentences.append(f"{trial.reach.customers:,} customers reached, {trial.reach.customers_share:.0%} of all")
    if trial.foresight:
        sentences.append(f"AUC of a quick model {trial.foresight.auc:.3f}")
    return "; ".join(sentences) + "."


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


def _in_full(definition: Definition) -> str:
    return f"horizon_days {definition.horizon_days}, eligible_days {definition.eligible_days}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
