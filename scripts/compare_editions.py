"""Compare two editions, or two homes, table by table: the same rows, or which differ, with examples.

    python scripts/compare_editions.py OLD NEW

OLD and NEW are editions (published/wellkept.duckdb), warehouses, or home folders, of which marts, features and labels are
compared. Left out is what two runs of the same day may say differently: audit columns, definition hashes and what is made
from them, sentences, and columns that only the new feature registry has. Of a model's version its day is compared, since
its name ends in a hash, and of the reasons of a score those that add enough to be shown. Ends with 1 where anything differs.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from wellkept.editions.manifest import AUDIT_COLUMNS
from wellkept.warehouse.sql import literal

SCHEMAS = ("main", "marts", "features", "labels")
_OWN_TO_A_HOME = ("features.snapshots", "features.loads", "features.touched")
"""What a home notes of its own past: no two are alike."""
_LEFT_OUT = AUDIT_COLUMNS | {
    *("created_at", "proved_at", "wellkept_version", "raw_watermark"),
    *("definition_hash", "feature_set_hash", "content_hash", "definition"),
}
_SENTENCE = re.compile(r"(reason_\d|change)_sentence")
_MAY_GROW = ("feature_registry",)
_REASON = re.compile(r"reason_(\d)_(feature|value|contribution)")
_LEAST_CONTRIBUTION = 0.05
_LEAST_SHARE_OF_FIRST = 20

Columns = dict[str, str]
"""The data types of a table's columns, by name."""


@dataclass
class Difference:
    """What of one table differs, in words, and rows that only one side has."""

    table: str
    said: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, say what was found, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--examples", type=int, default=3, help="rows shown of each side that differs (default 3)")
    parser.add_argument("--without", action="append", default=[], metavar="COLUMN", help="leave out this column too")
    given = parser.parse_args(arguments)
    with attached(old=find_database(given.old), new=find_database(given.new)) as connection:
        tables, differences = compare(connection, given.examples, frozenset(given.without))
    for difference in differences:
        print(f"{difference.table}:", *difference.said, sep="\n    ")
    print(f"{tables} tables compared, {len(differences)} differ")
    return 1 if differences else 0


def find_database(path: Path) -> Path:
    """The database that a path means: a home's warehouse, or itself."""
    file = path / "warehouse.duckdb" if path.is_dir() else path
    if not file.exists():
        sys.exit(f"{file} does not exist: give an edition, a warehouse or a home")
    return file.resolve()


@contextmanager
def attached(**files: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which the files are databases of these names, read only."""
    with duckdb.connect() as connection:
        for name, file in files.items():
            connection.execute(f"attach {literal(file)} as {name} (read_only)")
        yield connection


def compare(
    connection: duckdb.DuckDBPyConnection, examples: int = 3, without: frozenset[str] = frozenset()
) -> tuple[int, list[Difference]]:
    """How many tables the databases `old` and `new` have, and those that differ."""
    old, new = (list_tables(connection, database) for database in ("old", "new"))
    differences = []
    for table in sorted({*old, *new}):
        if table not in old or table not in new:
            differences.append(Difference(table, [f"only {'old' if table in old else 'new'} has it"]))
            continue
        found = compare_table(connection, table, (old[table], new[table]), examples, without)
        if found.said:
            differences.append(found)
    return len({*old, *new}), differences


def list_tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, Columns]:
    """The tables to compare, as schema.name, each with its columns."""
    rows = connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "semi join duckdb_tables() using (database_name, schema_name, table_name) "
        "where database_name = ? and list_contains(?, schema_name) order by column_index",
        [database, list(SCHEMAS)],
    ).fetchall()
    tables: dict[str, Columns] = {}
    for table, column, data_type in rows:
        if table not in _OWN_TO_A_HOME:
            tables.setdefault(table, {})[column] = data_type
    return tables


def compare_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: tuple[Columns, Columns],
    examples: int = 3,
    without: frozenset[str] = frozenset(),
) -> Difference:
    """What differs in a table that both have: columns, types, the number of rows, rows."""
    old, new = columns
    difference = Difference(table)
    may_grow = table.rpartition(".")[2] in _MAY_GROW
    for name in [name for name in {**old, **new} if not _is_left_out(name, without)]:
        if name not in new or (name not in old and not may_grow):
            difference.said.append(f"only {'old' if name in old else 'new'} has the column {name}")
        elif name in old and old[name] != new[name]:
            difference.said.append(f"{name} was {old[name]} and is {new[name]}")
    shared = [name for name in old if name in new and not _is_left_out(name, without)]
    difference.said += _compare_rows(connection, table, shared, examples)
    return difference


def _is_left_out(name: str, without: frozenset[str]) -> bool:
    return name in _LEFT_OUT or name in without or bool(_SENTENCE.fullmatch(name))


def _compare_rows(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], examples: int
) -> list[str]:
    chosen = ", ".join(_expression(name, columns) for name in columns) or "'nothing to compare' as columns"
    for side in ("old", "new"):
        connection.execute(f"create or replace temp table {side}_rows as select {chosen} from {side}.{table}")
    connection.execute("create or replace temp table only_old as from old_rows except all from new_rows")
    connection.execute("create or replace temp table only_new as from new_rows except all from old_rows")
    old, new, only_old, only_new = (
        connection.execute(f"select count(*) from {name}").fetchall()[0][0]
        for name in ("old_rows", "new_rows", "only_old", "only_new")
    )
    if not only_old and not only_new:
        return []
    said = [f"{old} rows and {new}; {only_old} only in old, {only_new} only in new"]
    differing = _list_differing(connection, columns)
    said.append(f"columns that differ: {', '.join(differing) or 'none by itself, only how they go together'}")
    shown = list(dict.fromkeys([*columns[:3], *differing[:6]]))
    for side in ("old", "new"):
        rows = connection.execute(f"select {', '.join(shown)} from only_{side} order by all limit ?", [examples])
        said += [f"{side}: {dict(zip(shown, row, strict=True))}" for row in rows.fetchall()]
    return said


def _list_differing(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> list[str]:
    """The columns whose values differ taken alone, among the rows that differ."""
    return [
        name
        for name in columns
        if connection.execute(
            f"(select {name} from only_old except all select {name} from only_new) union all "
            f"(select {name} from only_new except all select {name} from only_old) limit 1"
        ).fetchone()
    ]


def _expression(name: str, columns: Sequence[str]) -> str:
    if name == "model_version":
        return "regexp_replace(model_version, '-[0-9a-f]{8}$', '') as model_version"
    reason = _REASON.fullmatch(name)
    if reason and f"reason_{reason[1]}_contribution" in columns:
        own, first = f"reason_{reason[1]}_contribution", "reason_1_contribution"
        least = f"greatest({_LEAST_CONTRIBUTION}, abs({first}) / {_LEAST_SHARE_OF_FIRST})"
        return f"case when abs({own}) >= {least} then {name} end as {name}"
    return name


if __name__ == "__main__":
    sys.exit(main())
