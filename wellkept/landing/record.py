"""The record of what a source delivered on a day: typed Parquet files, and what could not be used."""

from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import duckdb

from wellkept.deployment.errors import BadInputError
from wellkept.landing.contract import AMOUNT, ENTITIES, TIME, WHOLE, Column, Entity
from wellkept.landing.request import Request
from wellkept.warehouse.sql import count_rows, literal, quoted

_OWN_COLUMNS = ("_line",)


class LandingRecord:
    """Collects the staged files of one source and day; `finish` writes them, keyed by entity.

    The caller stages a file as the temp tables `staged` and `unreadable`, then calls `keep_staged`. What waits for a later
    day is recorded too, unless the source `redelivers` it anyway.
    """

    def __init__(self, request: Request, timezone: str = "UTC", decimal: str = ".", redelivers: bool = False) -> None:
        self.connection = duckdb.connect(config=dict(request.engine))
        self._folder, self._as_of_date = request.folder, request.as_of_date
        self._decimal, self._redelivers = decimal, redelivers
        self._counts: dict[str, dict[str, Any]] = {}
        try:
            self.connection.execute(f"set TimeZone = {literal(timezone)}")
        except duckdb.Error:
            raise BadInputError(f"timezone {timezone!r} is not known; use a name like Europe/London") from None
        self.connection.execute(
            "create table quarantine (entity varchar, file varchar, line bigint, reason varchar, raw_text varchar)"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def keep_staged(self, entity: Entity, file: str, is_complete: bool = False) -> None:
        """Take over what is staged: rows with their types, rows that do not fit to quarantine.

        `is_complete` says that these are all rows there are, so that one that raw holds and this lacks is gone.
        """
        self._use_contract_case(entity)
        delivered = self._delivered_columns()
        missing = [name for name in entity.required if name not in delivered]
        if missing:
            raise BadInputError(
                f"{entity.name} for {self._as_of_date}: {file} has no column {', '.join(missing)}, which is required; "
                f"it has {', '.join(delivered)}"
            )
        unknown = [name for name in delivered if name not in entity.column_names]
        self._type_rows(entity, file, delivered, unknown)
        counts = self._start(entity)
        self._split_rows(entity, file)
        if file not in counts["files"]:
            counts["files"].append(file)
        counts["columns"] = sorted({*counts["columns"], *delivered} - {*unknown})
        counts["unknown_columns"] = sorted({*counts["unknown_columns"], *unknown})
        counts["is_complete"] &= is_complete
        counts["rows_read"] += self._count("staged") + self._count("unreadable")
        self.connection.execute("drop table staged; drop table typed; drop table unreadable")

    def note_read(self, entity: Entity, origin: str, read_as: str, read_up_to: datetime | None) -> None:
        """Of this origin of the entity everything was read that was written up to a time (UTC), in a way that has a digest."""
        newest = read_up_to.isoformat() if read_up_to else None
        self._start(entity)["reads"][origin] = {"read_as": read_as, "read_up_to": newest}

    def note_unchanged(self, entity: Entity) -> None:
        """The source has the entity, and no row of it that was not loaded on an earlier day: a delivery without rows."""
        self._start(entity)["is_complete"] = False

    def finish(self) -> dict[str, Any]:
        """Write for each entity what had happened before the day, and apart what waits for a later one; and the quarantine."""
        for entity in ENTITIES.values():
            if entity.name in self._counts:
                self._write_entity(entity)
        self._write("select * from quarantine order by all", "quarantine")
        for name, counts in self._counts.items():
            counts["rows_quarantined"] = self._count("quarantine", f"entity = '{name}'")
        return {"entities": self._counts}

    def _start(self, entity: Entity) -> dict[str, Any]:
        """The entity's counts; with the first of them come its tables."""
        if entity.name not in self._counts:
            columns = ", ".join(f"{column.name} {column.sql_type}" for column in entity.columns)
            self.connection.execute(
                f"create table {entity.name} ({columns}, _file varchar, _line bigint, _extra varchar); "
                f"create table unusable_{entity.name} as select {', '.join(entity.key)} from {entity.name}"
            )
            self._counts[entity.name] = {
                "rows_read": 0,
                "files": [],
                "columns": [],
                "unknown_columns": [],
                "reads": {},
                "is_complete": True,
                "is_redelivered": self._redelivers,
            }
        return self._counts[entity.name]

    def _use_contract_case(self, entity: Entity) -> None:
        """`Status` is our `status`."""
        for name in self._delivered_columns():
            if name not in entity.column_names and name.lower() in entity.column_names:
                self.connection.execute(f"alter table staged rename column {quoted(name)} to {name.lower()}")

    def _delivered_columns(self) -> list[str]:
        rows = self.connection.execute("select column_name from (describe staged)").fetchall()
        return [name for (name,) in rows if name not in _OWN_COLUMNS]

    def _type_rows(self, entity: Entity, file: str, delivered: list[str], unknown: list[str]) -> None:
        """Make `typed`: contract columns in their types, `_extra`, and `_reason` where a row does not fit."""
        columns = [column for column in entity.columns if column.name in delivered]
        values = [f"{self._cast(column)} as {column.name}" for column in columns]
        values += [f"null::{c.sql_type} as {c.name}" for c in entity.columns if c.name not in delivered]
        extra = f"to_json(struct_pack({_packed(unknown)}))::varchar" if unknown else "null::varchar"
        reasons = ", ".join(self._reasons(columns)) or "null"
        self.connection.execute(
            f"""
            create or replace temp table typed as
            select {", ".join(values)}, ?::varchar as _file, _line, {extra} as _extra,
                coalesce({reasons}) as _reason,
                case when _reason is not null then to_json(struct_pack({_packed(delivered)}))::varchar end as _raw
            from staged
            """,
            [file],
        )

    def _cast(self, column: Column) -> str:
        """The column in its type, or NULL where its value does not fit."""
        column_text = quoted(column.name)
        if column.sql_type == TIME:
            return f"(try_cast({column_text} as timestamptz) at time zone 'UTC')"
        if column.sql_type == AMOUNT and self._decimal == ",":
            return f"try_cast(replace({column_text}::varchar, ',', '.') as {AMOUNT})"
        if column.holds_key:
            return _key_text(column_text)
        if column.sql_type == "varchar":
            return f"nullif({column_text}::varchar, '')"
        if column.sql_type == WHOLE:  # a cast alone would round
            exact = f"try_cast({column_text} as {AMOUNT})"
            return f"(case when {exact} = floor({exact}) then {exact}::{WHOLE} end)"
        return f"try_cast({column_text} as {column.sql_type})"

    def _reasons(self, columns: list[Column]) -> Iterator[str]:
        for column in columns:
            column_text = quoted(column.name)
            if column.is_required:
                yield f"case when nullif(trim({column_text}::varchar), '') is null then '{column.name} is missing' end"
        for column in columns:
            column_text = quoted(column.name)
            if column.sql_type != "varchar":
                wrong = f"nullif({column_text}::varchar, '') is not null and {self._cast(column)} is null"
                yield f"case when {wrong} then '{column.name} is not {_in_words(column)}' end"

    def _split_rows(self, entity: Entity, file: str) -> None:
        """Append the usable rows to the entity's table and the others to quarantine."""
        usable = "select * exclude (_reason, _raw) from typed where _reason is null"
        key = ", ".join(entity.key)
        self.connection.execute(
            f"insert into {entity.name} by name {usable}; "
            f"insert into unusable_{entity.name} select {key} from typed where _reason is not null"
        )
        self.connection.execute(
            """
            insert into quarantine
            select ?, ?, _line, _reason, _raw from typed where _reason is not null
            union all
            select ?, ?, line, reason, raw_text from unreadable
            """,
            [entity.name, file, entity.name, file],
        )

    def _write_entity(self, entity: Entity) -> None:
        """Rows whose event lies on or after the day wait for theirs, and so do the rows that hang on them."""
        counts, day = self._counts[entity.name], self._as_of_date
        waits = "false"
        if entity.event:
            waits = f"coalesce({entity.event} >= date '{day}', false)"
        elif entity.event_of and entity.event_of in self._counts:
            other = ENTITIES[entity.event_of]
            key = ", ".join(other.key)
            waits = f"({key}) in (select {key} from {other.name} where {other.event} >= date '{day}')"
        counts["rows_waiting"] = self._count(entity.name, waits)
        with_waiting = self.connection.execute(f"select distinct _file from {entity.name} where {waits} order by 1")
        counts["files_with_waiting_rows"] = [file for (file,) in with_waiting.fetchall()]
        self._write(f"select * from {entity.name} where not {waits} order by _file, _line", entity.name)
        kept_waiting = "false" if self._redelivers else waits
        self._write(f"select * from {entity.name} where {kept_waiting} order by _file, _line", f"{entity.name}.waiting")
        if counts["is_complete"]:
            key = ", ".join(entity.key)
            keys = f"select {key} from {entity.name} union select {key} from unusable_{entity.name}"
            self._write(f"{keys} order by all", f"{entity.name}.keys")
        counts["rows_kept"] = self._count(entity.name) - counts["rows_waiting"]

    def _write(self, query: str, name: str) -> None:
        self.connection.execute(f"copy ({query}) to {self._path(name)} (format parquet, compression zstd)")

    def _path(self, name: str) -> str:
        return literal(self._folder / f"{name}.parquet")

    def _count(self, table: str, where: str = "true") -> int:
        return count_rows(self.connection, f"{table} where {where}")


def _key_text(column_text: str) -> str:
    """A key as text: without blanks around it, and a whole number as one, whatever type it came in (2.0 is 2)."""
    text = f"nullif(trim({column_text}::varchar), '')"
    return f"case typeof({column_text}) when 'DOUBLE' then regexp_replace({text}, '\\.0$', '') else {text} end"


def _packed(names: list[str]) -> str:
    return ", ".join(f"{quoted(name)} := {quoted(name)}" for name in names)


def _in_words(column: Column) -> str:
    if column.sql_type == AMOUNT:
        return "a number"
    return {"timestamp": "a time", "date": "a date", "boolean": "true or false"}.get(column.sql_type, "a whole number")
