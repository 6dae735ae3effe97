"""What has been loaded, by day, source and entity: the table raw.loads."""

from datetime import date

import duckdb

from wellkept.run import Run
from wellkept.warehouse import connect

CREATE = """
create table if not exists raw.loads (
    as_of_date date not null,
    source varchar not null,
    entity varchar not null,
    run_id varchar not null,
    rows_read bigint not null,
    rows_new bigint not null,
    rows_changed bigint not null,
    rows_unchanged bigint not null,
    rows_waiting bigint not null,
    rows_duplicate bigint not null,
    rows_superseded bigint not null,
    rows_quarantined bigint not null,
    unknown_columns varchar not null,
    primary key (as_of_date, source, entity)
)
"""


def last_loaded_day(run: Run, source: str | None = None) -> date | None:
    """The last day loaded from `source` (from any, where None); None before the first load."""
    if not run.home.warehouse.exists():
        return None
    with connect(run, f"reading which days are loaded ({source or 'all sources'})") as connection:
        return read_last_day(connection, source)


def read_last_day(
    connection: duckdb.DuckDBPyConnection, source: str | None = None, entity: str | None = None
) -> date | None:
    """The same, on a connection that is open already, and if wanted of one entity."""
    found = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'raw' and table_name = 'loads'"
    ).fetchone()
    if not found or not found[0]:
        return None
    row = connection.execute(
        "select max(as_of_date) from raw.loads where source = coalesce(?, source) and entity = coalesce(?, entity)",
        [source, entity],
    ).fetchone()
    return row[0] if row else None
