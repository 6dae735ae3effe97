"""The command line: `wellkept`. One module a family of commands; this one only puts them together."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from wellkept import __version__
from wellkept.cli import airflow, demo, explain, features, lab, model, operations, quarantine, run
from wellkept.deployment.errors import WellkeptError, is_disk_full

_app = typer.Typer(
    name="wellkept",
    help="Keep customers: from raw orders to a published churn risk, every day, without leaking the future.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
for command in (
    demo.demo,
    run.run,
    run.backfill,
    run.train,
    operations.publish,
    operations.status,
    operations.doctor,
    operations.upgrade,
    explain.explain,
    quarantine.quarantine,
    airflow.airflow,
):
    _app.command()(command)
_app.add_typer(features.app, name="features")
_app.add_typer(model.app, name="model")
_app.add_typer(lab.app, name="lab")


@_app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(f"wellkept {__version__}")
        raise typer.Exit


def app() -> None:
    """Run the command line; an error of ours is one message and its exit code, never a traceback."""
    try:
        _app()
    except WellkeptError as error:
        Console(stderr=True, highlight=False).print(f"[red]wellkept:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if not is_disk_full(error):
            raise
        Console(stderr=True, highlight=False).print(
            f"[red]wellkept:[/] the disk is full ({escape(str(error).splitlines()[0])}). Readers keep the edition they "
            "have; make room under the home (`wellkept doctor` shows how much there is) and run the day again",
            soft_wrap=True,
        )
        sys.exit(1)
