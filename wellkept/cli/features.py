"""`wellkept features`: what features there are, training sets, and the leak prover."""

import json
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from wellkept.cli.run import AsJson, AsOf, HomeFolder, Overrides
from wellkept.clock import parse_day
from wellkept.errors import BadInputError, GateError, WellkeptError
from wellkept.home import open_home
from wellkept.landing.loads import last_loaded_day
from wellkept.parameters import parse_overrides
from wellkept.run import Run, make_run
from wellkept.settings import read_settings

app = typer.Typer(help="Features: list them, read training sets, prove that they do not leak.", no_args_is_help=True)

Days = Annotated[
    list[str] | None, typer.Option("--days", help="A day, YYYY-MM-DD, or several with commas; repeatable.")
]


@app.command(name="list")
def list_features(as_json: AsJson = False) -> None:
    """Every feature, with its group, type and sentence."""
    from features.registry import load

    features = load()
    if as_json:
        typer.echo(json.dumps([asdict(feature) for feature in features], indent=2))
        return
    table = Table("feature", "type", "risk rises with it", "what it is", title=f"{len(features)} features")
    table.columns[0].no_wrap = True
    words = {"increasing": "yes", "decreasing": "no, falls", "none": "not stated"}
    for feature in features:
        table.add_row(feature.name, feature.data_type, words[feature.monotone], feature.description)
    Console().print(table)


@app.command()
def describe(name: str, as_json: AsJson = False) -> None:
    """All that is known about one feature."""
    from features.registry import load

    features = {feature.name: feature for feature in load()}
    if name not in features:
        raise BadInputError(f"there is no feature {name!r}; `wellkept features list` names them all")
    known = asdict(features[name])
    if as_json:
        typer.echo(json.dumps(known, indent=2))
        return
    for key, value in known.items():
        Console().print(f"[bold]{key:<12}[/] {value}", highlight=False)


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
def prove(
    as_of: AsOf, days: Days = None, set_: Overrides = None, home: HomeFolder = None, as_json: AsJson = False
) -> None:
    """Build past days again without their future, on both clocks, and name every feature and state that moved."""
    from features.prover import choose_days
    from features.prover import prove as prove_days

    run = make_run(parse_day(as_of), overrides=parse_overrides(set_ or []), settings=read_settings(home))
    if _last_day(run) < run.as_of_date:
        raise BadInputError(f"{as_of} is not loaded; run `wellkept run --as-of {as_of}` first")
    chosen = _parse_days(days, needed=False) or choose_days(run.as_of_date)
    console = Console(stderr=True, highlight=False)
    with console.status(f"Building {', '.join(str(day) for day in chosen)} with and without their future ..."):
        findings = prove_days(run, chosen)
    leaks = [finding for finding in findings if finding.is_leak]
    if as_json:
        typer.echo(
            json.dumps([{**asdict(finding), "is_leak": finding.is_leak} for finding in findings], indent=2, default=str)
        )
    else:
        table = Table("columns", "day", "taken away", "rows", "moved")
        table.columns[0].no_wrap = True
        for key in sorted({(f.table, f.as_of_date, f.removed) for f in findings}):
            same = [f for f in findings if (f.table, f.as_of_date, f.removed) == key]
            moved = [
                f"{f.column} ({f.rows_moved} rows, e.g. customer {f.example_customer_id})" for f in same if f.is_leak
            ]
            table.add_row(
                f"{key[0]} ({len(same)})", str(key[1]), key[2], f"{same[0].rows_compared:,}", "\n".join(moved) or "none"
            )
        Console().print(table)
    if leaks:
        names = ", ".join(sorted({f"{finding.table}.{finding.column}" for finding in leaks}))
        raise GateError(f"these see the future: {names}")


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
