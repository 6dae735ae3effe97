"""One file as rows: `staged` (one row a record, with `_line`) and `unreadable` (line, reason, raw_text)."""

import codecs
import csv
import gzip
import io
import shutil
import zlib
from pathlib import Path
from typing import IO, cast

import duckdb

from wellkept.deployment.errors import BadInputError
from wellkept.sources.files.settings import FilesSource
from wellkept.warehouse.sql import literal

_RESERVED = ("_line", "_file", "_extra", "_reason", "_raw", "_accepted", "file_row_number")
_BLOCK = 1 << 20


def stage_file(
    connection: duckdb.DuckDBPyConnection, source: FilesSource, label: str, file: Path, scratch: Path
) -> None:
    """Make both tables of one file; a BadInputError that calls it `label` if it cannot be read."""
    try:
        if file.suffix == ".parquet":
            _stage_parquet(connection, file)
        else:
            _stage_csv(connection, source, file, scratch)
    except (duckdb.Error, OSError, EOFError, zlib.error, UnicodeError) as error:
        first_line = str(error).splitlines()[0]
        raise BadInputError(
            f"{label} cannot be read ({first_line}); mend the file or take it away, and run again"
        ) from None


def _stage_parquet(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    rows = "read_parquet($file, hive_partitioning = false, file_row_number = true)"
    bound = {"file": str(file)}
    names = connection.execute(
        f"select column_name from (describe select * exclude (file_row_number) from {rows})", bound
    ).fetchall()
    _check_names([name for (name,) in names])
    connection.execute(
        "create or replace temp table staged as "
        f"select * exclude (file_row_number), file_row_number + 1 as _line from {rows}",
        bound,
    )
    connection.execute(
        "create or replace temp table unreadable (line bigint, reason varchar, raw_text varchar)",
    )


def _stage_csv(connection: duckdb.DuckDBPyConnection, source: FilesSource, file: Path, scratch: Path) -> None:
    """Read every column as text, so that a wrong value costs its row and not the file."""
    plain = _make_plain(file, source.encoding, scratch)
    header = _read_header(plain, source.delimiter)
    _check_names(header)
    columns = "{" + ", ".join(f"{literal(name)}: 'varchar'" for name in header) + "}"
    connection.execute("drop table if exists rejected")
    connection.execute("drop table if exists rejected_scans")
    connection.execute(
        f"""
        create or replace temp table accepted as
        select *, row_number() over () as _accepted
        from read_csv(
            ?, auto_detect = false, header = true, columns = {columns},
            delim = {literal(source.delimiter)}, quote = '"', escape = '"', nullstr = '', hive_partitioning = false,
            store_rejects = true, rejects_table = 'rejected', rejects_scan = 'rejected_scans', rejects_limit = 0
        )
        """,
        [str(plain)],
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


def _read_header(file: Path, delimiter: str) -> list[str]:
    """The column names of a CSV file, from its first record; a column without a name gets one."""
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        names = next(csv.reader(lines, delimiter=delimiter), [])
    if not any(names):
        raise UnicodeError("it has no header line")
    if any("\ufffd" in name for name in names):
        raise UnicodeError("its header is not in the encoding of the source")
    return [name.strip() or f"column_{place}" for place, name in enumerate(names, start=1)]


def _check_names(names: list[str]) -> None:
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


def _make_plain(file: Path, encoding: str, scratch: Path) -> Path:
    """The file itself if it is UTF-8 and not compressed, else a copy that is.

    DuckDB would decompress it, but takes a file that was cut off for a shorter one.
    """
    is_utf8 = codecs.lookup(encoding).name == "utf-8"
    if is_utf8 and file.suffix == ".csv":
        return file
    copy = scratch / "plain.csv"
    with _open_bytes(file) as content:
        if is_utf8:  # byte by byte, so that what is not UTF-8 costs its row and not the file
            with copy.open("wb") as plain:
                shutil.copyfileobj(content, plain, _BLOCK)
        else:
            text = io.TextIOWrapper(content, encoding=encoding, newline="")
            with copy.open("w", encoding="utf-8", newline="") as plain_text:
                shutil.copyfileobj(text, plain_text, _BLOCK)
    return copy


def _open_bytes(file: Path) -> IO[bytes]:
    if file.suffix == ".gz":
        return cast(IO[bytes], gzip.open(file))
    if file.suffix == ".zst":
        import pyarrow as pa

        return cast(IO[bytes], pa.input_stream(str(file), compression="zstd"))
    return file.open("rb")
