"""`wellkept demo`: found a made-up company and run its last day, from landing files to a published edition."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from wellkept.demo.truth import FIRST_DAY, LAST_DAY, SMALLEST
from wellkept.errors import BadInputError
from wellkept.paths import Home
from wellkept.run import make_run
from wellkept.settings import read_settings

if TYPE_CHECKING:
    from wellkept.demo.company import Founded

_INTRO = """\
[bold]Wellkept demo[/bold]: a made-up shop with {customers:,} customers and three years of orders.

  1. found the shop: write its books as files, from {first_day} up to {last_day}
  2. ingest them: check, version, put aside what cannot be read
  3. train a model of who will not order again, and judge it on days it has not seen
  4. build, score, check and publish the edition of {last_day}

Nobody in it is real. Everything is written under {home}.
"""


def demo(
    customers: Annotated[int, typer.Option(min=SMALLEST, help="How many customers join in three years.")] = 4000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another company.")] = 7,
    home: Annotated[Path | None, typer.Option(help="Where to put everything; default: $WELLKEPT_HOME.")] = None,
) -> None:
    """Found the demo company, run its last day and show what was published."""
    from wellkept.cli.run import run_day
    from wellkept.cli.summary import print_summary, read_summary

    settings = read_settings(home)
    console = Console(stderr=True)
    console.print(
        _INTRO.format(
            customers=customers, first_day=FIRST_DAY, last_day=LAST_DAY, home=_shown(settings.home_paths.root)
        )
    )
    with console.status("Founding the company ..."):
        founded = found_company(settings.home_paths, seed, customers)
    console.print(_describe(founded))
    made = make_run(founded.last_day, source=founded.folder, settings=settings)
    run_day(made, founded.folder)
    print_summary(read_summary(made), Console())


def found_company(home: Home, seed: int, customers: int) -> "Founded":
    """Write the company's landing files under the home; a home that holds anything else is left alone."""
    from wellkept.demo.company import write_landing

    folder = home.root / "demo" / "landing"
    charter = home.root / "demo" / "company.json"
    wanted = json.dumps({"seed": seed, "customers": customers}, sort_keys=True)
    if charter.exists() and charter.read_text() != wanted:
        raise BadInputError(
            f"{home.root} holds another demo company ({charter.read_text()}); give --home another folder, or delete it"
        )
    if home.warehouse.exists() and not charter.exists():
        raise BadInputError(f"{home.root} already holds data that is not the demo's; give --home another folder")
    founded = write_landing(folder, seed=seed, customers=customers)
    charter.write_text(wanted)
    return founded


def _describe(founded: "Founded") -> str:
    rows = ", ".join(f"{count:,} {entity.replace('_', ' ')}" for entity, count in founded.rows.items())
    return f"Founded: {rows}; and {sum(founded.dirt.values())} bad or repeated lines, as in life.\n"


def _shown(path: Path) -> str:
    inside = path.is_relative_to(Path.cwd())
    return str(path.relative_to(Path.cwd()) if inside else path)
