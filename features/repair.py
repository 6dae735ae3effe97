"""What of the feature store is no longer what a rebuild from raw would give: days by table, whole or for some customers.

A load brings rows that were known before it came where it is the first of its source and entity, or where the load
before it lies days back (DESIGN.md, section 3). Snapshots that had not seen it are repaired for whom its rows touch
(features/touched.py); for everybody where the load took rows away, where it is the first to tell of an entity on the day,
where rows of one customer count in another's, and in labels.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb

from features import snapshots
from features.touched import write_touched
from wellkept.landing.contract import ENTITIES
from wellkept.project.absence import entities_null_while_absent
from wellkept.project.definitions import entities_read
from wellkept.project.feature_columns import read_feature_columns
from wellkept.project.labels import days_to_maturity
from wellkept.runs.run import Run

_HELD = """
create or replace temp table held as
with noted as (
    select table_name, as_of_date, loads_seen, starts_with(table_name, 'label_') as is_label,
        as_of_date + coalesce(final_after.days, 0)::integer as final_date, known_on
    from features.snapshots left join final_after using (table_name)
    where as_of_date <= $as_of_date and loads_seen < $loads_seen
)
-- a label that was open when it was built holds only who was eligible on its day
select * exclude (final_date, known_on),
    case when is_label and final_date <= known_on then final_date else as_of_date end as known_until
from noted
"""
_WHOLE = """
select table_name, as_of_date from held
where exists (
    from features.loads as gone where held.loads_seen >= gone.number and held.loads_seen < gone.gone_number
        and held.known_until > coalesce((
            select max(before.as_of_date) from raw.loads as before
            where before.source = gone.source and before.entity = gone.entity and before.as_of_date < gone.as_of_date
        ), date '0001-01-01')
)
union
select held.table_name, held.as_of_date from held inner join dirty using (table_name, as_of_date)
where held.is_label or list_contains($depend_on_everyone, held.table_name)
    or (dirty.entity = 'orders' and (select count(distinct upper(currency)) > 1 from raw.orders))
union
select held.table_name, held.as_of_date from held inner join dirty using (table_name, as_of_date)
inner join reported using (entity)
where not held.is_label
group by held.table_name, held.as_of_date, held.loads_seen, reported.entity
having min(reported.reported_on) <= held.as_of_date
    and coalesce(min(reported.reported_on) filter (where reported.number <= held.loads_seen) > held.as_of_date, true)
"""


@dataclass(frozen=True)
class Repairs:
    """The days to build again by table: for everybody, or for the customers in features.touched."""

    loads_seen: int
    redefined: dict[str, list[date]] = field(default_factory=dict)
    whole: dict[str, list[date]] = field(default_factory=dict)
    touched: dict[str, list[date]] = field(default_factory=dict)


def find_repairs(connection: duckdb.DuckDBPyConnection, run: Run, hashes: Mapping[str, str]) -> Repairs:
    """What is to be built again as of the run's day; snapshots that nothing touched have seen all loads from now on.

    Tables of another definition are dropped, and their days after the run's forgotten; else nothing is changed, so
    that a repair that was killed is found again.
    """
    loads_seen = snapshots.look_at_loads(connection)
    redefined = _drop_redefined(connection, run, hashes)
    _note_final_after(connection, run)
    connection.execute(_HELD, {"as_of_date": run.as_of_date, "loads_seen": loads_seen})
    connection.execute("delete from held where list_contains(?, table_name)", [[*redefined]])
    _find_dirty(connection, {table: entities_read(table) for table in hashes})
    _find_reported(connection)
    depend_on_everyone = sorted({column.table for column in read_feature_columns() if column.depends_on_everyone})
    whole = connection.execute(_WHOLE, {"depend_on_everyone": depend_on_everyone}).fetchall()
    dirty = set(connection.execute("select distinct table_name, as_of_date from dirty").fetchall())
    touched = dirty - set(whole)
    repairs = Repairs(loads_seen, redefined, _by_table(whole), _by_table(touched))
    _write_touched(connection, repairs)
    _note_clean(connection, loads_seen, dirty | set(whole))
    return repairs


def _drop_redefined(
    connection: duckdb.DuckDBPyConnection, run: Run, hashes: Mapping[str, str]
) -> dict[str, list[date]]:
    """Drop the tables that another definition made, or that are gone; returns the days they held."""
    redefined: dict[str, list[date]] = {}
    for table, definition_hash in hashes.items():
        held = connection.execute(
            "select as_of_date, definition_hash from features.snapshots where table_name = ? order by all", [table]
        ).fetchall()
        is_there = connection.execute("from duckdb_tables() where table_name = ?", [table]).fetchone()
        if held and is_there and all(built_by == definition_hash for _, built_by in held):
            continue
        connection.execute(f"drop table if exists {snapshots.schema_of(table)}.{table}")
        if not held:  # a first build that was never finished, by whatever definition
            continue
        redefined[table] = [day for day, _ in held if day <= run.as_of_date]
        connection.execute(
            "delete from features.snapshots where table_name = ? and as_of_date > ?", [table, run.as_of_date]
        )
        # By no definition until they are built: if that is killed, dbt may have made the table by this one already, and
        # the next run may be back at the one before.
        connection.execute("update features.snapshots set definition_hash = '' where table_name = ?", [table])
    return redefined


def _note_final_after(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Make the temp table final_after: so many days after its day the label of a table is final."""
    connection.execute("create or replace temp table final_after (table_name varchar, days integer)")
    connection.executemany("insert into final_after values (?, ?)", [*days_to_maturity(run.parameters).items()])


