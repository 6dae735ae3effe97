"""What the marts cost: a made-up shop's first build, the next day's build beside it, and pandas for a part of it.

    python -m benchmarks marts --customers 1000000

About ten orders a customer, each with a line, a payment, an interaction and half a session, and the rest in proportion.
Every step is a process of its own, so that its time and peak memory are its own. The pandas part reads the same landing
files and must agree: everybody's state and cohort retention of the first day; it makes no history, journeys, segments
or KPIs and keeps nothing, so its time is a floor for a part of the work, not a rival for the whole.
"""

import argparse
import json
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import made_up_shop
from benchmarks.process import run_measured
from features.build import build_edition_tables
from wellkept.deployment.settings import Settings
from wellkept.landing.load import load_day
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run
from wellkept.sources.extract import extract

FOLDER = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks" / "marts"
DAYS = (made_up_shop.LAST_DAY, made_up_shop.LAST_DAY + timedelta(days=1))
SLOWEST = 10
SAME_PART = (
    "cohort_retention",
    "int_lifecycle_epochs_found",
    "int_lifecycle_points_found",
    "int_lifecycle_points_judged",
    "int_lifecycle_subscriptions_ranged",
    "int_order_days_measured",
    "int_population_gaps_by_month",
    "lifecycle_states",
)
"""The models beside what pandas does; they make the states of every past day too."""


