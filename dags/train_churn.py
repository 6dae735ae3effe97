"""Train the churn models on all matured days up to the run's day, and promote one if it earns its place.

Makes a version in `model_versions` with its card, and the champion that `build_edition` scores with from this day on;
where a person is to approve (`WELLKEPT_APPROVE_PROMOTIONS`, or `{"approve": true}` in the conf) only after their yes.
Runs when `build_edition` asks for it, after the edition of that day: on Mondays, where no model may speak, and when a
champion failed two back-tests in a row. By hand with a partition key (the day, YYYY-MM-DD). With too little history or a
suspected leak it is skipped and says what is missing. If it fails, the present champion goes on scoring; nothing
published depends on it.
"""

from typing import Any

from airflow.sdk import PartitionedAssetTimetable, chain, dag, task

from wellkept.airflow.approval import AskForApproval
from wellkept.airflow.orchestration import CHAMPION, TRAINING_DUE, dag_defaults, step
from wellkept.runs.run import Run


@task(outlets=[CHAMPION])
@step
def train_and_promote(run: Run) -> dict[str, Any]:
    from ml.training.train import train

    return train(run)


@task(outlets=[CHAMPION])
@step
def promote_approved(run: Run) -> dict[str, Any]:
    from ml.promote import promote_waiting

    return promote_waiting(run)


@dag(schedule=PartitionedAssetTimetable(assets=TRAINING_DUE), doc_md=__doc__, **dag_defaults())
def train_churn() -> None:
    chain(train_and_promote(), AskForApproval(task_id="ask_for_approval"), promote_approved())


train_churn()
