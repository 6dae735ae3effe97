"""What stands between data and a new model: each gate raises an error that says what is missing and what to do."""

from datetime import date

import numpy as np

from ml.dataset import Dataset
from ml.evaluate import Metrics
from ml.recipe import LIGHTGBM, RECENCY_RULE
from ml.spec import ModelSpec
from ml.verdict import Verdict
from wellkept.errors import BadInputError, LeakSuspectedError, NotEnoughDataError
from wellkept.landing.loads import last_loaded_day
from wellkept.run import Run


def check_loaded(run: Run) -> None:
    """The run's day is loaded; else a BadInputError, and nothing has been written."""
    last = last_loaded_day(run)
    if last is None or last < run.as_of_date:
        held = f"the last loaded day is {last}" if last else "nothing is"
        raise BadInputError(
            f"training as of {run.as_of_date}: that day is not loaded ({held}); load it first: "
            f"wellkept run --as-of {run.as_of_date}"
        )


def check_gates(spec: ModelSpec, dataset: Dataset, as_of_date: date) -> None:
    """Enough rows, of both classes, on enough days; else a NotEnoughDataError that says what is missing."""
    gates, rows, churned = spec.gates, dataset.rows.num_rows, int(dataset.churned.sum())
    said = f"{spec.name} on {as_of_date}: "
    if len(dataset.days) < gates.min_training_days:
        raise NotEnoughDataError(
            f"{said}{len(dataset.days)} training days have labels, {gates.min_training_days} are needed"
        )
    if rows < gates.min_rows:
        raise NotEnoughDataError(
            f"{said}{rows} labelled rows, {gates.min_rows} are needed; train later, or load more history"
        )
    if churned in (0, rows):
        only = "churned" if churned else "stayed"
        raise NotEnoughDataError(
            f"{said}all {rows} labelled rows {only}; a model needs both classes: check horizon and data"
        )
    if min(churned, rows - churned) < gates.min_positives:
        raise NotEnoughDataError(
            f"{said}{churned} rows churned and {rows - churned} stayed; {gates.min_positives} of each are needed"
        )


def check_leak(verdict: Verdict, as_of_date: date) -> None:
    """A LightGBM too good to be true is a LeakSuspectedError: nothing is promoted.

    Where the recency rule is nearly as good the shop is easy to foretell: one honest feature cannot leak.
    """
    gates, metrics = verdict.spec.gates, verdict.backtest.metrics
    days = [day for day, one in metrics[RECENCY_RULE].items() if _smaller_class(one) >= gates.min_leak_positives]
    if not days:
        return
    means = {name: float(np.mean([by_day[day].auc for day in days])) for name, by_day in metrics.items()}
    for name, mean in means.items():
        gain = mean - means[RECENCY_RULE]
        is_lightgbm = verdict.recipes[name].kind == LIGHTGBM
        if is_lightgbm and mean > gates.max_plausible_auc and gain >= gates.min_leak_auc_gain:
            raise LeakSuspectedError(
                f"{verdict.spec.name} on {as_of_date}: {name} has a mean AUC of {mean:.3f} over {len(days)} test days, "
                f"above the plausible {gates.max_plausible_auc} and {gain:+.3f} above the recency rule; a feature may "
                f"see the future: run `wellkept features prove --as-of {as_of_date}`. Nothing was promoted"
            )


def _smaller_class(metrics: Metrics) -> int:
    churned = round(metrics.customers * metrics.base_rate)
    return min(churned, metrics.customers - churned)
