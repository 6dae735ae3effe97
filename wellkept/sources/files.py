"""A folder of landing files: `<entity>.csv|parquet`, or a folder `<entity>/` of them."""

import codecs
import csv
import gzip
from pathlib import Path
from typing import IO, Any, Literal, Self

import duckdb
from pydantic import Field, field_validator

from wellkept.errors import BadInputError
from wellkept.landing.contract import ENTITIES, Entity
from wellkept.landing.record import LandingRecord
from wellkept.log import get_logger
from wellkept.sources.source import Request, Source, Timezone

log = get_logger(__name__)

_SUFFIXES = (".csv", ".csv.gz", ".parquet")
_DATA_SUFFIXES = (".csv", ".gz", ".json", ".parquet", ".tsv", ".txt", ".xlsx", ".zst")
_RESERVED = ("_line", "_file", "_extra", "_reason", "_raw", "_accepted", "file_row_number")
_NATIVE_ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16", "iso8859-1": "latin-1"}
"""What DuckDB reads itself, by Python's name for it; anything else is turned into UTF-8 first."""


class FilesSource(Source):
    """A folder with `<entity>.csv|parquet` files or `<entity>/` folders of them."""

    type: Literal["files"] = "files"
    path: Path
    timezone: Timezone = "UTC"
    encoding: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."

    def at(self, folder: Path) -> Self:
        return self.model_copy(update={"path": folder / self.path.expanduser()})

    def find_trouble(self) -> str | None:
        return None if self.path.exists() else f"the folder {self.path} does not exist"

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, name: str) -> str:
        try:
            "a".encode(name)  # a lookup alone would let codecs pass that are not for text, such as hex
        except (LookupError, ValueError):
            raise ValueError(f"{name!r} is not a known text encoding; use a name like utf-8 or cp1252") from None
        return name


def read(source: FilesSource, request: Request) -> dict[str, Any]:
    """Write the rows of every entity whose event lies before the day, what waits, and what could not be read.

    Returns counts by entity. A folder, required column or file that is missing or unreadable is a BadInputError.
    """
    _check_folder(source.path)
    _name_strangers(source.path)
    with LandingRecord(request.folder, request.as_of_date, source.timezone, source.decimal, redelivers=True) as record:
        for entity in ENTITIES.values():
            for file in find_files(source.path, entity.name):
                _stage_file(record.connection, source, entity, file, request.folder)
                record.keep_staged(entity, file.relative_to(source.path).as_posix())
        return record.finish()


def find_files(folder: Path, entity: str) -> list[Path]:
    """The entity's files, in order; hidden ones are left out."""
    direct = [folder / f"{entity}{suffix}" for suffix in _SUFFIXES]
    nested = sorted((folder / entity).rglob("*")) if (folder / entity).is_dir() else []
    return [
        file
        for file in [*direct, *nested]
        if file.is_file() and file.name.endswith(_SUFFIXES) and not file.name.startswith(".")
    ]


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise BadInputError(
            f"the source folder {folder} does not exist; give the folder that holds orders.csv or .parquet"
        )
    if not find_files(folder, "orders"):
        raise BadInputError(
            f"{folder} has no orders (orders.csv, orders.parquet or orders/); orders are the one entity that must be there"
        )


def _name_strangers(folder: Path) -> None:
    """Warn of what lies in the folder and is no entity's: a file misspelt is a file not read."""
    known = {f"{entity}{suffix}" for entity in ENTITIES for suffix in ("", *_SUFFIXES)}
    strangers = sorted(
        item.name for item in folder.iterdir() if item.name not in known and not item.name.startswith(".")
    )
    if strangers:
        log.warning("%s: not read, because no entity has that name: %s", folder, ", ".join(strangers[:10]))


def _stage_file(
    connection: duckdb.DuckDBPyConnection, source: FilesSource, entity: Entity, file: Path, scratch: Path
) -> None:
    """Make `staged` (one row a record, with `_line`) and `unreadable` (line, reason, raw_text) of one file."""
    try:
        if file.suffix == ".parquet":
            _stage_parquet(connection, file)
        else:
            _stage_csv(connection, source, file, scratch)
    except (duckdb.Error, OSError, UnicodeError) as error:
        first_line = str(error).splitlines()[0]
        raise BadInputError(
            f"{entity.name}: {file} cannot be read ({first_line}); mend the file or take it away, and run again"
        ) from None


