"""What was checked and what came out: the table quality.data_quality, passing rules included."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import duckdb

from expectations.rules import Severity
from wellkept.deployment.clock import utc_now
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import transaction

Door = Literal["raw", "published"]

CREATE = """
create schema if not exists quality;
create table if not exists quality.data_quality (
    as_of_date date not null,
    run_id varchar not null,
    door varchar not null,
    source_name varchar not null,
    table_name varchar not null,
    rule varchar not null,
    severity varchar not null,
    is_passed boolean not null,
    checked_rows bigint,
    failed_rows bigint,
    failing_keys varchar not null,
    has_raised boolean not null,
    detail varchar not null,
    checked_at timestamp not null,
    primary key (as_of_date, door, source_name, table_name, rule)
);
comment on table quality.data_quality is 'One row per day, door, source, table and rule checked, passing rules included.';
comment on column quality.data_quality.door is 'raw (what came in) or published (what went out).';
comment on column quality.data_quality.source_name is 'The source; empty at the published door.';
comment on column quality.data_quality.rule is 'The rule in words.';
comment on column quality.data_quality.severity is 'critical stops the run; a warning is published and goes on.';
comment on column quality.data_quality.checked_rows is 'Rows the rule was held against.';
comment on column quality.data_quality.failed_rows is 'Rows that failed; NULL for a rule about the whole table.';
comment on column quality.data_quality.failing_keys is 'Up to 20 keys of failing rows, as JSON.';
comment on column quality.data_quality.has_raised is 'Whether the rule itself broke, rather than the data.'
"""


@dataclass(frozen=True)
class Result:
    """One rule on one table: a row of quality.data_quality."""

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


def write_results(connection: duckdb.DuckDBPyConnection, run: Run, door: Door, results: Sequence[Result]) -> None:
    """Put `results` in the place of what this day and door had; writing them again leaves the same rows."""
    checked_at = utc_now().replace(tzinfo=None)
    rows = [
        [
            run.as_of_date,
            run.run_id,
            door,
            result.source_name,
            result.table_name,
            result.rule,
            result.severity,
            result.is_passed,
            result.checked_rows,
            result.failed_rows,
            json.dumps(result.failing_keys, default=str),
            result.has_raised,
            result.detail,
            checked_at,
        ]
        for result in results
    ]
    with transaction(connection):
        connection.execute(CREATE)
        connection.execute("delete from quality.data_quality where as_of_date = ? and door = ?", [run.as_of_date, door])
        if rows:
            connection.executemany(f"insert into quality.data_quality values ({', '.join('?' * len(rows[0]))})", rows)
