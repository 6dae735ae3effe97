"""What was checked and what came out: the table quality.data_quality, passing rules included."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

import duckdb

from expectations.rules import Severity
from wellkept.deployment.clock import utc_now
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.records import KEY, Table, ensure_table, insert_rows

Door = Literal["raw", "published"]


@dataclass(frozen=True)
class Result:
    """One rule on one table, and what came of it."""

    source_name: str
    """Empty at the published door."""
    table_name: str
    rule: str
    severity: Severity
    is_passed: bool
    checked_rows: int | None
    failed_rows: int | None
    """None where a table rule is not about a number of rows, or where the rule raised."""
    failing_keys: tuple[Any, ...] = ()
    """At most 20 keys, in order; a key of several columns is a list. Keys only, never other columns."""
    has_raised: bool = False
    detail: str = ""

    def __str__(self) -> str:
        table = f"{self.source_name}: {self.table_name}" if self.source_name else self.table_name
        some = f", among them {json.dumps(self.failing_keys[:5], default=str)}" if self.failing_keys else ""
        return f"{table}: {self.rule}{f' ({self.detail}{some})' if self.detail else ''}"


@dataclass(frozen=True)
class CheckedRule:
    """A result as it is kept: a row of quality.data_quality."""

    as_of_date: Annotated[date, KEY]
    run_id: str
    door: Annotated[Door, "raw (what came in) or published (what went out).", KEY]
    source_name: Annotated[str, "The source; empty at the published door.", KEY]
    table_name: Annotated[str, KEY]
    rule: Annotated[str, "The rule in words.", KEY]
    severity: Annotated[Severity, "critical stops the run; a warning is published and goes on."]
    is_passed: bool
    checked_rows: Annotated[int | None, "Rows the rule was held against."]
    failed_rows: Annotated[int | None, "Rows that failed; NULL for a rule about the whole table."]
    failing_keys: Annotated[str, "Up to 20 keys of failing rows, as JSON."]
    has_raised: Annotated[bool, "Whether the rule itself broke, rather than the data."]
    detail: str
    checked_at: datetime


DATA_QUALITY = Table(
    "quality.data_quality",
    CheckedRule,
    "One row per day, door, source, table and rule checked, passing rules included.",
)


def write_results(connection: duckdb.DuckDBPyConnection, run: Run, door: Door, results: Sequence[Result]) -> None:
    """Put `results` in the place of what this day and door had; writing them again leaves the same rows."""
    stamp: dict[str, Any] = {
        "as_of_date": run.as_of_date,
        "run_id": run.run_id,
        "checked_at": utc_now().replace(tzinfo=None),
    }
    rows = [
        CheckedRule(
            **{**vars(result), "failing_keys": json.dumps(result.failing_keys, default=str)}, door=door, **stamp
        )
        for result in results
    ]
    with transaction(connection):
        ensure_table(connection, DATA_QUALITY)
        connection.execute(f"delete from {DATA_QUALITY} where as_of_date = ? and door = ?", [run.as_of_date, door])
        insert_rows(connection, DATA_QUALITY, rows)
