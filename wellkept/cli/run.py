"""`wellkept run`, `backfill` and `train`: the DAGs of a day, in order, in this process."""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from wellkept.airflow.in_process import conf_of, log_file, log_to, run_dag
from wellkept.cli.progress import StepLines, notices_shown
from wellkept.cli.snapshot import Keep, Key, LeaveOut, Positive, Snapshot, Target, check_options, train_on_snapshot
from wellkept.cli.summary import print_summary, read_summary
from wellkept.demo.opening import CRM, SHOP, company_open
from wellkept.deployment.clock import parse_day
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.settings import read_settings
from wellkept.operations.home import open_home
from wellkept.operations.new_run import make_run
from wellkept.project.parameters import parse_overrides
from wellkept.runs.records import finish, read_run
from wellkept.runs.run import Run
from wellkept.warehouse.lock import hold_writer_lock

AsOf = Annotated[str, typer.Option("--as-of", help="The day, YYYY-MM-DD: what was known at 00:00 UTC of it.")]
Source = Annotated[
    Path | None, typer.Option("--source", help="A folder in the landing contract; without it, those of wellkept.toml.")
]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="A parameter for this run, as name=value.")]
ReExtract = Annotated[bool, typer.Option("--re-extract", help="Ask the sources again for a day already loaded.")]
HomeFolder = Annotated[Path | None, typer.Option("--home", help="Where all data lies; default: $WELLKEPT_HOME.")]
AsJson = Annotated[bool, typer.Option("--json", help="The result as one JSON object on standard output.")]


@dataclass(frozen=True)
class DayResult:
    """How a day went: whether a model was trained for it, and the steps that were skipped, with the reason."""

    run: Run
    is_trained: bool
    skipped: dict[str, str]


