"""One table by its suite: what Great Expectations found, as results with counts and failing keys."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from expectations.results import Result
from expectations.rules import Check, Rule, Table, critical
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import open_database
from wellkept.warehouse.sql import count_rows

_KEPT_KEYS = 20


@dataclass(frozen=True)
class Checked:
    """A rule, what came of it, and the query for the rows that fail it, if any do."""

    rule: Rule
    result: Result
    failing_rows_query: str | None

    @property
    def is_critical_failure(self) -> bool:
        return not self.result.is_passed and self.rule.severity == "critical"


@contextmanager
def scratch_database(run: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory, spilling to the home's scratch; when it closes, so does whatever was attached to it."""
    connection = open_database(":memory:", run.home.scratch, run.settings)
    try:
        yield connection
    finally:
        connection.close()


def check_rows(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    rules: Sequence[Rule],
    *,
    source_name: str,
    table_name: str,
    key: Sequence[str],
    row_id: Sequence[str] = (),
) -> list[Checked]:
    """Judge the rows of `query` by `rules`; `row_id` are columns that name a row where the key is not trusted to."""
    from expectations.judging import judge_rules

    view = f"checked_{table_name}"
    connection.execute(f"create or replace view {view} as {query}")
    checked_rows = count_rows(connection, view)
    return [
        Checked(
            rule=outcome.rule,
            result=Result(
                source_name=source_name,
                table_name=table_name,
                rule=outcome.rule.sentence,
                severity=outcome.rule.severity,
                is_passed=outcome.is_passed,
                checked_rows=checked_rows,
                failed_rows=outcome.failed_rows,
                failing_keys=_read_keys(connection, outcome.failing_rows_query, key),
                has_raised=outcome.has_raised,
                detail=outcome.detail,
            ),
            failing_rows_query=outcome.failing_rows_query,
        )
        for outcome in judge_rules(connection, view, [*row_id, *key], rules)
    ]


def missing_table(table: Table) -> Checked:
    """What is to be said of a table that should be there."""
    rule = critical(Check(f"is there, in schema {table.schema}", "table", "", {}))
    return Checked(rule, Result("", table.name, rule.sentence, rule.severity, False, None, None), None)


def _read_keys(connection: duckdb.DuckDBPyConnection, query: str | None, key: Sequence[str]) -> tuple[object, ...]:
    if query is None:
        return ()
    columns = ", ".join(key)
    rows = connection.execute(f"select {columns} from ({query}) order by all limit {_KEPT_KEYS}").fetchall()
    return tuple(row[0] if len(row) == 1 else list(row) for row in rows)
