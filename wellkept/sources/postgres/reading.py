"""From a database to landing files: copied in one snapshot, then taken over by the record, entity by entity."""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from wellkept.deployment.connections import read_connection
from wellkept.deployment.log import get_logger
from wellkept.landing.contract import ENTITIES
from wellkept.landing.record import LandingRecord
from wellkept.landing.request import Request
from wellkept.sources.postgres.failures import Place
from wellkept.sources.postgres.selection import WATERMARK, all_rows, select_rows
from wellkept.sources.postgres.settings import EntityMapping, PostgresSource
from wellkept.sources.postgres.snapshot import open_snapshot

_LOG = get_logger(__name__)


def read_postgres(source: PostgresSource, request: Request) -> dict[str, Any]:
    """Write what the database holds, all as of one moment, and what could not be used; returns counts by entity.

    An incremental entity gives the rows written since its last load and the overlap before it; any other gives all its
    rows, so that those which vanished are known. What goes wrong is a WellkeptError, without the connection's text.
    """
    copies = {name: request.folder / f".{name}.copied" for name in ENTITIES if name in source.entities}
    _copy(source, request, copies)
    with LandingRecord(request, source.timezone) as record:
        for name, copied in copies.items():
            mapping, entity = source.entities[name], ENTITIES[name]
            record.connection.execute(
                "create or replace temp table staged as select * exclude (file_row_number), file_row_number + 1 as _line"
                " from read_parquet(?, file_row_number = true)",
                [str(copied)],
            )
            if mapping.incremental:
                record.note_read(entity, mapping.label, read_as(source, mapping), _take_watermark(record.connection))
            record.connection.execute(
                "create or replace temp table unreadable (line bigint, reason varchar, raw_text varchar)"
            )
            record.keep_staged(entity, mapping.label, is_complete=mapping.is_full)
            copied.unlink()
        return record.finish()


def read_as(source: PostgresSource, mapping: EntityMapping) -> str:
    """A digest of all that decides what a row says: with another, the table is read anew from its beginning."""
    how = [source.connection, source.timezone, mapping.model_dump(mode="json", exclude={"overlap"})]
    return hashlib.sha256(json.dumps(how, sort_keys=True).encode()).hexdigest()[:16]


def _take_watermark(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """The newest time of writing that was read (UTC; a time without a zone is local to the source), off the staged rows."""
    newest = connection.execute(
        f"select max(cast({WATERMARK} as timestamptz)) filter (where isfinite({WATERMARK})) at time zone 'UTC' from staged"
    ).fetchall()[0][0]
    connection.execute(f"alter table staged drop column {WATERMARK}")
    return newest if isinstance(newest, datetime) else None


def _copy(source: PostgresSource, request: Request, copies: dict[str, Path]) -> None:
    """Copy every entity's rows; a mistake in any mapping shows before the first row is read.

    The snapshot is open for no longer than that: a database cannot clean up behind one.
    """
    secret = read_connection(source.connection or request.name)
    with open_snapshot(secret, source, request) as snapshot:
        selections = {}
        for name in copies:
            mapping = source.entities[name]
            place = Place(request.name, request.as_of_date, name, mapping.label)
            columns = snapshot.describe(all_rows(mapping), place)
            since = request.since(name, mapping.label, read_as(source, mapping), mapping.overlap)
            selections[name] = (select_rows(ENTITIES[name], mapping, columns, since, source.timezone, place), place)
        for name, (selection, place) in selections.items():
            rows = snapshot.copy(selection, copies[name], place)
            _LOG.info("source %s: %s rows of %s copied from %s", request.name, rows, name, place.label)
