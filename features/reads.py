"""Point-in-time reads of days that are held: what scoring and training get features by, and `features.read` stands on."""

from collections.abc import Callable, Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from features.spines import check_columns, read_keys
from wellkept.deployment.errors import BadInputError, WellkeptError


def read(connection: duckdb.DuckDBPyConnection, spine: pa.Table, names: Sequence[str]) -> pa.Table:
    """The spine with the features `names` of its customer_id and as_of_date: one row out per row in, same order.

    A customer without features that day, or no customer at all, has NULLs. A day that no snapshot holds is a
    WellkeptError, an unknown feature or a spine without its two keys a BadInputError.
    """
    check_columns(spine.schema, names)
    tables = find_tables(connection, names)
    customers, days = read_keys(spine)
    rows = pa.table({"row_number": np.arange(len(spine)), "customer_id": customers, "as_of_date": days})
    connection.register("spine_keys", rows)
    try:
        check_held(connection, "spine_keys", sorted(set(tables.values())))
        query = f"{join('spine_keys', tables, names)} order by keys.row_number"
        found = connection.execute(query).to_arrow_table()
    finally:
        connection.unregister("spine_keys")
    return put_beside(spine, found)


def join(
    keys: str,
    tables: Mapping[str, str],
    names: Sequence[str],
    relation: Callable[[str, str], str] = lambda table, _: f"features.{table}",
    day_columns: Sequence[str] = ("as_of_date",),
) -> str:
    """The SQL for features of keys (row_number, customer_id and days): row_number and the features by day, in no order.

    All that reads features reads them by this: training, scoring and whoever asks. What a day does not know is NULL.
    `relation` says where the rows of a table for a column of days are.
    """
    columns, joins = ["keys.row_number"], []
    for day_column in day_columns:
        columns += [f"{tables[name]}_{day_column}.{name}" for name in names]
        joins += [
            f"left join {relation(table, day_column)} as {table}_{day_column} on keys.customer_id = "
            f"{table}_{day_column}.customer_id and keys.{day_column} = {table}_{day_column}.as_of_date"
            for table in sorted(set(tables.values()))
        ]
    return f"select {', '.join(columns)} from {keys} as keys {' '.join(joins)}"


def put_beside(spine: pa.Table, features: pa.Table) -> pa.Table:
    """The spine, as it is, with the columns of `features`, row by row."""
    if len(spine) != len(features):
        raise WellkeptError(
            f"{len(spine)} rows were asked for and {len(features)} found: a feature table holds a customer twice on a day; "
            "build that day again: wellkept features backfill"
        )
    for field in features.schema:
        if field.name != "row_number":
            spine = spine.append_column(field, features.column(field.name))
    return spine


def find_tables(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> dict[str, str]:
    """The feature table of each name."""
    rows = connection.execute(
        "select column_name, table_name from duckdb_columns() where schema_name = 'features' "
        "and starts_with(table_name, 'feature_customer__') and list_contains(?, column_name)",
        [list(names)],
    ).fetchall()
    tables = dict(rows)
    unknown = [name for name in names if name not in tables]
    if unknown:
        raise BadInputError(f"no feature table has {', '.join(unknown)}; `wellkept features list` names them all")
    if len(rows) != len(tables):
        raise WellkeptError(f"more than one feature table has one of {', '.join(sorted(name for name, _ in rows))}")
    return tables


def check_held(connection: duckdb.DuckDBPyConnection, keys: str, tables: Sequence[str]) -> None:
    """Every day of the keys is held by the tables, or a WellkeptError names the first that is not."""
    missing = connection.execute(
        f"""
        select days.as_of_date, wanted.table_name
        from (select distinct as_of_date from {keys} where as_of_date is not null) as days
        cross join (select unnest(?) as table_name) as wanted
        anti join features.snapshots as held
            on days.as_of_date = held.as_of_date and wanted.table_name = held.table_name
        order by all limit 1
        """,
        [list(tables)],
    ).fetchone()
    if missing:
        raise WellkeptError(
            f"{missing[1]} has no snapshot of {missing[0]}; build it: wellkept features backfill --from {missing[0]} "
            f"--to {missing[0]}"
        )
