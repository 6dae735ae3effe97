"""The two doors: landed rows before they are loaded, the day's tables before they are published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from expectations import failing_rows
from expectations.checking import Checked, check_rows, missing_table, scratch_database
from expectations.results import Door, Result, write_results
from expectations.suites import PublishedSuite, RawSuite, published_suites, raw_suites
from wellkept.deployment.errors import GateError
from wellkept.deployment.log import get_logger
from wellkept.landing.contract import ENTITIES
from wellkept.landing.loads import does_without, last_loaded_day, read_last_days
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect
from wellkept.warehouse.lock import hold_writer_lock
from wellkept.warehouse.sql import literal

log = get_logger(__name__)


@dataclass(frozen=True)
class Verdict:
    """What a door found; nothing that stops a run, or there would have been a GateError."""

    door: Door
    as_of_date: date
    results: tuple[Result, ...]

    @property
    def failures(self) -> tuple[Result, ...]:
        """The rules that failed."""
        return tuple(result for result in self.results if not result.is_passed)


def check_landing(run: Run) -> Verdict:
    """Judge the day's landing files; a GateError if a table is wrong, so that nothing of the day is loaded.

    Beside each source's files it leaves failing_rows.parquet: the rows that break a critical row rule, once each, with
    every reason. Loading keeps them out.
    """
    results: list[Result] = []
    stopping: list[Result] = []
    with scratch_database(run) as connection:
        for folder in _landed_folders(run):
            failing_rows.start_collecting(connection)
            for suite in raw_suites(run):
                checked = _check_entity(connection, folder, suite)
                results += [one.result for one in checked]
                stopping += [one.result for one in checked if _keeps_the_load_out(one)]
                if checked:
                    rows = checked[0].result.checked_rows or 0
                    results.append(failing_rows.count_as_result(connection, folder.name, suite.entity, rows))
            results += _still_delivered(run, folder)
            failing_rows.write(connection, folder)
    if results:  # none where the day's landing files are pruned: what was found then stays
        with connect(run, "writing what the raw gate found") as warehouse:
            write_results(warehouse, run, "raw", results)
    next_step = f"Nothing was loaded; mend the source and run the day again{_how_again(run, stopping)}"
    return _decide(Verdict("raw", run.as_of_date, tuple(results)), stopping, next_step)


def check_published(run: Run) -> Verdict:
    """Judge what the day would publish; a GateError if anything critical is wrong. Needs the warehouse closed."""
    results: list[Result] = []
    stopping: list[Result] = []
    with hold_writer_lock(run.home, f"the published gate (run {run.run_id})", run.settings.lock_timeout_seconds):
        with scratch_database(run) as connection:
            connection.execute(f"attach {literal(run.home.warehouse)} as warehouse (read_only)")
            for suite in published_suites(run):
                checked = _check_table(connection, run, suite)
                results += [one.result for one in checked]
                stopping += [one.result for one in checked if one.is_critical_failure]
        with connect(run, "writing what the published gate found") as warehouse:
            write_results(warehouse, run, "published", results)
    next_step = "Nothing was published, the last edition stays; mend the cause and run the day again"
    return _decide(Verdict("published", run.as_of_date, tuple(results)), stopping, next_step)


def _how_again(run: Run, stopping: Sequence[Result]) -> str:
    """A day that is not loaded yet is extracted anew by every run; one that is, only when asked."""
    loaded = [last_loaded_day(run, source) for source in sorted({result.source_name for result in stopping})]
    return " with --re-extract" if any(day and day >= run.as_of_date for day in loaded) else ""


def _landed_folders(run: Run) -> list[Path]:
    """The day's landing folders of the run's sources: exactly what loading reads."""
    folders = [run.home.landing(run.as_of_date, source) for source in sorted(run.sources)]
    return [folder for folder in folders if folder.is_dir()]


def _still_delivered(run: Run, folder: Path) -> list[Result]:
    """Of each entity that the source has brought before, whether it is among the day's landing files, with rows or without."""
    if not run.home.warehouse.exists():
        return []
    with connect(run, f"reading what source {folder.name} has brought before") as connection:
        before = read_last_days(connection, folder.name, run.as_of_date)
    return [
        Result(
            source_name=folder.name,
            table_name=entity,
            rule="is delivered, as before",
            severity="warning",
            is_passed=(folder / f"{entity}.parquet").exists() or does_without(run, entity),
            checked_rows=None,
            failed_rows=None,
            detail=f"it last came for {last_day}",
        )
        for entity, last_day in before.items()
    ]


def _check_entity(connection: duckdb.DuckDBPyConnection, folder: Path, suite: RawSuite) -> list[Checked]:
    file = folder / f"{suite.entity}.parquet"
    if not file.exists():
        return []
    waiting = folder / f"{suite.entity}.waiting.parquet"  # judged when they come, not when their day does
    files = ", ".join(literal(path) for path in (file, waiting) if path.exists())
    checked = check_rows(
        connection,
        f"select * from read_parquet([{files}], union_by_name = true)",
        suite.rules,
        source_name=folder.name,
        table_name=suite.entity,
        key=ENTITIES[suite.entity].key,
        row_id=("_file", "_line"),
    )
    failing_rows.collect(connection, suite.entity, checked)
    return checked


def _check_table(connection: duckdb.DuckDBPyConnection, run: Run, suite: PublishedSuite) -> list[Checked]:
    table = suite.table
    if not _exists(connection, table.schema, table.name):
        return [] if table.is_optional else [missing_table(table)]
    only_the_day = f" where as_of_date = date '{run.as_of_date}'" if table.is_by_day else ""
    return check_rows(
        connection,
        f"select * from warehouse.{table.schema}.{table.name}{only_the_day}",
        suite.rules,
        source_name="",
        table_name=table.name,
        key=table.key,
    )


def _exists(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    found = connection.execute(
        "select 1 from information_schema.tables"
        " where table_catalog = 'warehouse' and table_schema = ? and table_name = ?",
        [schema, name],
    ).fetchone()
    return found is not None


def _keeps_the_load_out(checked: Checked) -> bool:
    """A table is wrong, or a row rule could not say which rows are."""
    return checked.is_critical_failure and (checked.result.has_raised or not checked.rule.quarantines)


def _decide(verdict: Verdict, stopping: Sequence[Result], next_step: str) -> Verdict:
    for result in (failure for failure in verdict.failures if failure not in stopping):
        log.warning("%s gate, %s: %s", verdict.door, verdict.as_of_date, result)
    if stopping:
        failures = [f"  {result}" for result in stopping]
        head = f"the {verdict.door} gate stopped {verdict.as_of_date}: {len(stopping)} critical rule(s) failed"
        tail = f"{next_step}. All results: quality.data_quality where door = '{verdict.door}'"
        raise GateError("\n".join([head, *failures, tail]))
    return verdict
