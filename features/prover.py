"""The leak prover: build past days again without their future, on both clocks, and name what moved.

A past day's features must be the same (1) when everything that happened on or after the day is taken away, and (2) when
everything that became known after it is; its lifecycle states likewise. A label must be the same without what happened
once its outcome was decided, and without what became known after it matured, before which it is NULL. What moves has
seen the future. What moves when lateness is taken away is no leak, but what a store with one clock would have got wrong.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from features import comparison
from features.audit import ColumnAudit, Finding, judge_columns, write_audit
from features.comparison import Moved
from features.hindsight import Removed
from features.left_behind import remove_left_behind
from features.scratch_builds import Build, LabelDays, OnBuild, label_days, make_builds, plan_builds
from features.snapshots import weekly_days
from wellkept.deployment.errors import BadInputError, GateError
from wellkept.deployment.log import get_logger
from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.definitions import group_names, label_names, table_hash
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

log = get_logger(__name__)


@dataclass(frozen=True)
class Proof:
    """Every comparison that was made, and the verdict on each column."""

    findings: list[Finding]
    columns: list[ColumnAudit]

    @property
    def leaks(self) -> list[str]:
        return [f"{column.table_name}.{column.column_name}" for column in self.columns if column.verdict == "leak"]


def choose_days(as_of_date: date) -> list[date]:
    """Two days of the weekly grid: one whose future is all known by now, and one whose future has only begun."""
    return [weekly_days(as_of_date - timedelta(days=back + 6), as_of_date)[0] for back in (270, 35)]


def prove(run: Run, days: Sequence[date] = (), project: Path = DBT_PROJECT, on_build: OnBuild | None = None) -> Proof:
    """What moved, in scratch files; nothing is written to the warehouse."""
    days = sorted(set(days) or choose_days(run.as_of_date))
    if days[-1] >= run.as_of_date:
        raise BadInputError(f"{days[-1]} has no future to take away: it must lie before {run.as_of_date}")
    remove_left_behind(run.home.scratch, "prove-*")
    folder = run.home.scratch / f"prove-{run.run_id}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        builds = plan_builds(run, folder, days, project)
        make_builds(run, builds, project, on_build)
        findings = [finding for day in days for finding in _prove_day(run, builds, day, project)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tables = [*group_names(project), *label_names(project)]
    return Proof(
        findings, judge_columns(findings, {table: table_hash(table, run.parameters, project) for table in tables})
    )


def prove_and_record(run: Run, days: Sequence[date] = (), on_build: OnBuild | None = None) -> Proof:
    """The proof of days, two by default; its verdicts are in quality.leak_audit, in the place of what the day had."""
    proof = prove(run, days, on_build=on_build)
    with connect(run, f"writing the leak audit of {run.as_of_date}") as connection:
        write_audit(connection, run, proof.columns)
    return proof


def prove_sample(run: Run) -> dict[str, int]:
    """Prove two past days, where raw reaches back so far, and record it; a leak is a GateError that names the columns."""
    with connect(run, "looking how far back raw reaches") as connection:
        [(first,)] = connection.execute("select min(known_on) from raw.orders").fetchall()
    days = [day for day in choose_days(run.as_of_date) if first and first <= day]
    if not days:
        log.info("nothing was known five weeks before %s yet: there is no past to prove", run.as_of_date)
        return {"columns_proved": 0}
    proof = prove_and_record(run, days)
    if proof.leaks:
        raise GateError(
            f"leak: {', '.join(proof.leaks)} see the future as of {run.as_of_date}; table quality.leak_audit says how"
        )
    return {"columns_proved": len(proof.columns)}


def _prove_day(run: Run, builds: Mapping[str, Build], day: date, project: Path) -> list[Finding]:
    findings = [*_compare_day(builds, day)]
    for table, of in label_days(run, day, project).items():
        findings += _compare_labels(builds, day, table, of)
    proved = [finding for finding in findings if finding.rows_compared]
    empty = sorted({finding.table for finding in findings} - {finding.table for finding in proved})
    if any(not table.startswith("label_") for table in empty):
        raise BadInputError(f"{', '.join(empty)} hold no customer on {day}: nothing to prove; choose a later day")
    if empty:
        log.info("%s: nobody had a label that matured by %s, so it is not proved there", ", ".join(empty), day)
    return proved


def _compare_day(builds: Mapping[str, Build], day: date) -> list[Finding]:
    now, edition, at_once = (builds[name].file for name in ("now", f"{day} edition", "at once"))
    events, knowledge = (builds[f"{day} {removed}"].file for removed in ("later events", "later knowledge"))
    # The edition of `now` tells the past by what is known now, so it is compared without later events only; what was
    # known on the day is compared with the edition of the day, and its difference to `now` is what was reported late.
    return [
        *_found(day, "later events", comparison.features(now, events, day)),
        *_found(day, "later events", comparison.lifecycle(now, events, day)),
        *_found(day, "later knowledge", comparison.features(now, knowledge, day)),
        *_found(day, "later knowledge", comparison.lifecycle(edition, knowledge, day)),
        *_found(day, "lateness", comparison.features(now, at_once, day)),
        *_found(day, "lateness", comparison.lifecycle(now, edition, day)),
    ]


def _compare_labels(builds: Mapping[str, Build], day: date, table: str, of: LabelDays) -> list[Finding]:
    now, edition, at_once = (builds[name].file for name in ("now", f"{day} edition", "at once"))
    events, knowledge = (builds[f"{day} {removed}"].file for removed in ("later events", "later knowledge"))
    findings = [
        *_found(of.matured, "later knowledge", comparison.label(table, now, knowledge, of.matured)),
        *_found(of.too_early, "later knowledge", comparison.label_known_early(table, edition, of.too_early)),
        *_found(of.matured, "lateness", comparison.label(table, now, at_once, of.matured)),
    ]
    if of.is_ended_known:
        findings += _found(of.ended, "later events", comparison.label(table, now, events, of.ended))
    return findings


def _found(day: date, removed: Removed, moved: Sequence[Moved]) -> list[Finding]:
    return [
        Finding(one.table, one.column, day, removed, one.rows_compared, one.rows_moved, one.example) for one in moved
    ]
