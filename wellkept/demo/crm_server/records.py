"""What the CRM holds: one Parquet file an object type, written by the demo and read by the server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa

from wellkept.warehouse.sql import literal


class CrmBooks(Protocol):
    """The part of the demo company's books that the CRM holds."""

    @property
    def crm(self) -> Mapping[str, pa.Table]: ...


def write_crm(folder: Path, books: CrmBooks) -> dict[str, tuple[int, int]]:
    """Make the CRM hold these books; by object type, how many objects are new and how many changed.

    A running server notices. Each type is replaced as a whole, in one step.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, tuple[int, int]] = {}
    with duckdb.connect(config={"threads": 2}) as connection:
        for object_type, table in books.crm.items():
            path = folder / f"{object_type}.parquet"
            part = folder / f".{object_type}.parquet.part"
            connection.register("given", table)
            connection.execute(f"copy (select * from given order by id::bigint) to {literal(part)} (format parquet)")
            counts[object_type] = _count_changes(connection, part, path)
            part.replace(path)
    return counts


def _count_changes(connection: duckdb.DuckDBPyConnection, new: Path, old: Path) -> tuple[int, int]:
    if not old.exists():
        return _count(connection, f"select count(*), 0 from {_rows(new)}")
    known = {*_columns(connection, old)}
    common = [f'"{name}"' for name in _columns(connection, new) if name in known]
    here, there = (", ".join(f"{side}.{name}" for name in common) for side in ("here", "there"))
    return _count(
        connection,
        f"""
        select count(*) filter (there.id is null), count(*) filter (there.id is not null and ({here}) is distinct from ({there}))
        from {_rows(new)} as here left join {_rows(old)} as there on here.id = there.id
        """,
    )


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, int]:
    row = connection.execute(query).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    return [name for name, *_ in connection.execute(f"describe select * from {_rows(path)}").fetchall()]


def _rows(path: Path) -> str:
    return f"read_parquet({literal(path)})"
