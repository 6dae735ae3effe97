"""`wellkept quarantine`: the rows that could not be used, with their reasons."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from wellkept.cli.run import HomeFolder
from wellkept.deployment.clock import parse_day
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.settings import read_settings
from wellkept.landing.loads import last_loaded_day
from wellkept.operations.home import require_warehouse
from wellkept.operations.new_run import make_run
from wellkept.warehouse.connecting import connect


def quarantine(
    as_of: Annotated[str | None, typer.Option("--as-of", help="Only rows of this day.")] = None,
    rows: Annotated[int, typer.Option("--rows", min=0, help="How many rows to show in full; 0 shows counts only.")] = 0,
    home: HomeFolder = None,
) -> None:
    """Show what is in quarantine. Rows are shown in full only when asked for: they may hold personal data."""
    day = parse_day(as_of) if as_of else None
    run = make_run(day or parse_day("1970-01-01"), settings=read_settings(home))
    require_warehouse(run.home)
    if last_loaded_day(run) is None:
        raise WellkeptError(f"nothing is loaded in {run.home.root} yet; run a day first: wellkept run --as-of DAY")
    with connect(run, "reading the quarantine") as connection:
        counts = connection.execute(
            "select as_of_date, source, entity, reason, count(*), min(file) from raw.quarantine "
            "where ? is null or as_of_date = ? group by all order by all",
            [day, day],
        ).fetchall()
        examples = connection.execute(
            "select as_of_date, file, line, reason, raw_text from raw.quarantine "
            "where ? is null or as_of_date = ? order by all limit ?",
            [day, day, rows],
        ).fetchall()
    table = Table("day", "source", "entity", "reason", "rows", "file")
    for row in counts:
        table.add_row(*(str(value) for value in row))
    Console().print(table if counts else "Nothing is in quarantine.")
    for as_of_date, file, line, reason, raw_text in examples:
        Console().print(f"{as_of_date} {file}:{line} {reason}\n  {raw_text}", highlight=False, markup=False)
