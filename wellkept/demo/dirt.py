"""Realistic dirt, well under one percent, in extra rows only: nothing true is lost when it goes to quarantine."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv

# One row in so many; the first only after as many, so that the share stays below it for a small company too.
MALFORMED_LINES_EVERY = 1_500  # of order lines: a line cut short
MALFORMED_CUSTOMERS_EVERY = 1_000  # of customers: one column too many
NEGATIVE_QUANTITIES_EVERY = 2_500  # of order lines
TEXT_AMOUNTS_EVERY = 300  # of refunds
DUPLICATES_EVERY = 2_000  # of payments and order lines

EXTRA_LINE_NUMBER = 99


def chosen(rows: int, every: int) -> pa.Array:
    """Positions of one row in `every`; more rows choose more and keep the earlier ones."""
    return pa.array(np.arange(every - 1, rows, every))


def duplicate_rows(table: pa.Table) -> pa.Table:
    """The table with some rows given twice, exactly."""
    return pa.concat_tables([table, table.take(chosen(len(table), DUPLICATES_EVERY))])


def negative_lines(lines: pa.Table) -> pa.Table:
    """Extra order lines that nobody can have ordered."""
    extra = lines.take(chosen(len(lines), NEGATIVE_QUANTITIES_EVERY))
    extra = _replaced(extra, "line_number", pa.array(np.full(len(extra), EXTRA_LINE_NUMBER)))
    return _replaced(extra, "quantity", pa.array(np.full(len(extra), -1)))


def text_amounts(refunds: pa.Table) -> pa.Table:
    """Extra refunds, all columns as text, whose amount is a remark."""
    extra = as_text(refunds.take(chosen(len(refunds), TEXT_AMOUNTS_EVERY)))
    extra = _replaced(extra, "refund_id", pa.compute.binary_join_element_wise("X", extra["refund_id"], ""))
    return _replaced(extra, "amount", pa.array(["see e-mail"] * len(extra), pa.string()))


def as_text(table: pa.Table) -> pa.Table:
    """Every column as text, as CSV would show it."""
    return pa.table({name: table[name].cast(pa.string()) for name in table.column_names})


def write_csv(table: pa.Table, path: Path, cut_every: int = 0, stretch_every: int = 0) -> int:
    """Write the table and, after some rows, a damaged copy of them; returns how many copies."""
    buffer = io.BytesIO()
    pv.write_csv(table, buffer, pv.WriteOptions(quoting_style="needed", quoting_header="none"))
    lines = buffer.getvalue().decode().splitlines()
    damaged = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(lines):
            file.write(line + "\n")
            if cut_every and number and number % cut_every == 0:
                file.write(line.rsplit(",", 3)[0] + "\n")
                damaged += 1
            if stretch_every and number and number % stretch_every == 0:
                file.write(line + ",see note\n")
                damaged += 1
    return damaged


def _replaced(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)