@dataclass(frozen=True)
class Step:
    """What one step took: its own process and those it waited for."""

    name: str
    seconds: float
    peak_memory_mb: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the steps and the slowest models of each build; the same as JSON into `results.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--orders-only", action="store_true", help="nothing but orders, of all that a shop may deliver")
    parser.add_argument("--memory-limit", default="8GB", help="DuckDB's, as in WELLKEPT_MEMORY_LIMIT")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where deliveries and the home go")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.step:
        _take_step(given)
        return 0
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    results = measure(given)
    (given.folder / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    _show(results)
    return 0


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Every step in turn, and what is told apart within the builds."""
    first, then = (day.isoformat() for day in DAYS)
    plan = [
        ("deliver", first),
        ("ingest", first),
        ("build", first),
        ("pandas", first),
        ("ingest", then),
        ("build", then),
    ]
    steps = [_run_step(given, name, day) for name, day in plan]
    home = given.folder / "home"
    told = json.loads((given.folder / "pandas.json").read_text())
    return {
        "customers": given.customers,
        "rows": json.loads((given.folder / "rows.json").read_text()),
        "machine": _machine(given),
        "steps": [asdict(step) for step in steps],
        "builds": {day: _read_nodes(home, day) for day in (first, then)},
        "warehouse_mb": round((home / "warehouse.duckdb").stat().st_size / 1e6),
        "pandas": told,
    }


def _run_step(given: argparse.Namespace, name: str, day: str) -> Step:
    words = ["--customers", str(given.customers), "--memory-limit", given.memory_limit, "--threads", str(given.threads)]
    words += ["--orders-only"] if given.orders_only else []
    command = [sys.executable, "-m", "benchmarks.marts", *words, "--folder", str(given.folder), "--step", name, day]
    took = run_measured(f"{name} of {day} in {given.folder}", command)
    step = Step(f"{name} {day}", round(took.seconds, 1), took.peak_memory_mb)
    sys.stdout.write(f"{step.name:<22}{step.seconds:>9.1f} s{step.peak_memory_mb:>9.0f} MB\n")
    sys.stdout.flush()
    return step


def _take_step(given: argparse.Namespace) -> None:
    name, day = given.step[0], date.fromisoformat(given.step[1])
    folder = given.folder
    if name == "deliver":
        rows = made_up_shop.deliver(
            folder / "delivery", given.customers, given.threads, given.memory_limit, given.orders_only
        )
        (folder / "rows.json").write_text(json.dumps(rows))
    elif name == "ingest":
        run = _run_of(given, day)
        extract(run, "files")
        load_day(run)
    elif name == "build":
        build_edition_tables(_run_of(given, day))
    else:
        from benchmarks.marts_in_pandas import compute

        (folder / "pandas.json").write_text(json.dumps(compare(compute(folder / "delivery", day), _run_of(given, day))))


def _run_of(given: argparse.Namespace, day: date) -> Run:
    settings = Settings(
        home=given.folder / "home",
        config=given.folder / "none.toml",
        memory_limit=given.memory_limit,
        threads=given.threads,
    )
    return make_run(day, run_id=day.isoformat(), source=given.folder / "delivery", settings=settings)


def compare(own: dict[str, Any], run: Run) -> dict[str, Any]:
    """How many customers have another state in the marts than in pandas, and how many cells of the cohorts differ."""
    with duckdb.connect(str(run.home.warehouse), read_only=True) as warehouse:
        warehouse.register("own_states", own["states"])
        warehouse.register("own_cohorts", own["cohorts"])
        states = warehouse.execute(
            "select count(*), count(*) filter (where marts.state is distinct from own.state) from own_states as own "
            "full join (from marts.lifecycle_states where valid_to is null and last_order_date is not null) as marts using (customer_id)"
        ).fetchall()[0]
        has_cohorts = warehouse.execute(
            "select count(*) from duckdb_tables() where schema_name = 'marts' and table_name = 'cohort_retention'"
        ).fetchall()[0][0]
        cells = (None, None)
        if has_cohorts:
            cells = warehouse.execute(
                "select count(*), count(*) filter (where marts.active_customers is distinct from own.active_customers "
                "or marts.revenue is distinct from own.revenue) from own_cohorts as own full join "
                "(from marts.cohort_retention where is_over) as marts using (cohort_month, months_since)"
            ).fetchall()[0]
    return {
        "customers": states[0],
        "states_that_differ": states[1],
        "cohort_cells": cells[0],
        "cells_that_differ": cells[1],
        "compute_seconds": own["seconds"],
    }


def _read_nodes(home: Path, day: str) -> dict[str, Any]:
    """Seconds by kind of node, and the slowest models, of a build."""
    results = json.loads((home / "dbt" / day / "run_results.json").read_text())["results"]
    nodes = [(str(node["unique_id"]).split(".")[2], _kind(node), float(node["execution_time"])) for node in results]
    kinds = {
        kind: round(sum(one[2] for one in nodes if one[1] == kind), 1) for kind in sorted({one[1] for one in nodes})
    }
    models = sorted(((seconds, name) for name, kind, seconds in nodes if kind == "model"), reverse=True)
    same = round(sum(seconds for seconds, name in models if name in SAME_PART), 1)
    return {
        "seconds_by_kind": kinds,
        "same_part_seconds": same,
        "slowest": {name: round(seconds, 1) for seconds, name in models[:SLOWEST]},
    }


def _kind(node: dict[str, Any]) -> str:
    return str(node["unique_id"]).split(".")[0]


def _machine(given: argparse.Namespace) -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "threads": given.threads,
        "memory_limit": given.memory_limit,
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }


def _show(results: dict[str, Any]) -> None:
    out = sys.stdout
    out.write(f"\nrows: {', '.join(f'{name} {count:,}' for name, count in results['rows'].items())}\n")
    seconds = {step["name"]: step["seconds"] for step in results["steps"]}
    first, then = (day.isoformat() for day in DAYS)
    whole, next_day = seconds[f"build {first}"], seconds[f"build {then}"]
    out.write(
        f"the next day's build takes {next_day / whole:.2f} of the first, with its ingest {next_day + seconds[f'ingest {then}']:.1f} s\n"
    )
    part, same = results["pandas"], results["builds"][first]["same_part_seconds"]
    out.write(
        f"states of all days and cohorts: {same:.1f} s; pandas, states of one day and cohorts: "
        f"{part['compute_seconds']:.1f} s ({same / part['compute_seconds']:.1f} times); differing: {part['states_that_differ']} "
        f"of {part['customers']} states, {part['cells_that_differ']} of {part['cohort_cells']} cells\n"
    )
    for day, build in results["builds"].items():
        out.write(f"\nbuild {day}: {build['seconds_by_kind']}\n")
        for name, took in build["slowest"].items():
            out.write(f"  {name:<42}{took:>8.1f} s\n")


if __name__ == "__main__":
    sys.exit(main())
