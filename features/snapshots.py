"""Which days each feature and label table holds, and by which definition: the table features.snapshots."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import duckdb

from wellkept.clock import utc_now
from wellkept.run import Run

GRID_EPOCH = date(2001, 1, 1)
"""A Monday; the weekly grid is every seventh day from here."""

_CREATE = """
create schema if not exists features;
create table if not exists features.snapshots (
    table_name varchar not null,
    as_of_date date not null,
    definition_hash varchar not null,
    raw_hash varchar not null,
    known_on date not null,
    run_id varchar not null,
    built_at timestamp not null,
    primary key (table_name, as_of_date)
)
"""


def weekly_days(first: date, last: date, every_weeks: int = 1) -> list[date]:
    """The days of the weekly grid from `first` to `last`, both included where they lie on it."""
    step = timedelta(weeks=every_weeks)
    offset = (first - GRID_EPOCH) % step
    start = first if not offset else first + step - offset
    return [start + step * index for index in range(max(0, (last - start) // step + 1))]


def is_on_grid(day: date) -> bool:
    """Whether the day lies on the weekly grid."""
    return (day - GRID_EPOCH).days % 7 == 0


# A load brings versions known from the day after the one before it, a first load from any day on. So a day's past
# consists of first loads and of the loads whose predecessor lies before the day; nothing else can change it.
_PASTS = """
with loads as (
    select *, lag(as_of_date) over (partition by source, entity order by as_of_date) as previous from raw.loads
)
select days.as_of_date, md5(string_agg(
    concat_ws(' ', loads.source, loads.entity, loads.as_of_date, loads.run_id), ',' order by loads.source, loads.entity,
    loads.as_of_date
)) as raw_hash
from (select unnest(?::date[]) as as_of_date) as days
inner join loads on loads.previous is null or loads.previous < days.as_of_date
group by days.as_of_date
"""


def find_missing(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    definition_hash: str,
    days: Iterable[date],
    final_after_days: int | None = None,
) -> list[date]:
    """The days that have to be built: absent, or (for labels, final after so many days) still open when they were built."""
    connection.execute(_CREATE)
    rows = connection.execute(
        "select as_of_date, known_on from features.snapshots where table_name = ? and definition_hash = ?",
        [table, definition_hash],
    ).fetchall()
    held = {
        day for day, known_on in rows if final_after_days is None or day + timedelta(days=final_after_days) <= known_on
    }
    return sorted(set(days) - held)


def forget_stale(connection: duckdb.DuckDBPyConnection, hashes: Mapping[str, str]) -> dict[str, list[date]]:
    """Forget what was built by another definition or on another past; returns the days to build again, by table."""
    connection.execute(_CREATE)
    days = connection.execute("select list(distinct as_of_date) from features.snapshots").fetchone()
    pasts = dict(connection.execute(_PASTS, [(days and days[0]) or []]).fetchall())
    stale: dict[str, list[date]] = {}
    for table, definition_hash in hashes.items():
        held = connection.execute(
            "select as_of_date, definition_hash, raw_hash from features.snapshots where table_name = ?", [table]
        ).fetchall()
        if any(built_by != definition_hash for _, built_by, _ in held):
            connection.execute(f"drop table if exists {schema_of(table)}.{table}")
            stale[table] = [day for day, _, _ in held]
        elif moved := [day for day, _, past in held if pasts.get(day) != past]:
            stale[table] = moved
        connection.execute(
            "delete from features.snapshots where table_name = ? and list_contains(?, as_of_date)",
            [table, stale.get(table, [])],
        )
    return stale


def note_built(
    connection: duckdb.DuckDBPyConnection, run: Run, hashes: Mapping[str, str], days: Sequence[date]
) -> None:
    """Note that every table in `hashes` now holds `days`."""
    connection.execute(_CREATE)
    pasts = dict(connection.execute(_PASTS, [list(days)]).fetchall())
    rows = [
        (table, day, definition_hash, pasts[day], run.as_of_date, run.run_id, utc_now())
        for table, definition_hash in hashes.items()
        for day in days
    ]
    connection.executemany("insert or replace into features.snapshots values (?, ?, ?, ?, ?, ?, ?)", rows)


def schema_of(table: str) -> str:
    """The schema a feature or label table lies in."""
    return "labels" if table.startswith("label_") else "features"


def thin(connection: duckdb.DuckDBPyConnection, tables: Iterable[str], kept_daily: int) -> int:
    """Delete all but the newest `kept_daily` days and the weekly grid; returns how many table-days went."""
    connection.execute(_CREATE)
    gone = 0
    for table in tables:
        rows = connection.execute(
            "select as_of_date from features.snapshots where table_name = ? order by as_of_date desc", [table]
        ).fetchall()
        for (day,) in rows[kept_daily:]:
            if not is_on_grid(day):
                connection.execute(f"delete from {schema_of(table)}.{table} where as_of_date = ?", [day])
                connection.execute(
                    "delete from features.snapshots where table_name = ? and as_of_date = ?", [table, day]
                )
                gone += 1
    return gone
