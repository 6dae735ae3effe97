"""Great Expectations on DuckDB: what GX lacks for it, in one place.

GX gives a connection back before it fetches from it, and has no regex for the dialect; so this leans on GX's internals.
Its version is capped, and tests prove that no rule we use raises. There is no data context, hence no telemetry, no
files and no configuration. Import this module late: GX takes seconds.
"""
# mypy does not follow GX (pyproject.toml), so what is inherited from it has no types here.
# mypy: disable-error-code="misc, has-type, untyped-decorator"

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import sqlalchemy
from duckdb_sqlalchemy import ConnectionWrapper

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from great_expectations.core.batch import Batch
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.expectations.expectation import ColumnMapExpectation
    from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
        column_condition_partial,
    )
    from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
        ColumnMapMetricProvider,
    )
    from great_expectations.validator.validator import Validator

# GX logs what a query failed on, which can be a row's content; our own report says what is safe to say.
logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Keeps its one connection, so that results can still be fetched."""

    @contextmanager
    def get_connection(self) -> Iterator[sqlalchemy.Connection]:
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection

    def release(self) -> None:
        """Close all that would keep the database open."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()


class QuietValidator(Validator):
    """Draws no progress bars."""

    def _determine_progress_bars(self) -> bool:
        return False


class MatchesRegex(ColumnMapMetricProvider):
    """GX's own metric, in DuckDB's words."""

    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:  # noqa: N805 - GX gives the class
        return sqlalchemy.func.regexp_matches(column, regex)


class RowsSatisfy(ColumnMapMetricProvider):
    """A condition in SQL, judged for each row whose first identifying column is there."""

    condition_metric_name = "column_values.row_satisfies"
    condition_value_keys = ("condition",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, condition: str, **_: Any) -> Any:  # noqa: N805
        return sqlalchemy.literal_column(f"({condition})", sqlalchemy.Boolean)


class ExpectRowsToSatisfy(ColumnMapExpectation):
    """Expect a SQL condition to hold in each row."""

    condition: str
    map_metric = "column_values.row_satisfies"
    success_keys = ("condition", "mostly")


@contextmanager
def open_validator(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[Validator]:
    """A validator of one table, which reads it through `connection`; nothing of it stays open."""
    engine = DuckDBExecutionEngine(
        engine=sqlalchemy.create_engine(
            "duckdb://",
            creator=lambda: ConnectionWrapper(connection.cursor()),
            poolclass=sqlalchemy.pool.StaticPool,
        )
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data: Any = SqlAlchemyBatchData(execution_engine=engine, table_name=table)
            yield QuietValidator(execution_engine=engine, batches=[Batch(data=data)])
    finally:
        engine.release()
