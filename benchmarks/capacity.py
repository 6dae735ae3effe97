"""How large a shop one day's feature build takes within a memory limit, and how time, memory and disk grow with it.

    python -m benchmarks capacity
    python -m benchmarks capacity --customers 1000000 10000000 --memory-limit 8GB

A shop with orders alone, about ten a customer over three years. Each size gets a home of its own: three years of orders
are loaded, a million customers a day until all are there, then all nine feature groups and the labels of the last day are built from nothing. Every step is a
process of its own. A size that fails ends the run; the one before it is what this machine takes.
"""

import argparse
import json
import math
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import made_up_shop
from benchmarks.process import run_measured
from features.build import build_days
from wellkept.deployment.settings import Settings
from wellkept.landing.load import load_day
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run
from wellkept.sources.extract import extract

FOLDER = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks" / "capacity"
STEPS = ("deliver", "ingest", "a day's features")
_CUSTOMERS_A_LOAD = 1_000_000
"""What one load brings at most: at once, a load needs several times its size on the disk."""
SIZES = (300_000, 1_000_000, 3_000_000, 10_000_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what each size took and how it grew; the same as `results.json`. Ends with 1 if no size was built."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=list(SIZES), help="sizes to try, smallest first")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="8GB", help="DuckDB's, as in WELLKEPT_MEMORY_LIMIT")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.step:
        _take_step(given, given.step[0], int(given.step[1]))
        return 0
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    results: list[dict[str, Any]] = []
    for customers in sorted(given.customers):
        measured = _measure(given, customers)
        if measured is None:
            break
        _show(measured, results[-1] if results else None)
        results.append(measured)
        told = {"threads": given.threads, "memory_limit": given.memory_limit, "sizes": results}
        (given.folder / "results.json").write_text(json.dumps(told, indent=2) + "\n")
    return 0 if results else 1


def _measure(given: argparse.Namespace, customers: int) -> dict[str, Any] | None:
    """Seconds and peak memory by step, rows and bytes; None where a step failed."""
    words = ["--threads", str(given.threads), "--memory-limit", given.memory_limit, "--folder", str(given.folder)]
    command = [sys.executable, "-m", "benchmarks.capacity", *words, "--step"]
    steps = {}
    for name in STEPS:
        try:
            took = run_measured(f"{name} of {customers:,} customers", [*command, name, str(customers)])
        except SystemExit as failure:
            sys.stdout.write(f"{failure}: more than this machine takes within {given.memory_limit}\n")
            return None
        steps[name] = {"seconds": round(took.seconds, 1), "peak_memory_mb": took.peak_memory_mb}
    home = given.folder / f"{customers}-home"
    orders = json.loads((given.folder / f"{customers}-rows.json").read_text())["orders"]
    warehouse_mb = round((home / "warehouse.duckdb").stat().st_size / 1e6)
    shutil.rmtree(home)
    shutil.rmtree(given.folder / f"{customers}-delivery")
    return {"customers": customers, "orders": orders, "warehouse_mb": warehouse_mb, "steps": steps}


def _take_step(given: argparse.Namespace, name: str, customers: int) -> None:
    run = _run_of(given, customers)
    if name == "deliver":
        rows = made_up_shop.deliver(
            given.folder / f"{customers}-delivery",
            customers,
            given.threads,
            given.memory_limit,
            has_orders_only=True,
            parts=_parts(customers),
        )
        (given.folder / f"{customers}-rows.json").write_text(json.dumps(rows))
    elif name == "ingest":
        for day in range(_parts(customers) - 1, -1, -1):
            loaded = replace(run, as_of_date=made_up_shop.LAST_DAY - timedelta(days=day))
            extract(loaded, "files")
            load_day(loaded)
    else:
        build_days(run, [made_up_shop.LAST_DAY])


def _parts(customers: int) -> int:
    return max(1, customers // _CUSTOMERS_A_LOAD)


def _run_of(given: argparse.Namespace, customers: int) -> Run:
    settings = Settings(
        home=given.folder / f"{customers}-home",
        config=given.folder / "none.toml",
        memory_limit=given.memory_limit,
        threads=given.threads,
    )
    source = given.folder / f"{customers}-delivery"
    return make_run(made_up_shop.LAST_DAY, run_id="capacity", source=source, settings=settings)


def _show(measured: dict[str, Any], smaller: dict[str, Any] | None) -> None:
    out = sys.stdout
    sizes = f"{measured['customers']:,} customers, {measured['orders']:,} orders, {measured['warehouse_mb']:,} MB of warehouse"
    out.write(f"{sizes}\n")
    for name, took in measured["steps"].items():
        growth = ""
        if smaller is not None:
            ratio = took["seconds"] / smaller["steps"][name]["seconds"]
            growth = (
                f"   grows as orders to the {math.log(ratio) / math.log(measured['orders'] / smaller['orders']):.2f}"
            )
        out.write(f"  {name:<20}{took['seconds']:>9.1f} s{took['peak_memory_mb']:>8} MB{growth}\n")
    out.flush()


if __name__ == "__main__":
    sys.exit(main())
