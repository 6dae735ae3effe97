"""A training set: 1 million spine rows x 60 features from 10 million snapshot rows, against Feast, pandas and polars.

    python -m benchmarks reads
    python -m benchmarks reads --groups 6        the same features spread over six feature tables

Snapshots are weekly and made up: 100,000 customers on 100 days. The spine names customers and days at random, some of
them unknown. Wellkept reads its DuckDB file, the others the same rows as Parquet; each run is a process of its own that
starts with nothing in memory and ends with the training set as one table in it. All must agree, feature by feature.
Feast finds rows by an inequality and keeps the newest, pandas and polars by an as-of join: they could also answer for
days between snapshots, which this spine does not ask for. Feast and polars run in environments of their own.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.environments import python_of
from benchmarks.process import run_measured
from features.snapshots import weekly_days

FOLDER = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks" / "reads"
PEERS = Path(__file__).parent / "peers"
FEATURES, FIRST_DAY = 60, date(2024, 1, 1)
REQUIREMENTS = {
    "feast": ["feast[duckdb]==0.67.*", "psutil"],
    "polars": ["polars>=1.30,<2", "numpy>=2", "pyarrow>=20"],
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints median seconds, peak memory and the ratio to ours; the same as JSON into `results.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--spine", type=int, default=1_000_000)
    parser.add_argument("--groups", type=int, default=1, help="feature tables; the features are shared out among them")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--engines", nargs="+", default=["wellkept", "pandas", "polars", "feast"])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    given = parser.parse_args(arguments)
    pythons = {engine: _python_of(engine) for engine in given.engines}
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    make_data(given)
    runs: dict[str, list[dict[str, Any]]] = {engine: [] for engine in given.engines}
    for _ in range(given.repeats):
        for engine in given.engines:
            runs[engine].append(_run(engine, pythons[engine], given))
    results = {engine: _summarise(each) for engine, each in runs.items()}
    _check_same({engine: each[0]["sums"] for engine, each in runs.items()})
    told = {name: getattr(given, name) for name in ("customers", "days", "spine", "groups", "repeats", "threads")}
    (given.folder / "results.json").write_text(json.dumps({**told, "results": results}, indent=2) + "\n")
    _show(results)
    return 0


def make_data(given: argparse.Namespace) -> None:
    """The snapshots as a warehouse and as Parquet, the names of their features by group, and the spine."""
    (given.folder / "groups.json").write_text(json.dumps(feature_names(given.groups)))
    days = weekly_days(FIRST_DAY, FIRST_DAY.replace(year=FIRST_DAY.year + 20))[: given.days]
    with duckdb.connect(str(given.folder / "warehouse.duckdb"), config={"threads": given.threads}) as connection:
        connection.execute("set memory_limit = '8GB'; create schema features")
        connection.execute("create table days as select unnest(?::date[]) as as_of_date", [days])
        for group in range(given.groups):
            _make_group(connection, given, group)
        connection.execute(
            "create table features.snapshots as select table_name, as_of_date from duckdb_tables(), days "
            "where schema_name = 'features'"
        )
        connection.execute(
            f"""
            copy (
                select
                    -- one in a hundred is nobody's
                    'C' || lpad((hash(i) % {int(given.customers * 1.01)})::varchar, 8, '0') as customer_id,
                    (select list(as_of_date order by as_of_date) from days)[1 + (hash(i + 0.5) % {given.days})::bigint]
                        as as_of_date
                from range({given.spine}) as spine(i)
            ) to '{given.folder}/spine.parquet'
            """
        )


def _make_group(connection: duckdb.DuckDBPyConnection, given: argparse.Namespace, group: int) -> None:
    """Counts, amounts and shares, a tenth of them NULL, for every customer and day; rows lie by day, as a run leaves them."""
    names = feature_names(given.groups)[group]
    columns = ", ".join(
        f"case when hash(c, d, {number}) % 10 > 0 then {_VALUES[number % 3].format(number=number)} end as {name}"
        for number, name in enumerate(names)
    )
    table = f"features.feature_customer__made_up_{group}"
    connection.execute(
        f"create table {table} as select 'C' || lpad(c::varchar, 8, '0') as customer_id, d as as_of_date, {columns} "
        f"from days as days(d), range({given.customers}) as customers(c)"
    )
    connection.execute(f"copy {table} to '{given.folder}/group_{group}.parquet' (row_group_size 200000)")


_VALUES = (
    "(hash(c, d, {number}, 1) % 50)::bigint",
    "(hash(c, d, {number}, 1) % 1000000) / 64.0::double",
    "(hash(c, d, {number}, 1) % 1024) / 1024.0::double",
)


def feature_names(groups: int) -> list[list[str]]:
    """The names of the features, by group."""
    names = [f"feature_{number:02}" for number in range(FEATURES)]
    return [names[group::groups] for group in range(groups)]


def _python_of(engine: str) -> Path:
    return python_of(engine, REQUIREMENTS[engine]) if engine in REQUIREMENTS else Path(sys.executable)


def _run(engine: str, python: Path, given: argparse.Namespace) -> dict[str, Any]:
    out = given.folder / f"{engine}.json"
    command = [str(python), str(PEERS / f"read_{engine}.py"), str(given.folder), str(out)]
    threads = {
        name: str(given.threads) for name in ("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "WELLKEPT_BENCHMARK_THREADS")
    }
    environment = {**os.environ, **threads, "FEAST_USAGE": "False", "PYTHONPATH": str(PEERS.parents[1])}
    took = run_measured(engine, command, environment)
    told: dict[str, Any] = {**json.loads(out.read_text()), "peak_memory_mb": took.peak_memory_mb}
    sys.stdout.write(f"{engine:<10}{told['seconds']:>8.1f} s{told['peak_memory_mb']:>8} MB\n")
    sys.stdout.flush()
    return told


def _summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "version": runs[0]["version"],
        "seconds": statistics.median(run["seconds"] for run in runs),
        "all_seconds": [run["seconds"] for run in runs],
        "peak_memory_mb": max(run["peak_memory_mb"] for run in runs),
    }


def _check_same(sums: dict[str, dict[str, float]]) -> None:
    """Every engine found the same number of rows, and of each feature the same sum and the same number of values."""
    first, *others = sums.items()
    for name, found in others:
        differing = [key for key, value in first[1].items() if abs(found[key] - value) > 1e-9 * max(1.0, abs(value))]
        if differing:
            raise SystemExit(f"{first[0]} and {name} disagree on {', '.join(differing[:5])}")


def _show(results: dict[str, dict[str, Any]]) -> None:
    own = results.get("wellkept", next(iter(results.values())))["seconds"]
    for engine, found in results.items():
        sys.stdout.write(
            f"{engine:<10}{found['version']:<10}{found['seconds']:>8.1f} s  x {found['seconds'] / own:>5.1f}"
            f"{found['peak_memory_mb']:>8} MB\n"
        )