def _find_dirty(connection: duckdb.DuckDBPyConnection, entities: Mapping[str, list[str]]) -> None:
    """Make the temp table dirty: held snapshots, and the entities of which later loads reported what was known by them."""
    connection.execute("create or replace temp table reads (table_name varchar, entity varchar)")
    connection.executemany(
        "insert into reads values (?, ?)", [(t, entity) for t, read in entities.items() for entity in read]
    )
    connection.execute("create or replace temp table firsts (entity varchar, number bigint, known_on date)")
    for name in sorted({entity for read in entities.values() for entity in read}):
        loads = "loads.number > (select min(loads_seen) from held)"
        connection.execute(f"insert into firsts {_first_by_load(name, 'landed.known_on', loads)}")
    connection.execute(
        """
        create or replace temp table dirty as
        select distinct held.table_name, held.as_of_date, firsts.entity
        from held inner join reads using (table_name) inner join firsts using (entity)
        where firsts.number > held.loads_seen and firsts.known_on <= held.known_until
        """
    )


def _find_reported(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the temp table reported: from which day on each load reported something of an entity that features are NULL without."""
    connection.execute("create or replace temp table reported (entity varchar, number bigint, reported_on date)")
    for (name,) in connection.execute(
        "select distinct entity from dirty where not starts_with(table_name, 'label_')"
    ).fetchall():
        if name in entities_null_while_absent():
            reported_on = f"greatest(landed.known_on, cast(landed.{ENTITIES[name].event} as date) + 1)"
            connection.execute(f"insert into reported {_first_by_load(name, reported_on, 'not landed.is_tombstone')}")


def _first_by_load(entity: str, day: str, condition: str) -> str:
    """The least of a day over the rows of each load of an entity."""
    return f"""
        select loads.entity, loads.number, min({day})
        from raw.{entity} as landed inner join features.loads
            on landed.source_system = loads.source and landed.loaded_on = loads.as_of_date
        where loads.entity = '{entity}' and loads.gone_number is null and {condition}
        group by loads.entity, loads.number
    """


def _write_touched(connection: duckdb.DuckDBPyConnection, repairs: Repairs) -> None:
    days = dict(
        connection.execute(
            "select as_of_date, min(loads_seen) from held where list_contains(?, as_of_date) group by all",
            [sorted({day for days in repairs.touched.values() for day in days})],
        ).fetchall()
    )
    write_touched(connection, days, sorted({entity for table in repairs.touched for entity in entities_read(table)}))


def _note_clean(connection: duckdb.DuckDBPyConnection, loads_seen: int, dirty: set[tuple[str, date]]) -> None:
    clean = set(connection.execute("select table_name, as_of_date from held").fetchall()) - dirty
    if clean:
        connection.executemany(
            "update features.snapshots set loads_seen = ? where table_name = ? and as_of_date = ?",
            [(loads_seen, table, day) for table, day in clean],
        )


def _by_table(pairs: set[tuple[str, date]] | list[tuple[str, date]]) -> dict[str, list[date]]:
    days: dict[str, list[date]] = defaultdict(list)
    for table, day in sorted(pairs):
        days[table].append(day)
    return dict(days)
