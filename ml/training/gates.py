"""What stands between data and training: each gate raises an error that says what is missing and what to do."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from features.registry import Feature
from ml.dataset import Dataset
from ml.spec import ModelSpec
from wellkept.deployment.errors import BadInputError, LeakSuspectedError, NotEnoughDataError, ShiftedDataError
from wellkept.landing.loads import last_loaded_day, read_missing
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

_NAMED = 4


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


def check_sources(run: Run, spec: ModelSpec, features: Sequence[Feature]) -> None:
    """A source that has stopped to bring what features are made of is a ShiftedDataError that names it.

    Its features fade away day by day, and a model that was trained meanwhile would learn to do without them.
    """
    with connect(run, f"looking whether the sources of {spec.name} still deliver") as connection:
        missing = {one.entity: one for one in read_missing(connection, run)}
    for entity, one in missing.items():
        made_of_it = sorted(feature.name for feature in features if entity in feature.entities)
        if made_of_it:
            raise ShiftedDataError(
                f"{spec.name} on {run.as_of_date}: source {one.source} has not brought {entity} since {one.last_day}, and "
                f"{len(made_of_it)} features are made of it (such as {', '.join(made_of_it[:_NAMED])}). Deliver it again, as a "
                "file with nothing but its header where there is nothing to tell, or go on without it with "
                f"--set accept_missing_columns={entity}.*. Nothing was promoted"
            )


def check_proof(spec: ModelSpec, manifest: Path, as_of_date: date) -> None:
    """A training set of features or labels that the leak prover found to leak is a LeakSuspectedError."""
    proof = json.loads(manifest.read_text(encoding="utf-8"))["leak_verdict"]
    if proof["verdict"] == "leak":
        raise LeakSuspectedError(
            f"{spec.name} on {as_of_date}: the leak prover found on {proof['as_of_date']} that what it reads sees the "
            f"future; `wellkept features prove --as-of {as_of_date}` names the columns. Mend them; nothing was promoted"
        )
