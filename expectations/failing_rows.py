"""Landed rows that break a critical row rule: which they are, for the load to put into quarantine."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from expectations.checking import Checked
from expectations.results import Result
from wellkept.landing.contract import ENTITIES
from wellkept.warehouse.sql import count_rows, literal

FILE_NAME = "failing_rows.parquet"

_CREATE = """
create or replace table failing_rows (
    entity varchar, _file varchar, _line bigint, reason varchar, raw_text varchar, rule_number integer
)
"""
_ONE_ROW_EACH = """
select
    entity,
    _file,
    _line,
    'breaks the rule: ' || string_agg(reason, '; ' order by rule_number)
        as reason,
    any_value(raw_text) as raw_text
from failing_rows
group by entity, _file, _line
order by entity, _file, _line
"""


def start_collecting(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget what was collected before."""
    connection.execute(_CREATE)


def collect(connection: duckdb.DuckDBPyConnection, entity: str, checked: Sequence[Checked]) -> None:
    """Keep the rows that fail, as the expectation's own query finds them, with the whole row as JSON."""
    row_as_json = ", ".join(f"'{name}', landed.{name}" for name in ENTITIES[entity].column_names)
    for number, one in enumerate(checked):
        if one.rule.quarantines and one.failing_rows_query:
            connection.execute(
                f"""
                insert into failing_rows
                select ?, landed._file, landed._line, ?, json_object({row_as_json}), ?
                from checked_{entity} as landed
                inner join (select _file, _line from ({one.failing_rows_query})) as failing
                    on landed._file = failing._file and landed._line = failing._line
                """,
                [entity, one.rule.sentence, number],
            )


def write(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Put what was collected beside the landing files, one row each with all its reasons; whole or not at all."""
    unfinished = folder / f"{FILE_NAME}.unfinished"
    connection.execute(f"copy ({_ONE_ROW_EACH}) to {literal(unfinished)} (format parquet)")
    unfinished.replace(folder / FILE_NAME)


def count_as_result(connection: duckdb.DuckDBPyConnection, source_name: str, entity: str, checked_rows: int) -> Result:
    """How many rows of an entity go to quarantine for a rule, as a row of data_quality."""
    failing = count_rows(connection, f"({_ONE_ROW_EACH}) where entity = '{entity}'")
    return Result(
        source_name=source_name,
        table_name=entity,
        rule="no row goes to quarantine for a rule",
        severity="warning",
        is_passed=failing == 0,
        checked_rows=checked_rows,
        failed_rows=failing,
        detail=f"{failing} rows go to quarantine" if failing else "",
    )
