"""What cannot be used: of the day's delivery as the table `quarantined`, and kept in raw.quarantine."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from wellkept.landing.contract import Entity
from wellkept.runs.run import Run
from wellkept.warehouse.records import Table
from wellkept.warehouse.sql import count_rows


@dataclass(frozen=True)
class Quarantined:
    """A row that cannot be used: a row of raw.quarantine."""

    as_of_date: date
    run_id: str
    source: str
    entity: str
    file: str | None
    line: int | None
    reason: str
    raw_text: str | None


QUARANTINE = Table("raw.quarantine", Quarantined, "One row per landed row that cannot be used, with why.")


_IS_IN_QUARANTINE = """
exists (
    select 1 from raw.quarantine as known
    where known.source = $source and known.entity = quarantined.entity and known.file = quarantined.file
        and known.reason = quarantined.reason and known.raw_text is not distinct from quarantined.raw_text
)
"""


def stage_quarantine(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Make `quarantined` from what could not be read and what failed a row rule; a row counts once."""
    connection.execute(
        "create or replace temp table quarantined as select entity, file, line, reason, raw_text from read_parquet(?)",
        [str(folder / "quarantine.parquet")],
    )
    failing = folder / "failing_rows.parquet"
    if failing.exists():
        connection.execute(
            """
            insert into quarantined
            select entity, _file, _line, string_agg(reason, '; ' order by reason), any_value(raw_text)
            from read_parquet(?) group by entity, _file, _line
            """,
            [str(failing)],
        )


def is_quarantined(entity: Entity, rows: str) -> str:
    """The condition that a row of the day's delivery is in `quarantined`."""
    return f"""
        exists (
            select 1 from quarantined
            where quarantined.entity = '{entity.name}' and quarantined.file = {rows}._file
                and quarantined.line = {rows}._line
        )
    """


def count_first_quarantined(connection: duckdb.DuckDBPyConnection, source: str, entity: Entity) -> int:
    """How many of the quarantined rows no earlier day has quarantined for the same reason."""
    rows = f"quarantined where entity = $entity and not {_IS_IN_QUARANTINE}"
    return count_rows(connection, rows, {"source": source, "entity": entity.name})


def keep_quarantine(connection: duckdb.DuckDBPyConnection, run: Run, source: str) -> None:
    """Keep what is quarantined, once: a row that an earlier day quarantined for the same reason is not repeated."""
    connection.execute(
        f"""
        insert into {QUARANTINE}
        select $day, $run_id, $source, entity, file, line, reason, raw_text from quarantined
        where not {_IS_IN_QUARANTINE}
        """,
        {"day": run.as_of_date, "run_id": run.run_id, "source": source},
    )
