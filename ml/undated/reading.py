"""A file of customers as a DuckDB table `given`: numbers as double, all else as trimmed text, blanks as NULL."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from wellkept.deployment.errors import BadInputError
from wellkept.warehouse.sql import literal, quoted

ROW = "wellkept_row"
"""The place of a row in the file, from 1."""
_ENDINGS = (".csv", ".csv.gz", ".tsv", ".txt", ".parquet")
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
_FLOATS = ("FLOAT", "DOUBLE", "DECIMAL")
_TIMES = ("DATE", "TIME", "INTERVAL")
_TEXTS = ("VARCHAR", "ENUM", "UUID", "BOOLEAN")
# Words for "no value" that programs write into columns of numbers; in a column of words they are words.
_NO_NUMBER = ("na", "n/a", "#n/a", "nan", "null", "none", "?", "-")


@dataclass(frozen=True)
class Profile:
    """What a column holds; counts of rows."""

    name: str
    type: str
    """number, text, time or other."""
    known: int
    distinct: int
    common: int = 0
    """Of text, the rows that have one of its most frequent values."""
    is_row_number: bool = False
    """Whole numbers without a gap, each once."""


def find_file(path: Path) -> Path:
    """The file itself, or the only one of a folder; a BadInputError says what is wrong with either."""
    path = path.expanduser()
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.name.lower().endswith(_ENDINGS))
        if len(files) != 1:
            found = ", ".join(file.name for file in files[:5]) or "none"
            raise BadInputError(f"--snapshot {path}: one CSV or Parquet file is wanted in the folder ({found} found)")
        return files[0]
    if not path.exists():
        raise BadInputError(f"--snapshot {path}: there is no such file")
    if not path.name.lower().endswith(_ENDINGS):
        raise BadInputError(f"--snapshot {path}: a file that ends on {', '.join(_ENDINGS)} is wanted")
    return path


def stem_of(file: Path) -> str:
    """The file's name without its ending, in characters that a folder's name may have."""
    name = file.name
    for ending in _ENDINGS:
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name).strip(".") or "file"


def load_file(connection: duckdb.DuckDBPyConnection, file: Path) -> dict[str, str]:
    """Make the table `given` (a row a row, `wellkept_row` its place); the type of each of its columns, in order."""
    is_parquet = file.name.lower().endswith(".parquet")
    rows = "read_parquet(?)" if is_parquet else "read_csv(?, header = true, all_varchar = true)"
    try:
        connection.execute(
            f"create or replace temp table read as select row_number() over () as {ROW}, * from {rows}", [str(file)]
        )
    except duckdb.Error as error:
        raise BadInputError(
            f"{file.name} cannot be read ({str(error).splitlines()[0]}); a CSV file has a header line and is UTF-8"
        ) from None
    _trim_names(connection)
    described = connection.execute("select column_name, column_type from (describe read)").fetchall()
    kinds = {name: "NESTED" if kind.endswith("]") else kind for name, kind in described if name != ROW}
    texts = [name for name, kind in kinds.items() if kind.startswith(_TEXTS)]
    _trim(connection, texts)
    found = _find_types(connection, texts)
    types = {name: found.get(name) or _type_of(kind) for name, kind in kinds.items()}
    _cast(connection, types, {name for name, kind in kinds.items() if kind.startswith(_WHOLE)})
    return types


def profile_columns(
    connection: duckdb.DuckDBPyConnection, types: Mapping[str, str], max_categories: int
) -> list[Profile]:
    """What each column of `given` holds; of text, `max_categories` values are its most frequent."""
    return [_profile(connection, name, kind, max_categories) for name, kind in types.items()]


def _type_of(kind: str) -> str:
    if kind.startswith((*_WHOLE, *_FLOATS)):
        return "number"
    return "time" if kind.startswith(_TIMES) else "other"


def _trim_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Spaces around a column's name say nothing, where they do not tell two columns apart."""
    names = [name for (name,) in connection.execute("select column_name from (describe read)").fetchall()]
    taken = {name.casefold() for name in names}
    for name in names:
        plain = name.strip()
        if plain and plain.casefold() not in taken:
            connection.execute(f"alter table read rename column {quoted(name)} to {quoted(plain)}")
            taken.add(plain.casefold())


def _trim(connection: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    """Spaces around a value say nothing, and nothing but spaces is no value."""
    if texts:
        trimmed = ", ".join(f"nullif(trim({quoted(name)}::varchar), '') as {quoted(name)}" for name in texts)
        connection.execute(f"create or replace temp table read as select * replace ({trimmed}) from read")


def _find_types(connection: duckdb.DuckDBPyConnection, texts: list[str]) -> dict[str, str]:
    """What the text columns really hold: numbers or times, where every value is one."""
    types = {}
    for name in texts:
        column = quoted(name)
        row = connection.execute(
            f"""
            with known as (select {column} as text from read where lower({column}) not in {_NO_NUMBER})
            select
                count(*),
                count(*) filter (
                    where isfinite(try_cast(text as double)) and not regexp_matches(text, '^[+-]?(0[0-9]|[0-9]{{16}})')
                ),
                count(try_cast(text as timestamp))
            from known
            """
        ).fetchone()
        known, numbers, times = row or (0, 0, 0)
        is_number, is_time = known and numbers == known, known and times == known
        types[name] = "number" if is_number else "time" if is_time else "text"
    return types


def _cast(connection: duckdb.DuckDBPyConnection, types: Mapping[str, str], whole: Collection[str]) -> None:
    """`given`, each column in its type; a number that is infinite or none is NULL. Whole numbers keep all their digits."""

    def cast(name: str) -> str:
        column = quoted(name)
        if types[name] != "number":
            return f"{column}::varchar as {column}"
        if name in whole:
            return column
        number = f"try_cast({column} as double)"
        return f"case when isfinite({number}) then {number} end as {column}"

    selected = ", ".join([ROW, *map(cast, types)])
    connection.execute(f"create or replace temp table given as select {selected} from read")
    connection.execute("drop table read")


def _profile(connection: duckdb.DuckDBPyConnection, name: str, kind: str, max_categories: int) -> Profile:
    column = quoted(name)
    whole = "false"
    if kind == "number":
        whole = f"max({column}) - min({column}) + 1 = count(*) and bool_and({column} = floor({column}))"
    row = connection.execute(
        f"select count({column}), count(distinct {column}), count(*) = count(distinct {column}) and {whole} from given"
    ).fetchone()
    known, distinct, is_row_number = row or (0, 0, False)
    common = sum(rows for _, rows in list_values(connection, name, max_categories)) if kind == "text" else 0
    return Profile(name, kind, known, distinct, common, bool(is_row_number))


def list_values(connection: duckdb.DuckDBPyConnection, name: str, at_most: int) -> list[tuple[str, int]]:
    """The values of a column as text, the most frequent first, with their rows; NULL is none."""
    return connection.execute(
        f"""
        select {as_text(name)} as wellkept_text, count(*) as wellkept_rows from given where {quoted(name)} is not null
        group by wellkept_text order by wellkept_rows desc, wellkept_text limit ?
        """,
        [at_most],
    ).fetchall()


def as_text(name: str) -> str:
    """The SQL of a column's value as a person writes it: a whole number as such, though it came as a double."""
    return f"regexp_replace({quoted(name)}::varchar, '^([+-]?[0-9]+)[.]0$', '\\1')"


def is_where(name: str, value: str) -> str:
    """The SQL that is true where a column, as text, has the value."""
    return f"{as_text(name)} = {literal(value)}"
