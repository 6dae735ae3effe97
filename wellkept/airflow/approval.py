"""Where a person says on Airflow's pages whether a trained model may speak."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import AirflowSkipException

from wellkept.airflow.orchestration import run_of
from wellkept.runs.records import finish, record_step

_PATIENCE = timedelta(days=6)
"""Shorter than the week between trainings, so that none waits behind another."""


class AskForApproval(ApprovalOperator):  # type: ignore[misc]
    """Waits until a person approves the versions that the task before it trained; skipped where none waits.

    Six days of silence are a no. What follows runs only after a yes; the champion so far speaks until then and after a no.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(
            subject="May the newly trained models speak?",
            defaults=self.REJECT,
            response_timeout=_PATIENCE,
            **given,
        )

    def execute(self, context: Mapping[str, Any]) -> Any:
        (before,) = self.upstream_task_ids
        trained = context["ti"].xcom_pull(task_ids=before) or {}
        waiting = [model for model in trained.get("models", {}).values() if not model["is_promoted"]]
        if not waiting:
            run = run_of(context)
            with record_step(run, self.task_id) as counts:
                counts["skipped"] = "nothing waits for approval"
            finish(run, "succeeded")
            raise AirflowSkipException("nothing waits for approval")
        self.body = "\n\n".join(map(_describe, waiting))
        return super().execute(context)

    def execute_complete(self, context: Mapping[str, Any], event: dict[str, Any]) -> Any:
        is_approved = self.APPROVE in event.get("chosen_options", [])
        run = run_of(context)
        with record_step(run, self.task_id) as counts:
            counts["approved"] = is_approved
        if not is_approved:  # before Airflow skips what follows, by an exception
            finish(run, "succeeded")
        return super().execute_complete(context, event)


def _describe(model: Mapping[str, Any]) -> str:
    """What a person should know before saying yes, as Markdown."""
    return (
        f"**{model['model_name']} {model['model_version']}**: {model['kind']}, grade {model['grade']}, trained on "
        f"{model['training_rows']:,} rows of {model['training_days']} days. {model['lead']}\n\n"
        f"Its card: `models/{model['model_name']}/{model['model_version']}/card.html` in the home."
    )
