"""What the leak prover found, column by column: the table quality.leak_audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

import duckdb

from features.hindsight import Removed
from wellkept.deployment.clock import utc_now
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.records import KEY, Table, ensure_table, insert_rows

Verdict = Literal["clean", "leak"]


@dataclass(frozen=True)
class Finding:
    """How one column of a past day fared when part of its future, or its lateness, was taken away."""

    table: str
    column: str
    as_of_date: date
    removed: Removed
    rows_compared: int
    rows_moved: int
    example_customer_id: str | None

    @property
    def is_leak(self) -> bool:
        """Rows that move without their lateness are late, which is no leak."""
        return self.rows_moved > 0 and self.removed != "lateness"


@dataclass(frozen=True)
class ColumnAudit:
    """The verdict on one column over all proved days."""

    table_name: Annotated[str, KEY]
    column_name: Annotated[str, KEY]
    proved_days: Annotated[str, "The past days that were built again without their future."]
    rows_compared: Annotated[int, "Customers compared, over the proved days."]
    moved_by_later_events: Annotated[int, "Rows that changed when later events were taken away."]
    moved_by_later_knowledge: Annotated[
        int,
        "Rows that changed when what became known later was taken away, and labels reported before they can be known.",
    ]
    example_customer_id: Annotated[str | None, "A customer whose row moved; NULL where none did."]
    example_date: Annotated[date | None, "The day of that row."]
    late_rows: Annotated[
        int,
        "Rows that would be others had everything been known at once, as it is known now. No leak: how late the data are.",
    ]
    late_share: Annotated[float | None, "late_rows as a share of the rows looked at for it."]
    definition_hash: Annotated[str | None, "Hash of the definition that was proved; NULL for states."]
    verdict: Annotated[Verdict, "leak where any row moved, else clean."]


@dataclass(frozen=True)
class _Day:
    as_of_date: Annotated[date, "The day of the run that proved it.", KEY]


@dataclass(frozen=True)
class LeakAudit(ColumnAudit, _Day):
    """The same as it is kept: a row of quality.leak_audit, the day first."""

    run_id: str
    proved_at: datetime


LEAK_AUDIT = Table(
    "quality.leak_audit", LeakAudit, "One row per feature, state or label column and day on which it was proved."
)


def judge_columns(findings: Sequence[Finding], hashes: Mapping[str, str]) -> list[ColumnAudit]:
    """One verdict per column found, in the order of the findings; `hashes` are the definitions that were proved."""
    columns: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        columns.setdefault((finding.table, finding.column), []).append(finding)
    return [_judge_column(found, hashes.get(table)) for (table, _), found in columns.items()]


def _judge_column(found: list[Finding], definition_hash: str | None) -> ColumnAudit:
    days = sorted({finding.as_of_date for finding in found})
    leak = next((finding for finding in found if finding.is_leak), None)
    late = [finding for finding in found if finding.removed == "lateness"]
    late_rows, looked_at = sum(one.rows_moved for one in late), sum(one.rows_compared for one in late)
    return ColumnAudit(
        table_name=found[0].table,
        column_name=found[0].column,
        proved_days=", ".join(map(str, days)),
        rows_compared=sum(max(one.rows_compared for one in found if one.as_of_date == day) for day in days),
        moved_by_later_events=_count_moved(found, "later events"),
        moved_by_later_knowledge=_count_moved(found, "later knowledge"),
        example_customer_id=leak.example_customer_id if leak else None,
        example_date=leak.as_of_date if leak else None,
        late_rows=late_rows,
        late_share=late_rows / looked_at if looked_at else None,
        definition_hash=definition_hash,
        verdict="leak" if leak else "clean",
    )


def _count_moved(found: list[Finding], removed: Removed) -> int:
    return sum(finding.rows_moved for finding in found if finding.removed == removed)


def create_table(connection: duckdb.DuckDBPyConnection) -> None:
    """quality.leak_audit exists, empty before the first proof."""
    ensure_table(connection, LEAK_AUDIT)


def write_audit(connection: duckdb.DuckDBPyConnection, run: Run, audited: Sequence[ColumnAudit]) -> None:
    """Put the verdicts in the place of what the run's day had; writing them again leaves the same rows.

    A leak stays where the definition is the same and its past days were not all proved again.
    """
    proved_at = utc_now().replace(tzinfo=None)
    with transaction(connection):
        create_table(connection)
        leaks = _read_leaks(connection, run.as_of_date)
        kept = {(one.table_name, one.column_name) for one in audited if _is_unanswered(one, leaks)}
        connection.execute(
            f"delete from {LEAK_AUDIT} where as_of_date = ? and not list_contains(?, table_name || '.' || column_name)",
            [run.as_of_date, [".".join(key) for key in kept]],
        )
        fresh = [one for one in audited if (one.table_name, one.column_name) not in kept]
        stamp: dict[str, Any] = {"as_of_date": run.as_of_date, "run_id": run.run_id, "proved_at": proved_at}
        insert_rows(connection, LEAK_AUDIT, [LeakAudit(**vars(column), **stamp) for column in fresh])


def _read_leaks(
    connection: duckdb.DuckDBPyConnection, as_of_date: date
) -> dict[tuple[str, str], tuple[str | None, set[str]]]:
    """The definition and the past days of each column that leaked as of the day."""
    found = connection.execute(
        "select table_name, column_name, definition_hash, proved_days "
        f"from {LEAK_AUDIT} "
        "where as_of_date = ? and verdict = 'leak'",
        [as_of_date],
    ).fetchall()
    return {(table, column): (definition, set(days.split(", "))) for table, column, definition, days in found}


def _is_unanswered(column: ColumnAudit, leaks: Mapping[tuple[str, str], tuple[str | None, set[str]]]) -> bool:
    definition, days = leaks.get((column.table_name, column.column_name), (None, set()))
    is_same = definition is not None and definition == column.definition_hash
    return is_same and column.verdict == "clean" and not days <= set(column.proved_days.split(", "))


_PROOFS = """
with reported as (
    select table_name, column_name, definition_hash, as_of_date, verdict, unnest(string_split(proved_days, ', ')) as proved_day
    from quality.leak_audit
    where definition_hash is not null
),

newest as (
    select * from reported
    qualify row_number() over (
        partition by table_name, column_name, definition_hash, proved_day order by as_of_date desc
    ) = 1
)

select table_name, definition_hash, coalesce(max(as_of_date) filter (verdict = 'leak'), max(as_of_date)), bool_or(verdict = 'leak')
from newest
group by table_name, definition_hash
"""


def read_verdict(connection: duckdb.DuckDBPyConnection, hashes: Mapping[str, str]) -> dict[str, Any]:
    """What the proofs of exactly these definitions (table -> definition hash) say of them together.

    One leak is a leak, until a later proof of the same past days finds none; clean is clean since `as_of_date`, the oldest of those proofs, and only with all of them; tables
    whose present definition was never proved are `not_proved`.
    """
    create_table(connection)
    proofs = {(table, of): (day, is_leak) for table, of, day, is_leak in connection.execute(_PROOFS).fetchall()}
    found = [proofs[pair] for pair in hashes.items() if pair in proofs]
    not_proved = sorted(table for table, of in hashes.items() if (table, of) not in proofs)
    leaks = [day for day, is_leak in found if is_leak]
    if leaks:
        return {"verdict": "leak", "as_of_date": max(leaks).isoformat(), "not_proved": not_proved}
    if not_proved or not found:
        return {"verdict": "not proved", "as_of_date": None, "not_proved": not_proved}
    return {"verdict": "clean", "as_of_date": min(day for day, _ in found).isoformat(), "not_proved": []}
