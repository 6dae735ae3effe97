"""Found the demo company: its books on any day, or its shop's books as landing files (truth.py says what is so)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wellkept.demo import dirt
from wellkept.demo.bookkeeping import keep_books, keep_shop
from wellkept.demo.books import KEYS, Books
from wellkept.demo.life import Charter, live
from wellkept.demo.truth import FIRST_DAY, LAST_DAY, SMALLEST, Truth
from wellkept.demo.truth_files import write_truth
from wellkept.deployment.errors import BadInputError
from wellkept.landing.contract import ENTITIES

__all__ = ["Charter", "Founded", "found", "write_landing", "write_truth"]

_CSV = ("customers", "order_lines", "refunds")


@dataclass(frozen=True)
class Founded:
    """What was written: the folder, the day to run, clean rows per entity and the dirt added to them."""

    folder: Path
    first_day: date
    last_day: date
    rows: Mapping[str, int]
    dirt: Mapping[str, int]


def found(charter: Charter, today: date) -> Books:
    """What the company's systems hold on the morning of `today`: all that was written before it.

    The same charter on a later day adds rows, changes some and moves their `updated_at` (a contact that is archived:
    its `archived_at`), and leaves everything else as it was.
    """
    _check(charter, today)
    return keep_books(live(charter, (today - charter.first_day).days))


def write_landing(
    folder: Path,
    seed: int = 7,
    customers: int = 4000,
    first_day: date = FIRST_DAY,
    last_day: date = LAST_DAY,
    truth: Truth | None = None,
    currencies: bool = False,
) -> Founded:
    """Write what the shop's database holds on the morning of `last_day` as files in the landing contract.

    `customers` join in the first three years; later years go on at that pace. The same arguments give the same bytes; a
    later `last_day` adds rows and updates some (cancellations, corrections, deletions), and changes nothing else. All
    amounts are in one currency, unless `currencies`.
    """
    charter = Charter(seed, customers, first_day)
    _check(charter, last_day)
    books = keep_shop(live(charter, (last_day - first_day).days, truth=truth), currencies)
    tables = {name: _as_landed(name, table) for name, table in books.items() if name in ENTITIES}
    folder.mkdir(parents=True, exist_ok=True)
    added = _write(tables, folder)
    rows = {name: len(table.group_by(list(KEYS[name])).aggregate([])) for name, table in tables.items()}
    return Founded(folder, first_day, last_day, rows, added)


def _check(charter: Charter, today: date) -> None:
    if charter.customers < SMALLEST or today <= charter.first_day:
        raise BadInputError(
            f"a demo company needs at least {SMALLEST} customers and a last day after {charter.first_day}"
        )


def _as_landed(name: str, table: pa.Table) -> pa.Table:
    """The table without `updated_at` where the contract has none."""
    return table if ENTITIES[name].has_updated_at else table.drop_columns("updated_at")


def _write(tables: Mapping[str, pa.Table], folder: Path) -> dict[str, int]:
    """Customers, order lines and refunds as CSV, the rest as Parquet; returns the rows of dirt by kind."""
    for name, table in tables.items():
        if name not in _CSV:
            pq.write_table(table, folder / f"{name}.parquet")
    lines, negative = dirt.duplicate_rows(tables["order_lines"]), dirt.negative_lines(tables["order_lines"])
    texts = dirt.text_amounts(tables["refunds"])
    cut = dirt.write_csv(
        pa.concat_tables([lines, negative]), folder / "order_lines.csv", cut_every=dirt.MALFORMED_LINES_EVERY
    )
    stretched = dirt.write_csv(
        tables["customers"], folder / "customers.csv", stretch_every=dirt.MALFORMED_CUSTOMERS_EVERY
    )
    dirt.write_csv(pa.concat_tables([dirt.as_text(tables["refunds"]), texts]), folder / "refunds.csv")
    twice = sum(len(table) - len(table.group_by(list(KEYS[name])).aggregate([])) for name, table in tables.items())
    return {
        "malformed_order_lines": cut,
        "malformed_customers": stretched,
        "negative_quantities": len(negative),
        "text_amounts": len(texts),
        "duplicates": twice + len(lines) - len(tables["order_lines"]),
    }
