"""The builds a proof needs: past days in scratch files, with and without their future; never in the warehouse."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from features.hindsight import Hindsight, copy_raw
from wellkept.deployment.log import get_logger
from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.labels import days_to_outcome
from wellkept.runs.run import Run
from wellkept.warehouse.dbt import dbt
from wellkept.warehouse.lock import hold_writer_lock

log = get_logger(__name__)

SAMPLED_CUSTOMERS = 200_000
"""Past this many customers a sample is proved; the same one with and without the future."""
_BUILDS_AT_ONCE = 2

OnBuild = Callable[[str, int, int], None]
"""Told of each build that is done: its name, how many are, and of how many."""

_FEATURES = ("+path:models/features",)
_LABELS = ("+path:models/labels",)
_LIFECYCLE = ("+lifecycle_states",)


@dataclass(frozen=True)
class LabelDays:
    """The days whose labels a proved day's builds can prove: each build cuts on the proved day only."""

    matured: date
    """Its label is known on the proved day, so nothing that became known later may move it."""
    too_early: date
    """The day after: its label is not known on the proved day yet, and must not be there."""
    ended: date
    """Its outcome is decided by the proved day, so nothing that happened on or after it may move it."""
    is_ended_known: bool
    """Whether the outcome of `ended` is known on the run's day."""


def label_days(run: Run, day: date, project: Path = DBT_PROJECT) -> dict[str, LabelDays]:
    """By label table, the days that go with a proved day."""
    late = timedelta(days=run.parameters.integer("late_days"))
    ended = {table: day - timedelta(days=days) for table, days in days_to_outcome(run.parameters, project).items()}
    return {
        table: LabelDays(end - late, end - late + timedelta(days=1), end, day + late <= run.as_of_date)
        for table, end in ended.items()
    }


@dataclass(frozen=True)
class Build:
    """One scratch warehouse: whose raw it holds, and what is built in it, for which days."""

    file: Path
    hindsight: Hindsight
    as_of_date: date
    days: tuple[date, ...]
    models: tuple[str, ...]


def plan_builds(run: Run, folder: Path, days: Sequence[date], project: Path = DBT_PROJECT) -> dict[str, Build]:
    """By name. Two for all days at once: `now`, with the future, and `at once`, without lateness; and three for each day.

    Those are the day's own `edition`, and the day without `later events` and without `later knowledge`.
    """
    now, everything = run.as_of_date, (*_FEATURES, *_LABELS, *_LIFECYCLE)
    outcomes = {day: label_days(run, day, project).values() for day in days}
    all_days = sorted({*days, *(each for of in outcomes.values() for one in of for each in (one.matured, one.ended))})
    planned: list[tuple[str, Hindsight, date, Iterable[date], tuple[str, ...]]] = [
        ("now", Hindsight("nothing removed"), now, all_days, everything),
        ("at once", Hindsight("lateness", now), now, all_days, (*_FEATURES, *_LABELS)),
    ]
    late_days = run.parameters.integer("late_days")
    for day, of_day in outcomes.items():
        known = Hindsight("later knowledge", day)
        happened = Hindsight("later events", day, late_days)
        matured, too_early, ended = (
            {getattr(one, name) for one in of_day} for name in ("matured", "too_early", "ended")
        )
        planned += [
            (f"{day} later knowledge", known, day, {day, *matured}, everything),
            (f"{day} later events", happened, now, {day, *ended}, everything),
            (f"{day} edition", Hindsight("nothing removed"), day, too_early, (*_LABELS, *_LIFECYCLE)),
        ]
    return {
        name: Build(
            folder / name.replace(" ", "-") / "warehouse.duckdb", hindsight, as_of, tuple(sorted(built)), models
        )
        for name, hindsight, as_of, built, models in planned
    }


def make_builds(run: Run, builds: Mapping[str, Build], project: Path, on_build: OnBuild | None) -> None:
    """Copy raw for every build, all of one moment, and run dbt in each, two at a time."""
    with hold_writer_lock(run.home, f"proving (run {run.run_id})", run.settings.lock_timeout_seconds):
        for build in builds.values():
            build.file.parent.mkdir(parents=True, exist_ok=True)
            copy_raw(run, build.file, build.hindsight, SAMPLED_CUSTOMERS)
    done: list[str] = []

    def make_one(name: str) -> None:
        log.info("building %s", name)
        _build(run, builds[name], project)
        done.append(name)
        if on_build:
            on_build(name, len(done), len(builds))

    with ThreadPoolExecutor(_BUILDS_AT_ONCE) as pool:
        try:
            list(pool.map(make_one, builds))
        except BaseException:
            pool.shutdown(cancel_futures=True)  # one has failed: the others are of no use
            raise


def _build(run: Run, build: Build, project: Path) -> None:
    dbt(
        run,
        *("build", "--select", *build.models, "--resource-type", "model", "--resource-type", "seed"),
        as_of_date=build.as_of_date,
        as_of_dates=[*build.days, build.as_of_date],  # the lifecycle is worked out from the build's own day
        warehouse=build.file,
        project=project,
    )
