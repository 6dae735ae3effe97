"""`wellkept features`: what features there are, training sets, and the leak prover."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from wellkept.cli.feature_list import describe, list_features
from wellkept.cli.progress import bar_shown
from wellkept.cli.run import AsJson, AsOf, HomeFolder, Overrides, list_days
from wellkept.deployment.clock import parse_day
from wellkept.deployment.errors import BadInputError, GateError, WellkeptError
from wellkept.deployment.settings import read_settings
from wellkept.landing.loads import last_loaded_day
from wellkept.operations.home import open_home
from wellkept.operations.new_run import make_run
from wellkept.project.parameters import parse_overrides
from wellkept.runs.run import Run

app = typer.Typer(help="Features: list them, read training sets, prove that they do not leak.", no_args_is_help=True)

Days = Annotated[
    list[str] | None, typer.Option("--days", help="A day, YYYY-MM-DD, or several with commas; repeatable.")
]


app.command(name="list")(list_features)
app.command()(describe)


@app.command(name="training-set")
def training_set(
    out: Annotated[Path, typer.Option("--out", help="The Parquet file to write.")],
    days: Days = None,
    set_: Overrides = None,
    home: HomeFolder = None,
) -> None:
    """Write every customer of the days with every feature and the label, as known by the last loaded day."""
    from features.training_set import write_training_set

    run = _run_of_last_day(home, set_)
    rows = write_training_set(run, _parse_days(days, needed=True), out)
    Console().print(f"{out}: {rows:,} rows, labels as known on {run.as_of_date}", highlight=False)


@app.command()
def backfill(
    from_: Annotated[str, typer.Option("--from", help="The first day, YYYY-MM-DD.")],
    to: Annotated[str, typer.Option("--to", help="The last day, YYYY-MM-DD; loaded already.")],
    every: Annotated[str, typer.Option("--every", help="The step between days: 1d, 7d, 2w.")] = "7d",
    set_: Overrides = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Build the days of a range that no snapshot holds, and repair what late rows touched; twice is once.

    Days that maintain_warehouse keeps stay: the newest 7 (kept_daily_snapshots) and the weekly grid, which is Mondays.
    Any other day is there until its next run.
    """
    from features.build import backfill_days

    run = _run_of_last_day(home, set_)
    console, done = Console(stderr=True, highlight=False), []
    with console.status(f"Building features as known on {run.as_of_date} ..."):
        for part in backfill_days(run, list_days(parse_day(from_), parse_day(to), every)):
            days = sorted([*part.held, *part.built])
            repaired = (
                f"; repaired {part.repaired.rows:,} rows of {len(part.repaired.days)} days"
                if part.repaired.days
                else ""
            )
            console.print(
                f"{days[0]} to {days[-1]}: {len(part.held)} days were there, {len(part.built)} built{repaired}"
            )
            done.append(part)
    if as_json:
        result = {
            "held": [day for part in done for day in part.held],
            "built": [day for part in done for day in part.built],
            "repaired": {
                "days": sorted({day for part in done for day in part.repaired.days}),
                "rows": sum(part.repaired.rows for part in done),
            },
        }
        typer.echo(json.dumps(result, indent=2, default=str))


@app.command(name="export-feast")
def export_feast(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder, or an earlier export.")],
    days: Days = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="First day, YYYY-MM-DD; without it, all that are held.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last day, YYYY-MM-DD.")] = None,
    set_: Overrides = None,
    home: HomeFolder = None,
) -> None:
    """Write the held snapshots as a Feast repository: Parquet files, views and a service for each model."""
    from features.feast_export import export_feast as export

    if days and (from_ or to):
        raise BadInputError("give --days, or --from and --to, not both")
    run = _run_of_last_day(home, set_)
    first, last = parse_day(from_) if from_ else date.min, parse_day(to) if to else date.max
    rows = export(run, folder, _parse_days(days, needed=False), first, last)
    for group, count in rows.items():
        Console().print(f"  {group:<34}{count:>12,} rows", highlight=False)
    Console().print(f"{folder}: now `feast apply` there (Feast 0.67 with its duckdb extra)", highlight=False)


@app.command()
def prove(
    as_of: AsOf, days: Days = None, set_: Overrides = None, home: HomeFolder = None, as_json: AsJson = False
) -> None:
    """Build past days again without their future, on both clocks, and name every feature, state and label that moved.

    The verdicts are kept in quality.leak_audit and go out with the next edition.
    """
    from features.prover import choose_days, prove_and_record
    from wellkept.cli import proof as shown

    run = make_run(parse_day(as_of), overrides=parse_overrides(set_ or []), settings=read_settings(home))
    if _last_day(run) < run.as_of_date:
        raise BadInputError(f"{as_of} is not loaded; run `wellkept run --as-of {as_of}` first")
    chosen = _parse_days(days, needed=False) or choose_days(run.as_of_date)
    beginning = "building past days with and without their future"
    with bar_shown(Console(stderr=True, highlight=False), beginning) as tell:
        proof = prove_and_record(run, chosen, lambda name, done, of: tell(f"built {name}", done, of))
    if as_json:
        typer.echo(shown.as_json(proof))
    else:
        Console(highlight=False).print(shown.as_table(proof))
    if proof.leaks:
        raise GateError(f"these see the future: {', '.join(proof.leaks)}")


def _run_of_last_day(home: Path | None, overrides: list[str] | None) -> Run:
    """A run as of the last loaded day."""
    run = make_run(date.min, overrides=parse_overrides(overrides or []), settings=read_settings(home))
    return replace(run, as_of_date=_last_day(run))


def _last_day(run: Run) -> date:
    open_home(run.home)
    last = last_loaded_day(run)
    if last is None:
        raise WellkeptError(f"nothing is loaded in {run.home.root} yet; run a day first: wellkept run --as-of DAY")
    return last


def _parse_days(days: list[str] | None, needed: bool) -> list[date]:
    found = [parse_day(text.strip()) for item in days or [] for text in item.split(",") if text.strip()]
    if needed and not found:
        raise BadInputError("say which days: --days 2026-09-01,2026-10-01")
    return found
