"""Build, score, check and publish one day's edition.

Makes everything under `published/`, read by BI tools at any hour. Runs when `ingest_sources` has loaded a day, for that
day; asks `train_churn` for a model where one is due. If it fails, the last edition stays in place; the run record and
the alert say at which step and why. Clear the failed task to go on, or the whole run after a crash: every step replaces
what it wrote for the day.
"""

from typing import Any

from airflow.sdk import PartitionedAssetTimetable, chain, dag, task

from wellkept.airflow.orchestration import EDITION, RAW, TRAINING_DUE, dag_defaults, step
from wellkept.runs.run import Run


@task
@step
def build_marts(run: Run) -> dict[str, int]:
    from features.build import build_edition_tables

    return build_edition_tables(run)


@task
@step
def value_customers(run: Run) -> dict[str, int]:
    from ml.value.customer_value import value_all

    return value_all(run)


@task
@step
def score_models(run: Run) -> dict[str, Any]:
    from ml.scoring.score import score_all

    return score_all(run)


@task
@step
def monitor_models(run: Run) -> dict[str, Any]:
    from ml.monitoring.monitor import monitor_all

    return monitor_all(run)


@task
@step
def build_what_reads_scores(run: Run) -> None:
    from features.build import build_score_readers

    build_score_readers(run)


@task
@step
def check_published(run: Run) -> None:
    from expectations.gate import check_published

    check_published(run)


@task(outlets=[EDITION])
@step
def publish_edition(run: Run) -> str:
    from wellkept.editions import publish_and_prune

    return publish_and_prune(run)


@task(outlets=[TRAINING_DUE])
@step
def ask_for_training(run: Run) -> dict[str, str]:
    from ml.monitoring.retraining import ask_for_training

    return ask_for_training(run)


# Not paused: it only follows ingest_sources, and that is one switch for a person to turn, not two.
@dag(schedule=PartitionedAssetTimetable(assets=RAW), is_paused_upon_creation=False, doc_md=__doc__, **dag_defaults())
def build_edition() -> None:
    made = [build_marts(), value_customers(), score_models(), monitor_models(), build_what_reads_scores()]
    chain(*made, check_published(), publish_edition(), ask_for_training())


build_edition()
