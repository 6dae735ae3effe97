"""`wellkept explain CUSTOMER`: journey, states with receipts, segments, and the risk with its reasons, on one screen."""

import json
from dataclasses import asdict
from typing import Annotated

import duckdb
import typer
from rich.console import Console

from wellkept.cli.portrait import print_portrait, read_portrait
from wellkept.cli.run import AsJson, HomeFolder
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.settings import read_settings

Everything = Annotated[
    bool, typer.Option("--all", help="The whole journey, every state and every fact, not only the latest.")
]


def explain(
    customer: Annotated[str, typer.Argument(help="The customer_id.")],
    everything: Everything = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show what the newest edition says about one customer, and why."""
    link = read_settings(home).home_paths.link
    if not link.exists():
        raise WellkeptError(f"there is no edition at {link}; run a day first: wellkept run --as-of DAY")
    with duckdb.connect(str(link.resolve()), read_only=True) as connection:
        portrait = read_portrait(connection, customer)
    if as_json:
        typer.echo(json.dumps(asdict(portrait), indent=2, default=str))
    else:
        print_portrait(portrait, Console(highlight=False, emoji=False), everything)
