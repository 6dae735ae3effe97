"""`wellkept status`, `doctor`, `upgrade` and `publish`: looking after a deployment."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from wellkept.deployment.clock import parse_day
from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.deployment.settings import Settings, read_settings
from wellkept.operations.configuration import read_config
from wellkept.project.parameters import Parameters

HomeFolder = Annotated[Path | None, typer.Option("--home", help="Where all data lies; default: $WELLKEPT_HOME.")]
AsJson = Annotated[bool, typer.Option("--json", help="The result as one JSON object on standard output.")]
_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def status(home: HomeFolder = None, as_json: AsJson = False) -> None:
    """How old and how good the published edition is; exit 1 when it is missing or older than max_edition_age_hours."""
    from wellkept.operations.status import read_status

    settings = read_settings(home)
    max_age_hours = Parameters(read_config(settings).parameters).number("max_edition_age_hours")
    found = read_status(settings.home_paths, max_age_hours)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=2))
    else:
        _print_facts(_describe_status(found.as_dict()))
    if not found.is_healthy:
        raise typer.Exit(1)


def doctor(home: HomeFolder = None, as_json: AsJson = False) -> None:
    """Whether this machine and this home are fit to run, and what to do if not; exit 1 on a failed check."""
    from wellkept.operations.doctor import examine

    checks = examine(read_settings(home))
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        table = Table(box=None, pad_edge=False)
        for column in ("check", "state", "found", "next step"):
            table.add_column(column, overflow="fold")
        for check in checks:
            colour = _COLOURS[check.state]
            table.add_row(check.name, f"[{colour}]{check.state}[/]", _plain(check.found), _plain(check.next_step))
        _console().print(table)
    if any(check.state == "fail" for check in checks):
        raise typer.Exit(1)


def upgrade(home: HomeFolder = None) -> None:
    """Bring the home to this version's format; the warehouse is backed up first."""
    from wellkept.operations.home import upgrade as upgrade_home

    settings = read_settings(home)
    paths = settings.home_paths
    if not paths.format_file.exists():
        raise BadInputError(f"there is no home in {paths.root}: set WELLKEPT_HOME, or make one with `wellkept run`")
    applied = upgrade_home(paths, settings)
    _console().print(f"Applied {', '.join(applied)}." if applied else "Nothing to do: the format is the present one.")


def publish(
    pin: Annotated[str | None, typer.Option("--pin", help="Keep readers on that day's newest edition.")] = None,
    unpin: Annotated[bool, typer.Option("--unpin", help="Give readers the newest day again.")] = False,
    home: HomeFolder = None,
) -> None:
    """Publish what the warehouse holds, if its gate passed; or choose the edition that readers get."""
    from wellkept import editions

    settings = read_settings(home)
    paths = settings.home_paths
    if pin is not None and unpin:
        raise BadInputError("give --pin or --unpin, not both")
    if not paths.format_file.exists():
        raise BadInputError(f"there is no home in {paths.root}: set WELLKEPT_HOME, or make one with `wellkept run`")
    if pin is not None:
        message = f"Readers stay on {editions.pin(paths, parse_day(pin))} until `wellkept publish --unpin`."
    elif unpin:
        newest = editions.unpin(paths)
        message = (
            f"Readers get {newest}." if newest else "There is no edition yet; `wellkept run --as-of DAY` makes one."
        )
    else:
        message = f"Published {_publish_again(settings)}."
    _console().print(message, markup=False)


def _publish_again(settings: Settings) -> str:
    """The run that built what the warehouse holds, published under its own id and parameters."""
    from wellkept.editions import publish as publish_edition
    from wellkept.editions.verdict import read_build
    from wellkept.operations.home import open_home
    from wellkept.operations.new_run import make_run
    from wellkept.runs.records import read_run

    home = settings.home_paths
    open_home(home)
    built = read_build(home, settings)
    if built is None:
        raise WellkeptError(f"the warehouse in {home.root} holds no build: run `wellkept run --as-of DAY` first")
    as_of_date, run_id = built
    overrides = (read_run(home, run_id) or {}).get("parameters")
    return publish_edition(make_run(as_of_date, run_id, overrides=overrides, settings=settings))


def _describe_status(found: dict[str, Any]) -> Iterable[tuple[str, str]]:
    if found["is_link_missing"]:
        yield "edition", "[red]no link[/]; `wellkept publish --unpin` restores it"
    elif found["as_of_date"] is None:
        yield "edition", "[red]none[/]: run `wellkept run --as-of DAY`"
    else:
        colour = "green" if found["is_healthy"] else "red"
        yield "edition", f"{found['as_of_date']} ({found['edition']})"
        limit = f"at most {found['max_edition_age_hours']:g} wanted"
        yield "age", f"[{colour}]{found['age_hours']:.1f} hours[/], {limit}"
        yield "model", _describe_model(found)
        quarantined = found["rows_quarantined"] or {"day": 0, "total": 0}
        yield "quarantine", f"{quarantined['day']:,} rows of the day, {quarantined['total']:,} in all"
        for warning in found["gate_warnings"] or []:
            yield "warning", _plain(warning)
    if found["pinned_day"]:
        yield "pinned", f"[yellow]readers stay on {found['pinned_day']}[/] until `wellkept publish --unpin`"
    run, step = found["last_run"], found["failing_step"]
    if run:
        colour = {"succeeded": "green", "running": "yellow"}.get(run["status"], "red")
        yield "last run", f"{run['run_id']} of {run['as_of_date']}: [{colour}]{run['status']}[/]"
    if step:
        yield "failed at", f"{step['step']}: {_plain(step['message'])}"
    if found["writing_now"]:
        yield "writing now", _plain(found["writing_now"])


def _describe_model(found: dict[str, Any]) -> str:
    if found["model_name"] is None:
        return f"no scores: {_plain(str(found['scores_missing_reason']))}"
    return f"{found['model_name']} {found['model_version']}, grade {found['model_grade'] or 'unknown'}"


def _print_facts(facts: Iterable[tuple[str, str]]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in facts:
        table.add_row(name, text)
    _console().print(table)


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def _plain(text: str) -> str:
    """Text that came from elsewhere, so that a bracket in it is not taken for a colour."""
    from rich.markup import escape

    return escape(text)