def run(
    *,
    as_of: AsOf,
    source: Source = None,
    set_: Overrides = None,
    re_extract: ReExtract = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Ingest, train where there is no model, build, check and publish one day."""
    made = _make_run(parse_day(as_of), source, set_, re_extract, home)
    run_day(made, source)
    summary = read_summary(made)
    if as_json:
        typer.echo(json.dumps(summary.as_json(), indent=2))
    else:
        print_summary(summary, Console())


def backfill(
    *,
    from_: Annotated[str, typer.Option("--from", help="The first day, YYYY-MM-DD.")],
    to: Annotated[str, typer.Option("--to", help="The last day, YYYY-MM-DD.")],
    every: Annotated[str, typer.Option("--every", help="The step between days: 1d, 7d, 2w.")] = "1d",
    source: Source = None,
    set_: Overrides = None,
    re_extract: ReExtract = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Run a range of days, oldest first; stops at the first that fails."""
    days = list_days(parse_day(from_), parse_day(to), every)
    summaries = []
    for at, day in enumerate(days, start=1):
        Console(stderr=True).print(f"[bold]{day}[/] ({at} of {len(days)})", highlight=False)
        made = _make_run(day, source, set_, re_extract, home)
        run_day(made, source)
        summaries.append(read_summary(made))
    if as_json:
        typer.echo(json.dumps([summary.as_json() for summary in summaries], indent=2))
    else:
        print_summary(summaries[-1], Console())


def train(
    as_of: Annotated[str | None, typer.Option("--as-of", help="The day, YYYY-MM-DD; not with --snapshot.")] = None,
    set_: Overrides = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
    approve: Annotated[bool, typer.Option("--approve", help="Ask before what was trained may speak.")] = False,
    snapshot: Snapshot = None,
    target: Target = None,
    positive: Positive = None,
    key: Key = None,
    leave_out: LeaveOut = None,
    keep: Keep = None,
) -> None:
    """Train on all days matured by then, judge, and promote or refuse; the day's data must be loaded.

    With --snapshot: train on a file of customers without dates, judged by cross-validation.
    """
    asked = {"--target": target, "--positive": positive, "--key": key, "--leave-out": leave_out, "--keep": keep}
    check_options(as_of, set_, snapshot, asked)
    if snapshot is not None:
        train_on_snapshot(
            read_settings(home),
            as_json,
            path=snapshot,
            target=target,
            positive=positive,
            key=key,
            leave_out=leave_out or [],
            keep=keep or [],
        )
        return
    assert as_of is not None  # noqa: S101  check_options wants a day where there is no snapshot
    made = _make_run(parse_day(as_of), None, set_, False, home)
    if approve:
        made = replace(made, needs_approval=True)
    with _recorded(made) as lines:
        skipped = run_dag(made, "train_churn", conf_of(made, None), lines)
    record = read_run(made.home, made.run_id) or {"steps": []}
    result = {name: value for step in record["steps"] for name, value in step.get("rows", {}).items()}
    if as_json:
        typer.echo(json.dumps({"as_of_date": as_of, "run_id": made.run_id, **result}, indent=2, default=str))
        return
    console = Console(highlight=False)
    for reason in skipped.values():
        console.print(f"No model was trained for {as_of}: {reason}", markup=False)
    for model in result.get("models", {}).values():
        for name, value in model.items():
            console.print(f"  {name:<24}{value}", markup=False)
    for name, reason in result.get("refused", {}).items():
        console.print(f"{name} was not trained: {reason}", markup=False)
    if sys.stdin.isatty():
        _ask(made, [model for model in result.get("models", {}).values() if not model["is_promoted"]], console)


def _ask(run: Run, waiting: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Whether each version that waits for approval may speak; a no leaves it waiting."""
    from ml.promote import promote_version

    for model in waiting:
        version = model["model_version"]
        console.print(f"Its card: {run.home.models / model['model_name'] / version / 'card.html'}", markup=False)
        if typer.confirm(f"May {version} speak from {run.as_of_date} on?"):
            promote_version(run, version)
            console.print(f"{version} speaks from {run.as_of_date} on.", markup=False)


def run_day(run: Run, source: Path | None = None) -> DayResult:
    """The DAGs of the day, in order, under one run id and one hold of the writer lock; progress goes to stderr.

    Trains first where no model was champion that day, or one that failed two back-tests in a row; too little data for
    that leaves an edition without scores. A failed step raises its own error, and readers keep the edition they had.
    """
    conf = conf_of(run, source)
    with _recorded(run) as lines:
        with company_open(run.home, run.as_of_date if {SHOP, CRM} & run.sources.keys() else None):
            skipped = run_dag(run, "ingest_sources", conf, lines)
        is_training = _needs_training(run)
        if is_training:
            skipped |= run_dag(run, "train_churn", conf, lines)
        skipped |= run_dag(run, "build_edition", conf, lines)
    return DayResult(run, is_training and "train_and_promote" not in skipped, skipped)


def list_days(first: date, last: date, every: str) -> Sequence[date]:
    """The days from first to last, so many days or weeks apart."""
    step = parse_step("--every", every)
    if last < first:
        raise BadInputError(f"--from {first} lies after --to {last}; give the earlier day first")
    return [first + step * number for number in range((last - first) // step + 1)]


def parse_step(option: str, text: str) -> timedelta:
    """`7d` or `2w` as a number of days; a BadInputError names the option."""
    found = re.fullmatch(r"([1-9]\d{0,3})([dw])", text)
    if not found:
        raise BadInputError(f"{option} {text!r}: write it as days or weeks, for example 1d, 7d or 2w")
    return timedelta(days=int(found[1]) * (7 if found[2] == "w" else 1))


@contextmanager
def _recorded(run: Run) -> Iterator[StepLines]:
    """The home is ours alone, the terminal shows steps and nothing else, and the run's record says how it ended."""
    open_home(run.home)
    with log_to(log_file(run)) as terminal:
        lines = StepLines(terminal)
        try:
            with (
                notices_shown(lines),
                hold_writer_lock(run.home, f"run {run.run_id} of {run.as_of_date}", run.settings.lock_timeout_seconds),
            ):
                try:
                    yield lines
                except BaseException:
                    finish(run, "failed")
                    raise
                finish(run, "succeeded")
        finally:
            lines.close()


def _make_run(
    as_of_date: date, source: Path | None, overrides: list[str] | None, is_re_extract: bool, home: Path | None
) -> Run:
    if source and not source.expanduser().exists():
        raise BadInputError(f"--source {source}: there is no such folder")
    if source and not source.expanduser().is_dir():
        raise BadInputError(f"--source {source} is a file; give the folder that holds it")
    return make_run(
        as_of_date,
        overrides=parse_overrides(overrides or []),
        source=source.expanduser().resolve() if source else None,
        is_re_extract=is_re_extract,
        settings=read_settings(home),
    )


def _needs_training(run: Run) -> bool:
    from ml.monitoring.retraining import needs_training

    return bool(needs_training(run))
