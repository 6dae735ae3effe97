"""How the deployment stands, from files alone: it waits for no lock and opens no database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wellkept.deployment.clock import utc_now
from wellkept.deployment.paths import Home
from wellkept.editions.manifest import read_manifest
from wellkept.editions.shelf import list_editions, read_linked, read_pinned
from wellkept.runs.records import read_runs
from wellkept.warehouse.lock import read_holder

_RUN_FACTS = ("run_id", "as_of_date", "status", "started_at")


@dataclass(frozen=True)
class Status:
    """What `wellkept status` tells."""

    edition: dict[str, Any] | None
    is_link_missing: bool
    age_hours: float | None
    max_age_hours: float
    pinned_day: str | None
    last_run: dict[str, Any] | None
    failing_step: dict[str, Any] | None
    writing_now: str | None

    @property
    def is_healthy(self) -> bool:
        """There is an edition, and it is young enough."""
        return self.age_hours is not None and self.age_hours <= self.max_age_hours

    def as_dict(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        edition, run = self.edition or {}, self.last_run
        return {
            "is_healthy": self.is_healthy,
            "is_link_missing": self.is_link_missing,
            "as_of_date": edition.get("as_of_date"),
            "edition": edition.get("file"),
            "published_at": edition.get("published_at"),
            "age_hours": self.age_hours,
            "max_edition_age_hours": self.max_age_hours,
            "pinned_day": self.pinned_day,
            "model_name": edition.get("model_name"),
            "model_version": edition.get("model_version"),
            "model_grade": edition.get("model_grade"),
            "scores_missing_reason": edition.get("scores_missing_reason"),
            "rows_quarantined": edition.get("rows_quarantined"),
            "gate_warnings": edition.get("gate", {}).get("warnings"),
            "last_run": {name: run.get(name) for name in _RUN_FACTS} if run else None,
            "failing_step": self.failing_step,
            "writing_now": self.writing_now,
        }


def read_status(home: Home, max_age_hours: float) -> Status:
    """How the home stands now; the age counts from when the edition was published."""
    edition, pinned = read_manifest(home), read_pinned(home)
    runs, holder = read_runs(home, 1), read_holder(home)
    last_run = runs[0] if runs else None
    return Status(
        edition=edition,
        is_link_missing=read_linked(home) is None and bool(list_editions(home)),
        age_hours=_age_hours(edition) if edition else None,
        max_age_hours=max_age_hours,
        pinned_day=pinned.as_of_date.isoformat() if pinned else None,
        last_run=last_run,
        failing_step=_find_failing_step(last_run) if last_run else None,
        writing_now=str(holder) if holder else None,
    )


def _age_hours(edition: dict[str, Any]) -> float:
    age = utc_now() - datetime.fromisoformat(edition["published_at"])
    return round(age.total_seconds() / 3600, 2)


def _find_failing_step(record: dict[str, Any]) -> dict[str, Any] | None:
    """The last step that did not end well, of a run that did not either."""
    if record["status"] not in ("failed", "interrupted"):
        return None
    bad = [step for step in record["steps"] if step["status"] in ("failed", "interrupted")]
    if not bad:
        return None
    error = bad[-1].get("error") or {"type": "Interrupted", "message": "its process was killed"}
    return {"step": bad[-1]["step"], "error": error["type"], "message": error["message"]}
