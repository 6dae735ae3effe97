"""The task that waits for a person: skipped where nothing waits, and in the run's record whatever they say."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wellkept.deployment.settings import Settings
from wellkept.runs.records import read_run

DAY, RUN_ID = "2011-09-10", "asked"
TRAINED = {
    "model_name": "churn_risk",
    "model_version": "2011-09-10-abc",
    "kind": "lightgbm",
    "grade": "A",
    "training_rows": 12_345,
    "training_days": 40,
    "lead": "It did well.",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("WELLKEPT_HOME", str(tmp_path))
    return Settings(home=tmp_path)


@pytest.fixture
def operator() -> Any:
    from wellkept.airflow.approval import AskForApproval

    operator = AskForApproval(task_id="ask_for_approval")
    operator.upstream_task_ids = {"train_and_promote"}
    return operator


def context_of(**model: Any) -> dict[str, Any]:
    models = {"churn_risk": {**TRAINED, **model}} if model else {}
    return {
        "dag_run": SimpleNamespace(conf={"as_of_date": DAY, "run_id": RUN_ID}, partition_key=None, run_id=RUN_ID),
        "ti": SimpleNamespace(xcom_pull=lambda task_ids: {"models": models}),
    }


@pytest.mark.parametrize("model", [{}, {"is_promoted": True}])
def test_where_nothing_waits_nobody_is_asked(home: Settings, operator: Any, model: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    with pytest.raises(AirflowSkipException, match="nothing waits for approval"):
        operator.execute(context_of(**model))
    record = read_run(home.home_paths, RUN_ID)
    assert record is not None
    assert record["status"] == "succeeded"


def test_a_person_reads_what_is_to_speak(home: Settings, operator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.providers.standard.operators.hitl import ApprovalOperator

    monkeypatch.setattr(ApprovalOperator, "execute", lambda self, context: self.body)
    asked = operator.execute(context_of(is_promoted=False))
    for told in ("churn_risk 2011-09-10-abc", "grade A", "12,345 rows", "It did well.", "card.html"):
        assert told in asked


@pytest.mark.parametrize(("answer", "status"), [("Approve", "running"), ("Reject", "succeeded")])
def test_a_no_ends_the_run_and_a_yes_leaves_it_to_the_promotion(
    home: Settings, operator: Any, monkeypatch: pytest.MonkeyPatch, answer: str, status: str
) -> None:
    from airflow.providers.standard.operators.hitl import ApprovalOperator

    def skip(*_: Any) -> None:
        raise InterruptedError  # as Airflow's own exception ends the task where what follows is skipped

    monkeypatch.setattr(ApprovalOperator, "execute_complete", skip)
    with pytest.raises(InterruptedError):
        operator.execute_complete(context_of(is_promoted=False), {"chosen_options": [answer]})
    record = read_run(home.home_paths, RUN_ID)
    assert record is not None
    assert (record["status"], record["steps"][-1]["rows"]) == (status, {"approved": answer == "Approve"})
