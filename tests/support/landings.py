"""A folder of landing files, a day loaded from it, and what raw then holds."""

import json
from pathlib import Path
from typing import Any

import duckdb

from wellkept.landing.load import load_day
from wellkept.runs.run import Run
from wellkept.sources.extract import extract, names

ORDERS = "order_id,customer_id,ordered_at"
LINES = "order_id,line_number,quantity,unit_price"


def write(folder: Path, name: str, *lines: str, encoding: str = "utf-8") -> Path:
    """A text file under the folder."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
    return file


def load(run: Run) -> dict[str, int]:
    """The run's day, extracted and loaded."""
    for name in names(run):
        extract(run, name)
    return load_day(run)


def read_files(run: Run, source: str = "files") -> list[str]:
    """The files that were read for the run's day."""
    record = json.loads((run.home.landing(run.as_of_date, source) / "extract.json").read_text())
    return [file for counts in record["entities"].values() for file in counts["files"]]


def query(run: Run, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the run's warehouse."""
    with duckdb.connect(str(run.home.warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()
