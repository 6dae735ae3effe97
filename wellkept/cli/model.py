"""`wellkept model`: which versions there are, and putting an older one back."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from wellkept.cli.run import AsJson, AsOf, HomeFolder
from wellkept.deployment.clock import parse_day
from wellkept.deployment.settings import read_settings
from wellkept.operations.home import open_home
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run

app = typer.Typer(help="Models: list versions, promote one by hand.", no_args_is_help=True)

_SHOWN = ("model_name", "model_version", "kind", "grade", "trained_as_of", "promoted_as_of")


@app.command(name="list")
def list_models(home: HomeFolder = None, as_json: AsJson = False) -> None:
    """Every trained version, with its grade and since when it speaks."""
    from ml.promote import list_versions

    versions = list_versions(_run("1970-01-01", home))
    if as_json:
        typer.echo(json.dumps(versions, indent=2, default=str))
        return
    table = Table()
    for name in _SHOWN:
        table.add_column(name, overflow="fold", no_wrap=name == "model_version")
    for version in versions:
        table.add_row(*(str(version[name] or "-") for name in _SHOWN))
    Console().print(table if versions else "No model has been trained in this home.")


@app.command()
def promote(
    version: Annotated[str, typer.Argument(help="The model_version.")], as_of: AsOf, home: HomeFolder = None
) -> None:
    """Make a version the champion from a day on; days before keep theirs. This is also how to roll back."""
    from ml.promote import promote_version

    run = _run(as_of, home)
    promote_version(run, version)
    Console().print(f"{version} speaks from {run.as_of_date} on; run that day again to score with it.", highlight=False)


def _run(as_of: str, home: HomeFolder) -> Run:
    run = make_run(parse_day(as_of), settings=read_settings(home))
    open_home(run.home)
    return run
