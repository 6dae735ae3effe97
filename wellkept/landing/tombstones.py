"""Rows that a complete delivery lacks: raw keeps a last version that says they are gone."""

from pathlib import Path

import duckdb

from wellkept.deployment.errors import GateError
from wellkept.landing.contract import Entity
from wellkept.runs.run import Run
from wellkept.warehouse.sql import count_rows


def append_tombstones(
    connection: duckdb.DuckDBPyConnection, run: Run, source: str, entity: Entity, folder: Path
) -> int:
    """Append a tombstone for each key that raw holds of the source and the day's complete delivery lacks; returns how many.

    More than `max_vanished_share` of all keys is a GateError: a table that was emptied by mistake is no news of it.
    """
    key = ", ".join(entity.key)
    connection.execute(
        f"""
        create or replace temp table held as
        select {key}, is_tombstone from raw.{entity.name} where source_system = $source
        qualify row_number() over (partition by {key} order by loaded_on desc) = 1
        """,
        {"source": source},
    )
    connection.execute("delete from held where is_tombstone")
    connection.execute(
        f"create or replace temp table vanished as select {key} from held anti join read_parquet($file) using ({key})",
        {"file": str(folder / f"{entity.name}.keys.parquet")},
    )
    held, vanished = count_rows(connection, "held"), count_rows(connection, "vanished")
    limit = run.parameters.number("max_vanished_share")
    if vanished > limit * held:
        raise GateError(
            f"{entity.name} for {run.as_of_date} from source {source}: {vanished} of {held} rows are no longer there "
            f"(more than max_vanished_share {limit:.0%}); nothing was loaded. If they are really gone, run the day again "
            f"with --set max_vanished_share=1"
        )
    connection.execute(
        f"""
        insert into raw.{entity.name} by name
        select {key}, 'gone' as row_hash, $day::date as known_on, false as is_known_on_assumed, true as is_tombstone,
            $source as source_system, $day::date as loaded_on, $run_id as run_id
        from vanished order by {key}
        """,
        {"day": run.as_of_date, "source": source, "run_id": run.run_id},
    )
    return vanished
