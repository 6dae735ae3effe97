"""`wellkept lab`: what another definition would have meant, tried on this home's own past."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from wellkept.cli.progress import bar_shown
from wellkept.cli.run import AsJson, AsOf, HomeFolder
from wellkept.deployment.clock import parse_day
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.settings import read_settings
from wellkept.operations.home import open_home
from wellkept.operations.new_run import make_run

if TYPE_CHECKING:  # brings DuckDB, which listing commands does not need
    from ml.lab.study import Study

app = typer.Typer(help="Laboratory: try definitions on the past; nothing is changed.", no_args_is_help=True)

_ELIGIBLE = (90, 180, 365, 730)
_HORIZONS = (30, 60, 90, 120, 180)
_MOST_VALUES = 10
_LONGEST_DAYS = 3650


@app.callback()
def _laboratory() -> None:
    """So that `churn-definition` is a command of its own, also while it is the only one."""


@app.command(name="churn-definition")
def churn_definition(
    as_of: AsOf,
    eligible: Annotated[
        list[str] | None,
        typer.Option("--eligible", help="eligible_days to try, several with commas [90,180,365,730]; repeatable."),
    ] = None,
    horizon: Annotated[
        list[str] | None,
        typer.Option("--horizon", help="horizon_days to try, several with commas [30,60,90,120,180]; repeatable."),
    ] = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Try eligible_days and horizon_days on past days, and recommend what this shop's own gaps between orders ask for."""
    tried = _parse("--eligible", eligible, _ELIGIBLE), _parse("--horizon", horizon, _HORIZONS)
    run = make_run(parse_day(as_of), settings=read_settings(home))
    open_home(run.home)
    from ml.lab.page import as_json as study_as_json
    from ml.lab.page import write_page
    from ml.lab.study import study_definitions

    with bar_shown(Console(stderr=True, highlight=False), "copying orders") as tell:
        study = study_definitions(run, *tried, lambda day, done, of: tell(f"trying {day}", done, of))
    path = write_page(run, study)
    if as_json:
        typer.echo(json.dumps({**study_as_json(study), "page": str(path)}, indent=2))
    else:
        _print(study, path, Console(highlight=False))


def _parse(option: str, given: list[str] | None, default: Sequence[int]) -> list[int]:
    texts = [text.strip() for item in given or [] for text in item.split(",") if text.strip()]
    values = {int(text) if text.isascii() and text.isdigit() else 0 for text in texts} or set(default)
    if not all(1 <= value <= _LONGEST_DAYS for value in values) or len(values) > _MOST_VALUES:
        raise BadInputError(
            f"{option} {','.join(texts)}: give up to {_MOST_VALUES} whole numbers of days from 1 to {_LONGEST_DAYS}, for "
            f"example {option} {','.join(str(value) for value in default)}"
        )
    return sorted(values)


def _print(study: "Study", path: Path, console: Console) -> None:
    from ml.lab.words import COLUMNS, IN_A_TERMINAL, WHAT_THEY_ARE, rows, say, summarise

    table = Table(box=None, pad_edge=False, collapse_padding=True)
    for name in IN_A_TERMINAL:
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for row in rows(study):
        shown = [cell for name, cell in zip(COLUMNS, row, strict=True) if name in IN_A_TERMINAL]
        table.add_row(*shown, style="bold" if shown[-1] else None)
    console.print(table)
    console.print()
    for line in WHAT_THEY_ARE:
        console.print(Padding(Text(line, style="dim"), (0, 0, 0, 2)))
    console.print()
    console.print(Text(summarise(study), style="bold"))
    for line in say(study):
        console.print(Padding(Text(line), (0, 0, 0, 2)))
    console.print(f"The page: {path}", markup=False, soft_wrap=True)
