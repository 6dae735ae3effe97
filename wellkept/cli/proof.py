"""How a proof is shown: a line a table, and what moved in full."""

import json
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:  # brings DuckDB, which listing commands does not need
    from features.audit import ColumnAudit
    from features.prover import Proof


def as_json(proof: "Proof") -> str:
    """Everything: the verdict on each column, and each comparison behind it."""
    findings = [{**asdict(finding), "is_leak": finding.is_leak} for finding in proof.findings]
    return json.dumps({"columns": [asdict(column) for column in proof.columns], "findings": findings}, default=str)


def as_table(proof: "Proof") -> Table:
    """A line a table, and one for each of its columns that moved."""
    days = ", ".join(sorted({day for column in proof.columns for day in column.proved_days.split(", ")}))
    table = Table("table", "rows", "moved", "example", "told late, at most", "verdict", title=f"proved on {days}")
    table.columns[0].no_wrap = True
    for name, group in groupby(proof.columns, key=lambda column: column.table_name):
        columns = list(group)
        leaks = [column for column in columns if column.verdict == "leak"]
        rows = max(column.rows_compared for column in columns)
        moved = f"{len(leaks)} columns" if leaks else "none"
        table.add_row(
            f"{name} ({len(columns)})", f"{rows:,}", moved, "", _latest(columns), "leak" if leaks else "clean"
        )
        for column in leaks:
            table.add_row(f"  {column.column_name}", f"{column.rows_compared:,}", *_said_of(column), "[red]leak[/]")
    return table


def _said_of(leak: "ColumnAudit") -> tuple[str, str, str]:
    moved = {"events": leak.moved_by_later_events, "knowledge": leak.moved_by_later_knowledge}
    return (
        "\n".join(f"{rows:,} by later {name}" for name, rows in moved.items() if rows),
        f"{leak.example_customer_id} on {leak.example_date}",
        _percent(leak),
    )


def _latest(columns: "list[ColumnAudit]") -> str:
    """Of which column most rows would be others without lateness."""
    most = max(columns, key=lambda column: column.late_share or 0)
    return f"{_percent(most)} {most.column_name}" if most.late_rows else "none"


def _percent(column: "ColumnAudit") -> str:
    return f"{column.late_share:.1%}" if column.late_rows else "none"
