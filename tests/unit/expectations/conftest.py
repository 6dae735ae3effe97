"""A home in a temporary folder, with landing files or a warehouse made of a few rows."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from wellkept.deployment.settings import Settings
from wellkept.landing.contract import ENTITIES
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run

DAY = date(2026, 3, 1)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run(
        DAY,
        run_id="r1",
        source=tmp_path,
        settings=Settings(home=tmp_path / "home", config=tmp_path / "none.toml", lock_timeout_seconds=1),
    )


@pytest.fixture
def land(run: Run) -> Callable[..., Path]:
    """`land("orders", {"order_id": "a", ...}, ...)` writes the entity's landing file; what is not given is NULL."""

    def write(entity: str, *rows: dict[str, object]) -> Path:
        folder = run.home.landing(run.as_of_date, "files")
        folder.mkdir(parents=True, exist_ok=True)
        columns = [(column.name, column.sql_type) for column in ENTITIES[entity].columns]
        columns += [("_file", "varchar"), ("_line", "bigint"), ("_extra", "varchar")]
        with duckdb.connect() as connection:
            connection.execute(f"create table landed ({', '.join(f'{name} {kind}' for name, kind in columns)})")
            for number, row in enumerate(rows, start=2):
                landed = {"_file": f"{entity}.csv", "_line": number, **row}
                values = [landed.get(name) for name, _ in columns]
                connection.execute(f"insert into landed values ({', '.join('?' * len(values))})", values)
            connection.execute(f"copy landed to '{folder / entity}.parquet' (format parquet)")
        return folder

    return write


@pytest.fixture
def run_sql(run: Run) -> Callable[[str], None]:
    """`run_sql("create table ...")` runs SQL in the home's warehouse file and closes it."""
    run.home.root.mkdir(parents=True, exist_ok=True)

    def execute(sql: str) -> None:
        with duckdb.connect(str(run.home.warehouse)) as connection:
            connection.execute(sql)

    return execute
