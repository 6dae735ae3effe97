"""The leak prover: build past days again without their future, on both clocks, and name what moved.

A past day's features must be the same (1) when everything that happened on or after the day is taken away, and (2) when
everything that became known after it is; its lifecycle states likewise. What moves has seen the future.
"""

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from features import comparison
from features.hindsight import Hindsight, Removed, copy_raw
from features.snapshots import weekly_days
from wellkept.errors import BadInputError, GateError
from wellkept.lock import hold_writer_lock
from wellkept.log import get_logger
from wellkept.paths import DBT_PROJECT
from wellkept.run import Run
from wellkept.warehouse import dbt

log = get_logger(__name__)

SAMPLED_CUSTOMERS = 200_000
"""Past this many customers a sample is proved; the same one with and without the future."""
_BUILDS_AT_ONCE = 2


@dataclass(frozen=True)
class Finding:
    """How one column of a past day fared when part of its future was taken away."""

    table: str
    column: str
    as_of_date: date
    removed: Removed
    rows_compared: int
    rows_moved: int
    example_customer_id: str | None

    @property
    def is_leak(self) -> bool:
        return self.rows_moved > 0


def choose_days(as_of_date: date) -> list[date]:
    """Two days of the weekly grid: one whose future is all known by now, and one whose future has only begun."""
    return [weekly_days(as_of_date - timedelta(days=back + 6), as_of_date)[0] for back in (270, 35)]


def prove(run: Run, days: Sequence[date] = (), project: Path = DBT_PROJECT) -> list[Finding]:
    """One finding per feature or lifecycle column, day and removed future; builds in scratch files, never in the warehouse."""
    days = sorted(set(days) or choose_days(run.as_of_date))
    if days[-1] >= run.as_of_date:
        raise BadInputError(f"{days[-1]} has no future to take away: it must lie before {run.as_of_date}")
    folder = run.home.scratch / f"prove-{run.run_id}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with hold_writer_lock(run.home, f"proving (run {run.run_id})", run.settings.lock_timeout_seconds):
            builds = _plan(folder, run.as_of_date, days)
            _copy_all(run, builds)
        _build_all(run, builds, project)
        return [finding for day in days for finding in _compare_day(builds, day)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prove_sample(run: Run) -> dict[str, int]:
    """Prove two past days; a leak is a GateError that names the columns."""
    findings = prove(run)
    leaks = sorted({f"{finding.table}.{finding.column}" for finding in findings if finding.is_leak})
    if leaks:
        raise GateError(
            f"leak: {', '.join(leaks)} see the future as of {run.as_of_date}; `wellkept features prove` says how"
        )
    return {"columns_proved": len({(finding.table, finding.column) for finding in findings})}


@dataclass(frozen=True)
class _Build:
    """One scratch warehouse: whose raw it holds, and what is built in it."""

    file: Path
    hindsight: Hindsight
    as_of_date: date
    days: tuple[date, ...]
    models: tuple[str, ...]


_FEATURES = ("+path:models/features",)
_LIFECYCLE = ("+lifecycle_states",)


def _plan(folder: Path, as_of_date: date, days: Sequence[date]) -> dict[str, _Build]:
    """With the future: all days at once, and each day's own edition. Without it: each day twice."""
    everything = (*_FEATURES, *_LIFECYCLE)
    builds = {
        "now": _Build(
            folder / "now" / "warehouse.duckdb", Hindsight("nothing removed"), as_of_date, tuple(days), everything
        )
    }
    for day in days:
        variants: list[tuple[str, Removed, date, tuple[str, ...]]] = [
            ("edition", "nothing removed", day, _LIFECYCLE),
            ("later events", "later events", as_of_date, everything),
            ("later knowledge", "later knowledge", day, everything),
        ]
        for name, removed, as_of, models in variants:
            file = folder / f"{day}-{name.replace(' ', '-')}" / "warehouse.duckdb"
            builds[f"{day} {name}"] = _Build(file, Hindsight(removed, day), as_of, (day,), models)
    return builds


def _copy_all(run: Run, builds: dict[str, _Build]) -> None:
    for build in builds.values():
        build.file.parent.mkdir(parents=True, exist_ok=True)
        copy_raw(run, build.file, build.hindsight, SAMPLED_CUSTOMERS)


def _build_all(run: Run, builds: dict[str, _Build], project: Path) -> None:
    def build_one(build: _Build) -> None:
        log.info("building %s", build.file.parent.name)
        dbt(
            run,
            *("build", "--select", *build.models, "--resource-type", "model", "--resource-type", "seed"),
            as_of_date=build.as_of_date,
            as_of_dates=[*build.days, build.as_of_date],  # the lifecycle is told from the build's own day
            warehouse=build.file,
            project=project,
        )

    with ThreadPoolExecutor(_BUILDS_AT_ONCE) as pool:
        list(pool.map(build_one, builds.values()))


def _compare_day(builds: dict[str, _Build], day: date) -> list[Finding]:
    now, edition = builds["now"].file, builds[f"{day} edition"].file
    events, knowledge = builds[f"{day} later events"].file, builds[f"{day} later knowledge"].file
    # The edition of `now` tells the past by what is known now, so it is compared without later events only; what was
    # known on the day is compared with the edition of the day.
    pairs: list[tuple[Removed, Path, Callable[[Path, Path, date], list[comparison.Moved]], Path]] = [
        ("later events", events, comparison.features, now),
        ("later events", events, comparison.lifecycle, now),
        ("later knowledge", knowledge, comparison.features, now),
        ("later knowledge", knowledge, comparison.lifecycle, edition),
    ]
    findings = [
        Finding(moved.table, moved.column, day, removed, moved.rows_compared, moved.rows_moved, moved.example)
        for removed, without, compare, with_future in pairs
        for moved in compare(with_future, without, day)
    ]
    empty = sorted({finding.table for finding in findings if not finding.rows_compared})
    if empty:
        raise BadInputError(f"{', '.join(empty)} hold no customer on {day}: nothing to prove; choose a later day")
    return findings
