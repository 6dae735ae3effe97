"""A spine on disk: its rows as they came, and in a database of its own their keys and what was computed for them alone."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from features.spines import read_keys
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import open_database
from wellkept.warehouse.sql import literal


@dataclass(frozen=True)
class Spool:
    """Where a spine lies, what columns it has, and the table and type of each feature wanted beside them."""

    folder: Path
    schema: pa.Schema
    wanted: dict[str, tuple[str, pa.DataType]]

    @property
    def rows(self) -> Path:
        return self.folder / "spine.arrows"

    @property
    def database(self) -> Path:
        return self.folder / "spine.duckdb"

    @property
    def tables(self) -> dict[str, str]:
        return {name: table for name, (table, _) in self.wanted.items()}

    @property
    def table_names(self) -> list[str]:
        return sorted(set(self.tables.values()))

    def columns_of(self, table: str) -> str:
        return ", ".join(["customer_id", "as_of_date", *(n for n, of in self.tables.items() if of == table)])

    def take_in(self, run: Run, reader: pa.RecordBatchReader, rows_at_once: int) -> None:
        """Write the rows and their keys, so many at a time."""
        start = 0
        connection = open_database(self.database, run.home.scratch, run.settings)
        try:
            connection.execute("create table keys (row_number bigint, customer_id varchar, as_of_date date)")
            connection.execute("create table days_computed (as_of_date date)")
            with pa.ipc.new_stream(str(self.rows), self.schema) as rows:
                for table in gather(reader, rows_at_once):
                    rows.write_table(table)
                    numbers = np.arange(start, start + len(table))
                    customers, days = read_keys(table)
                    connection.register(
                        "taken", pa.table({"row_number": numbers, "customer_id": customers, "as_of_date": days})
                    )
                    connection.execute("insert into keys from taken")
                    connection.unregister("taken")
                    start += len(table)
        finally:
            connection.close()


def gather(batches: Iterable[pa.RecordBatch], rows_at_once: int) -> Iterator[pa.Table]:
    """Batches of any size as tables of about so many rows."""
    gathered: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        for start in range(0, len(batch), rows_at_once):
            gathered.append(batch.slice(start, rows_at_once))
            rows += len(gathered[-1])
            if rows >= rows_at_once:
                yield pa.Table.from_batches(gathered)
                gathered, rows = [], 0
    if gathered:
        yield pa.Table.from_batches(gathered)


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, spool: Spool) -> Iterator[None]:
    """Inside, the spool's database is there as `spool`."""
    connection.execute(f"attach {literal(spool.database)} as spool")
    try:
        yield
    finally:
        connection.execute("detach spool")
