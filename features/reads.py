"""Point-in-time reads: the one way training and scoring get features."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from wellkept.errors import BadInputError, WellkeptError


def read(connection: duckdb.DuckDBPyConnection, spine: pa.Table, names: Sequence[str]) -> pa.Table:
    """The spine with the features `names` joined on customer_id and as_of_date: one row out per row in, same order.

    A customer without features that day has NULLs. A day that no snapshot holds is a WellkeptError, an unknown feature
    or a spine without its two keys a BadInputError.
    """
    for key in ("customer_id", "as_of_date"):
        if key not in spine.column_names:
            raise BadInputError(f"the spine has no column {key}; it has {', '.join(spine.column_names)}")
    tables = find_tables(connection, names)
    connection.register("spine_given", spine)
    try:
        _check_days(connection, sorted(set(tables.values())))
        connection.execute(
            "create or replace temp table spine as select *, row_number() over () as _row from spine_given"
        )
    finally:
        connection.unregister("spine_given")
    columns = [f'spine."{name}"' for name in spine.column_names] + [f"{tables[name]}.{name}" for name in names]
    joins = [
        f"left join features.{table} as {table} on {table}.customer_id = spine.customer_id "
        f"and {table}.as_of_date = spine.as_of_date"
        for table in sorted(set(tables.values()))
    ]
    query = f"select {', '.join(columns)} from spine {' '.join(joins)} order by spine._row"
    result: pa.Table = connection.execute(query).to_arrow_table()
    return result


def find_tables(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> dict[str, str]:
    """The feature table of each name."""
    rows = connection.execute(
        "select column_name, table_name from duckdb_columns() where schema_name = 'features' "
        "and starts_with(table_name, 'feature_') and list_contains(?, column_name)",
        [list(names)],
    ).fetchall()
    tables = dict(rows)
    unknown = [name for name in names if name not in tables]
    if unknown:
        raise BadInputError(f"no feature table has {', '.join(unknown)}; `wellkept features list` names them all")
    if len(rows) != len(tables):
        raise WellkeptError(f"more than one feature table has one of {', '.join(sorted(name for name, _ in rows))}")
    return tables


def _check_days(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> None:
    missing = connection.execute(
        """
        select distinct spine_given.as_of_date, wanted.table_name
        from spine_given cross join (select unnest(?) as table_name) as wanted
        anti join features.snapshots as held
            on held.as_of_date = spine_given.as_of_date and held.table_name = wanted.table_name
        order by all limit 1
        """,
        [list(tables)],
    ).fetchone()
    if missing:
        raise WellkeptError(f"{missing[1]} has no snapshot of {missing[0]}; build it: features.build.build_days")
