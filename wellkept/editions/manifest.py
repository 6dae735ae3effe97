"""What an edition holds, in a file beside it that needs no database to read."""

import hashlib
import json
from typing import Any

import duckdb

from wellkept import __version__
from wellkept.deployment.paths import Home
from wellkept.editions.facts import Facts, count_quarantined
from wellkept.editions.shelf import read_linked
from wellkept.runs.run import Run
from wellkept.warehouse.sql import quoted

MANIFEST_FORMAT = 1
# Columns that may differ between two builds of one day from one raw: when it was written and by which run,
# and since when a row was known (DESIGN, section 3).
AUDIT_COLUMNS = frozenset({"scored_at", "published_at", "run_id", "checked_at", "known_from", "is_known_on_assumed"})
# Elsewhere created_at is an event.
_AUDIT_BY_TABLE = {"model_versions": AUDIT_COLUMNS | {"created_at"}}


def read_manifest(home: Home) -> dict[str, Any] | None:
    """The manifest of the edition readers get now; None where there is no edition."""
    linked = read_linked(home)
    if linked is None or not linked.manifest_path.exists():
        return None
    manifest: dict[str, Any] = json.loads(linked.manifest_path.read_text(encoding="utf-8"))
    return manifest


def make_manifest(
    connection: duckdb.DuckDBPyConnection, run: Run, database: str, facts: Facts, verdict: dict[str, Any]
) -> dict[str, Any]:
    """The manifest of the edition attached as `database`; equal content hashes mean equal rows, in whatever order."""
    return {
        "format": MANIFEST_FORMAT,
        **{name: value for name, value in vars(facts).items() if name not in ("parameters", "sources")},
        "parameters": dict(run.parameters),
        "overridden": dict(run.parameters.overridden),
        "sources": json.loads(facts.sources),
        "gate": verdict,
        "rows_quarantined": count_quarantined(connection, run),
        "tables": {name: describe_table(connection, database, name) for name in _table_names(connection, database)},
        "duckdb_version": duckdb.__version__,
        "written_by": __version__,
    }


def describe_table(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> dict[str, Any]:
    """Rows and content hash of one table of an attached edition."""
    columns = [name for (name,) in connection.execute(_COLUMNS, [database, table]).fetchall()]
    hashed = ", ".join(quoted(name) for name in columns if name not in _AUDIT_BY_TABLE.get(table, AUDIT_COLUMNS))
    # The sum of row hashes does not depend on order, and unlike xor it sees a row that comes twice.
    rows, total = connection.execute(
        f"select count(*), coalesce(sum(hash({hashed}))::varchar, '0') from {quoted(database)}.main.{quoted(table)}"
    ).fetchall()[0]
    digest = hashlib.sha256(f"{hashed}|{rows}|{total}".encode()).hexdigest()[:32]
    return {"rows": rows, "content_hash": digest}


def _table_names(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    rows = connection.execute("select table_name from duckdb_tables() where database_name = ? order by 1", [database])
    return [name for (name,) in rows.fetchall()]


_COLUMNS = "select column_name from duckdb_columns() where database_name = ? and table_name = ? order by column_name"
