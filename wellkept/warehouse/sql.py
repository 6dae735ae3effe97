"""What SQL cannot bind, written safely: names and literals; how many rows there are."""

from collections.abc import Mapping

import duckdb


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever characters it has."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def literal(text: object) -> str:
    """A text as SQL takes it, where no value can be bound: paths in a view, in attach and in copy."""
    escaped = str(text).replace("'", "''")
    return f"'{escaped}'"


def count_rows(connection: duckdb.DuckDBPyConnection, rows: str, bound: Mapping[str, object] | None = None) -> int:
    """How many rows a table has, or what may stand after `from`."""
    found = connection.execute(f"select count(*) from {rows}", bound or {}).fetchone()
    return int(found[0]) if found else 0


def spread(key: str) -> str:
    """A whole number below 2^32 for a key, evenly spread and always the same: what a sample of keys is drawn by."""
    return f"cast('0x' || substr(md5({key}), 1, 8) as bigint)"


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """Whether the connection's own database has the table."""
    is_it = "database_name = current_database() and schema_name = $schema and table_name = $table"
    return count_rows(connection, f"duckdb_tables() where {is_it}", {"schema": schema, "table": table}) > 0
