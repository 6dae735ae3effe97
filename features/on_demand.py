"""`features.read`: features for any rows of customers and days, also of days that no snapshot holds."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from features import snapshots
from features.build import build_days, chunk_days, find_missing, first_known_day
from features.left_behind import remove_left_behind
from features.reads import check_held, join, put_beside
from features.registry import ARROW_TYPES, load
from features.spines import check_columns
from features.spool import Spool, attached, gather
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.log import get_logger
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect, transaction

log = get_logger(__name__)

_ROWS_AT_ONCE = 500_000
"""Rows of the spine whose features are in memory together; sixty features of so many are a quarter of a gigabyte."""
_PREFIX = "read-"


def read(run: Run, spine: pa.Table | pa.RecordBatchReader, names: Sequence[str]) -> pa.RecordBatchReader:
    """The spine with the features `names` of its customer_id and as_of_date: one row out per row in, same order.

    The spine may be larger than memory, on any days up to the run's: days that no snapshot holds are computed, and
    forgotten again unless they lie on the weekly grid. Its columns come back as they are; what is not known, such as
    the features of a customer nobody knows or of a day before the first, is NULL. What is read is spooled to disk, so
    that the warehouse is held only for a moment now and then, and removed with the last batch.
    """
    if isinstance(names, str) or not isinstance(spine, (pa.Table, pa.RecordBatchReader)):
        raise BadInputError(
            "features.read takes a pyarrow Table or RecordBatchReader and a list of names, not "
            f"{type(spine).__name__} and {type(names).__name__}; of a data frame make pa.Table.from_pandas(frame)"
        )
    reader = spine if isinstance(spine, pa.RecordBatchReader) else spine.to_reader()
    check_columns(reader.schema, names)
    wanted = _find_wanted(names)
    run.home.scratch.mkdir(parents=True, exist_ok=True)
    remove_left_behind(run.home.scratch, f"{_PREFIX}*")
    folder = TemporaryDirectory(prefix=_PREFIX, dir=run.home.scratch, ignore_cleanup_errors=True)
    try:
        spool = Spool(Path(folder.name), reader.schema, wanted)
        spool.take_in(run, reader, _ROWS_AT_ONCE)
        _compute_days(run, spool)
    except BaseException:
        folder.cleanup()
        raise
    fields = [pa.field(name, kind) for name, (_, kind) in wanted.items()]
    schema = pa.schema([*reader.schema, *fields], metadata=reader.schema.metadata)
    return pa.RecordBatchReader.from_batches(schema, _stream(run, spool, schema, folder))


def _find_wanted(names: Sequence[str]) -> dict[str, tuple[str, pa.DataType]]:
    """The table and type of each feature."""
    features = _registered()
    unknown = [name for name in names if name not in features]
    if unknown:
        raise BadInputError(f"there is no feature {', '.join(unknown)}; `wellkept features list` names them all")
    return {name: features[name] for name in names}


@cache
def _registered() -> dict[str, tuple[str, pa.DataType]]:
    return {feature.name: (feature.group, ARROW_TYPES[feature.data_type]) for feature in load()}


def _compute_days(run: Run, spool: Spool) -> None:
    """Build what no snapshot holds, so many days at a time; keep of it what the spine asks for, and forget the rest."""
    missing = find_missing(run, spool.table_names, _list_days(run, spool))
    chunks = chunk_days(run, sorted({day for days in missing.values() for day in days}))
    for number, days in enumerate(chunks, start=1):
        log.info(
            "computing features of %d days that no snapshot holds, %s to %s (%d of %d)",
            *(len(days), days[0], days[-1], number, len(chunks)),
        )
        with connect(run, "looking which days are held") as connection:
            held = snapshots.list_held(connection)
        build_days(run, days, spool.table_names)
        with connect(run, "taking over computed features") as connection:
            with attached(connection, spool):
                _take_over(connection, spool, [day for day in days if not snapshots.is_on_grid(day)])
            with transaction(connection):  # what another run has built meanwhile is its own
                _forget_again(connection, snapshots.list_held(connection, run.run_id) - held)


def _list_days(run: Run, spool: Spool) -> list[date]:
    """The days of the spine of which anything can be known; one after the run's is a BadInputError."""
    build_days(run, [])  # what is held is repaired before it is read
    with connect(run, "reading the days of a spine") as connection, attached(connection, spool):
        first = first_known_day(connection)
        rows = connection.execute(
            "select distinct as_of_date from spool.keys where as_of_date is not null order by all"
        )
        days = [day for (day,) in rows.fetchall()]
        connection.execute("insert into spool.days_computed select unnest(?::date[])", [[d for d in days if d < first]])
    if days and days[-1] > run.as_of_date:
        raise BadInputError(
            f"the spine asks for features of {days[-1]}, but the run is as of {run.as_of_date}: load that day first, or "
            "leave its rows out"
        )
    return [day for day in days if day >= first]


def _take_over(connection: duckdb.DuckDBPyConnection, spool: Spool, days: Sequence[date]) -> None:
    """Copy the features of the spine's customers on days that are about to be forgotten."""
    for table in spool.table_names:
        connection.execute(
            f"create table if not exists spool.{table} as select {spool.columns_of(table)} from features.{table} limit 0"
        )
        connection.execute(
            f"insert into spool.{table} select {spool.columns_of(table)} from features.{table} "
            "semi join spool.keys using (customer_id, as_of_date) where list_contains(?, as_of_date)",
            [days],
        )
    connection.execute("insert into spool.days_computed select unnest(?::date[])", [days])


def _forget_again(connection: duckdb.DuckDBPyConnection, made: set[tuple[str, date]]) -> None:
    """Delete what was built for this read alone: days off the weekly grid."""
    for table in sorted({table for table, _ in made}):
        days = [day for name, day in made if name == table and not snapshots.is_on_grid(day)]
        if days:
            snapshots.forget(connection, table, days)


def _stream(run: Run, spool: Spool, schema: pa.Schema, folder: "TemporaryDirectory[str]") -> Iterator[pa.RecordBatch]:
    """The rows with their features, in order; the folder is gone with the last, or with the reader if nobody reads on."""
    with folder, pa.memory_map(str(spool.rows)) as file:
        start = 0
        for rows in gather(pa.ipc.open_stream(file), _ROWS_AT_ONCE):
            found = _read_range(run, spool, start, start + len(rows))
            start += len(rows)
            yield from put_beside(rows, found).cast(schema).to_batches()


def _read_range(run: Run, spool: Spool, start: int, end: int) -> pa.Table:
    keys = f"(select * from spool.keys where row_number >= {start} and row_number < {end})"
    with connect(run, "reading features") as connection, attached(connection, spool):
        is_held = "as_of_date not in (select as_of_date from spool.days_computed)"
        check_held(connection, f"(select * from {keys} where {is_held})", spool.table_names)
        computed = {
            table
            for (table,) in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'spool'"
            ).fetchall()
        }

        def relation(table: str, _: str) -> str:
            columns, stored = spool.columns_of(table), f"features.{table}"
            if table not in computed:
                return stored
            return f"(select {columns} from {stored} where {is_held} union all select {columns} from spool.{table})"

        query = f"{join(keys, spool.tables, list(spool.wanted), relation)} order by keys.row_number"
        return connection.execute(query).to_arrow_table()
