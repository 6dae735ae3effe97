"""Raw learns of rows that are gone, rows that wait, and the columns that were delivered: incremental sources need them."""

import duckdb

_RAW_IN_FORMAT_1 = ("orders", "customers", "order_lines", "products", "refunds", "payments")
_LOADS = {"rows_released": ("bigint", "0"), "rows_vanished": ("bigint", "0"), "columns": ("varchar", "'[]'")}


def apply(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the columns, with what was true before there were any: no row gone, none waiting, columns not noted."""
    present = {
        name
        for (name,) in connection.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
    }
    # Notes on snapshots named what raw held by a hash; the snapshots themselves are built anew.
    connection.execute("drop table if exists features.snapshots")
    for entity in _RAW_IN_FORMAT_1:
        if entity in present:
            _add(connection, entity, "is_tombstone", "boolean", "false")
            # leads and sessions have a column `source` of their own
            connection.execute(f"alter table raw.{entity} rename column source to source_system")
    if "loads" in present:
        for column, (sql_type, value) in _LOADS.items():
            _add(connection, "loads", column, sql_type, value)


def _add(connection: duckdb.DuckDBPyConnection, table: str, column: str, sql_type: str, value: str) -> None:
    connection.execute(f"alter table raw.{table} add column {column} {sql_type} default {value}")
    # Not made NOT NULL, as in a new home: DuckDB cannot do that in the transaction that adds the column.
    connection.execute(f"alter table raw.{table} alter column {column} drop default")
