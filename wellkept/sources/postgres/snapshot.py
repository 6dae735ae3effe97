"""A database as of one moment: read through DuckDB's extension, in one read-only transaction.

The extension ends the whole process if a connection is dropped with its transaction open and its server gone, so the
transaction is always rolled back here, on a DuckDB of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from wellkept.landing.request import Request
from wellkept.sources.postgres.connection_text import with_settings
from wellkept.sources.postgres.failures import Place, UnreachableError, explain_failure, explain_refusal
from wellkept.sources.postgres.settings import PostgresSource
from wellkept.warehouse.extensions import load_extension
from wellkept.warehouse.sql import literal


@dataclass(frozen=True)
class Snapshot:
    """What a database held at one moment."""

    _connection: duckdb.DuckDBPyConnection

    def describe(self, selection: str, place: Place) -> dict[str, str]:
        """The columns of a selection and the types DuckDB gives them; no row is read."""
        try:
            rows = self._connection.execute(f"describe from {_query(selection)}").fetchall()
        except duckdb.Error as error:
            raise explain_failure(str(error), selection, place, may_hold_rows=False) from None
        return {row[0]: row[1] for row in rows}

    def copy(self, selection: str, file: Path, place: Place) -> int:
        """Write the rows of a selection to a Parquet file; returns their number."""
        try:
            copied = self._connection.execute(
                f"copy (from {_query(selection)}) to {literal(str(file))} (format parquet)"
            ).fetchone()
        except duckdb.Error as error:
            raise explain_failure(str(error), selection, place, may_hold_rows=True) from None
        return int(copied[0]) if copied else 0


@contextmanager
def open_snapshot(secret: str, source: PostgresSource, request: Request) -> Iterator[Snapshot]:
    """A snapshot of the database behind `secret`, until the block ends; nothing can be written through it."""
    connection = duckdb.connect(config=dict(request.engine))
    try:
        load_extension(connection, "postgres_scanner")
        _attach(connection, secret, source, request)
        connection.begin()
        try:
            yield Snapshot(connection)
        finally:
            with suppress(duckdb.Error):
                connection.rollback()
    finally:
        connection.close()


def _attach(connection: duckdb.DuckDBPyConnection, secret: str, source: PostgresSource, request: Request) -> None:
    """Connect, a few times if nobody answers; a refusal is final."""
    text = with_settings(secret, source.statement_timeout)
    start = f"source {request.name} for {request.as_of_date}: the database behind connection {source.connection or request.name}"
    attempts = Retrying(
        stop=stop_after_attempt(source.connect_attempts),
        wait=wait_exponential(multiplier=source.connect_wait.total_seconds(), max=30),
        retry=retry_if_exception_type(UnreachableError),
        reraise=True,
    )
    for attempt in attempts:
        with attempt:
            try:
                connection.execute(f"attach {literal(text)} as source (type postgres, read_only)")
            except duckdb.Error as error:
                raise explain_refusal(str(error), text, start) from None


def _query(selection: str) -> str:
    return f"postgres_query('source', {literal(selection)})"