def _stage_parquet(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    rows = connection.execute(
        "select column_name from (describe select * from read_parquet(?))", [str(file)]
    ).fetchall()
    check_names([name for (name,) in rows])
    connection.execute(
        "create or replace temp table staged as "
        "select * exclude (file_row_number), file_row_number + 1 as _line from read_parquet(?, file_row_number = true)",
        [str(file)],
    )
    connection.execute(
        "create or replace temp table unreadable (line bigint, reason varchar, raw_text varchar)",
    )


def _stage_csv(connection: duckdb.DuckDBPyConnection, source: FilesSource, file: Path, scratch: Path) -> None:
    """Read every column as text, so that a wrong value costs its row and not the file."""
    encoding = _NATIVE_ENCODINGS.get(codecs.lookup(source.encoding).name)
    readable = file if encoding else _transcode(file, source.encoding, scratch)
    options = {"delim": source.delimiter, "quote": '"', "escape": '"', "encoding": encoding or "utf-8"}
    header = _read_header(readable, source.encoding if encoding else "utf-8", source.delimiter)
    check_names(header)
    columns = "{" + ", ".join(f"{_text(name)}: 'varchar'" for name in header) + "}"
    connection.execute("drop table if exists rejected")
    connection.execute("drop table if exists rejected_scans")
    connection.execute(
        f"""
        create or replace temp table accepted as
        select *, row_number() over () as _accepted
        from read_csv(
            ?, auto_detect = false, header = true, columns = {columns}, {_option_list(options)}, nullstr = '',
            store_rejects = true, rejects_table = 'rejected', rejects_scan = 'rejected_scans', rejects_limit = 0
        )
        """,
        [str(readable)],
    )
    _check_quotes(connection)
    connection.execute(
        """
        create or replace temp table unreadable as
        select line::bigint as line, lower(min(error_type::varchar)) as reason, any_value(csv_line) as raw_text
        from rejected group by line
        """
    )
    # The n-th accepted record stands after the header and after every unreadable line before it.
    connection.execute(
        """
        create or replace temp table staged as
        with numbered as (
            select line, row_number() over (order by line) as unreadable_lines from unreadable
        ),
        shifts as (
            select line - 1 - unreadable_lines as accepted_before, max(unreadable_lines) as lines
            from numbered group by accepted_before
        )
        select accepted.* exclude (_accepted), 1 + _accepted + coalesce(shifts.lines, 0) as _line
        from accepted asof left join shifts on accepted._accepted > shifts.accepted_before
        """
    )


def _read_header(file: Path, encoding: str, delimiter: str) -> list[str]:
    """The column names of a CSV file, from its first record; a column without a name gets one."""
    with _open_text(file, encoding) as lines:
        names = next(csv.reader(lines, delimiter=delimiter), [])
    if not any(names):
        raise UnicodeError("it has no header line")
    return [name.lstrip("\ufeff").strip() or f"column_{place}" for place, name in enumerate(names, start=1)]


def _open_text(file: Path, encoding: str) -> IO[str]:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding=encoding, newline="")
    return file.open(encoding=encoding, newline="")


def check_names(names: list[str]) -> None:
    """A UnicodeError where a header names a column twice, or takes a name that we need."""
    lower = [name.lower() for name in names]
    if repeated := sorted({name for name in lower if lower.count(name) > 1}):
        raise UnicodeError(f"its header names {', '.join(repeated)} more than once")
    if taken := sorted({*_RESERVED} & {*lower}):
        raise UnicodeError(f"its header has {', '.join(taken)}, a name we keep for ourselves; rename the column")


def _check_quotes(connection: duckdb.DuckDBPyConnection) -> None:
    """A quote that is never closed swallows the lines after it: the file must not pass as short by one line."""
    found = connection.execute(
        "select min(line) from rejected where error_type::varchar in ('UNQUOTED VALUE', 'LINE SIZE OVER MAXIMUM') "
        "or contains(trim(csv_line, chr(10) || chr(13)), chr(10))"
    ).fetchone()
    if found and found[0]:
        raise UnicodeError(
            f"line {found[0]} has a quote that is not closed, so the lines after it cannot be told apart"
        )


def _transcode(file: Path, encoding: str, scratch: Path) -> Path:
    copy = scratch / f".{file.stem}.utf8"
    with _open_text(file, encoding) as old, copy.open("w", encoding="utf-8", newline="") as new:
        while block := old.read(1 << 20):
            new.write(block)
    return copy


def _option_list(options: dict[str, str]) -> str:
    return ", ".join(f"{name} = {_text(value)}" for name, value in options.items())


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
