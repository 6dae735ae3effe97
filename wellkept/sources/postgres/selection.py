"""The SQL that an entity's rows are asked for with, in PostgreSQL's tongue."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from wellkept.deployment.log import get_logger
from wellkept.landing.contract import Entity
from wellkept.sources.postgres.failures import Place
from wellkept.sources.postgres.settings import EntityMapping
from wellkept.warehouse.sql import quoted

_LOG = get_logger(__name__)

# Read as they are. All else comes as PostgreSQL's own text: the extension makes a double of a numeric, and 0 of its NaN.
_PLAIN = {"BOOLEAN", "SMALLINT", "INTEGER", "BIGINT", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
_TIMES = {"DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamptz"}
WATERMARK = "_watermark"
"""The column of an incremental selection that says when a row was written."""
# Names that the landing record and we keep for ourselves.
_RESERVED = {"_line", "_file", "_extra", "_reason", "_raw", "file_row_number", WATERMARK}


def all_rows(mapping: EntityMapping) -> str:
    """The table or query as it is."""
    if mapping.table:
        return f"select * from {'.'.join(quoted(part) for part in mapping.table.split('.'))}"
    return str(mapping.query).strip().rstrip(";")


def select_rows(
    entity: Entity,
    mapping: EntityMapping,
    columns: Mapping[str, str],
    since: datetime | None,
    timezone: str,
    place: Place,
) -> str:
    """The rows written `since` (UTC; None: all of them), under the contract's names.

    `columns` are those of the table or query with the types DuckDB gives them; one that is named and not there is a
    BadInputError. Rows that have no time of writing are always among them.
    """
    _check_columns(mapping, columns, place)
    values = ", ".join(
        f"{quoted(column)}{'' if columns[column] in _PLAIN else '::text'} as {quoted(name)}"
        for column, name in _named(entity, mapping, columns)
    )
    # The line break ends a comment that the query may end with.
    if mapping.incremental is None:
        return f"select {values} from (\n{all_rows(mapping)}\n) as delivered"
    watermark = quoted(mapping.incremental)
    selection = f"select {values}, {watermark} as {WATERMARK} from (\n{all_rows(mapping)}\n) as delivered"
    if since is None:
        return selection
    bound = _as_literal(since, columns[mapping.incremental], timezone)
    return f"{selection} where {watermark} >= {bound} or {watermark} is null"


def _check_columns(mapping: EntityMapping, columns: Mapping[str, str], place: Place) -> None:
    asked = {f"columns.{name}": column for name, column in mapping.columns.items()}
    if mapping.incremental:
        asked["incremental"] = mapping.incremental
    for key, column in asked.items():
        if column not in columns:
            raise place.refuse(f"has no column {column}, which {key} names; it has {', '.join(columns)}")
    if mapping.incremental and columns[mapping.incremental] not in _TIMES:
        raise place.refuse(
            f"has {mapping.incremental} as {columns[mapping.incremental].lower()}, and incremental must name a timestamp "
            "or a date; without incremental the table is read in full"
        )
    if absent := [column for column in mapping.ignore if column not in columns]:
        _LOG.warning("%s: ignore names %s, which is not there", place, ", ".join(absent))


def _named(entity: Entity, mapping: EntityMapping, columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each column that is read, and the name it lands under, unique whatever the case."""
    yield from ((column, name) for name, column in mapping.columns.items())
    taken = {*mapping.columns, *_RESERVED}
    mapped = {*mapping.columns.values(), *mapping.ignore}
    for column in columns:
        is_mere_watermark = column == mapping.incremental and column.lower() not in entity.column_names
        if column in mapped or is_mere_watermark:
            continue
        name = column
        while name.lower() in taken:
            name += "_in_source"
        taken.add(name.lower())
        yield column, name


def _as_literal(since: datetime, sql_type: str, timezone: str) -> str:
    """The moment as a value of the watermark's type; a time without a zone is local to the source."""
    instant = since.replace(tzinfo=UTC)
    local = instant.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    value = {"DATE": local.date(), "TIMESTAMP": local}.get(sql_type, instant)
    return f"{_TIMES[sql_type]} '{value.isoformat()}'"
