"""What a day's features cost after one, two and four years of history, with the same customers and daily volume.

    python -m benchmarks refresh
    python -m benchmarks refresh --customers 1000000 --years 1 2

A shop where everybody orders every 36 days, with payments, sessions, messages, tickets, surveys, loyalty and
subscriptions in proportion. Each history is loaded into a home of its own and the features of its last day are built
whole; then each feature table is built again by itself, in a process of its own, so that its time and memory are its own.
Windowed groups look back 730 days at most; a group that is marked `is_lifetime` looks at all of it. Beside the groups:
staging and the list of customers, which every group needs and which are built once a day.
"""

import argparse
import json
import shutil
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import made_up_shop
from benchmarks.process import run_measured
from features.build import build_days
from wellkept.deployment.settings import Settings
from wellkept.landing.load import load_day
from wellkept.operations.new_run import make_run
from wellkept.project.definitions import group_names
from wellkept.runs.run import Run
from wellkept.sources.extract import extract
from wellkept.warehouse.dbt import dbt

FOLDER = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks" / "refresh"
DAY = made_up_shop.LAST_DAY
WHOLE = "the whole day"


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints seconds and peak memory by group and length of history, and each beside the shortest; also as `results.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--years", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--repeats", type=int, default=3)
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
    whole = {years: _prepare(given, years) for years in given.years}
    groups = _measure_groups(given)
    results = {years: {**whole[years], "groups": groups[years]} for years in given.years}
    told = {name: getattr(given, name) for name in ("customers", "repeats", "threads", "memory_limit")}
    (given.folder / "results.json").write_text(json.dumps({**told, "years": results}, indent=2) + "\n")
    _show(results)
    return 0


def _prepare(given: argparse.Namespace, years: int) -> dict[str, Any]:
    """Loads the history and builds the features of its last day, whole."""
    for step in ("deliver", "ingest"):
        _run_step(given, step, years)
    shutil.rmtree(given.folder / f"{years}-delivery")
    rows = json.loads((given.folder / f"{years}-rows.json").read_text())
    return {"rows": rows, WHOLE: _run_step(given, WHOLE, years)}


def _measure_groups(given: argparse.Namespace) -> dict[int, dict[str, dict[str, float]]]:
    """Every group `repeats` times, the lengths of history in turn: medians of seconds in DuckDB, peak memory of the process."""
    groups: dict[int, dict[str, dict[str, float]]] = {years: {} for years in given.years}
    for group in group_names():
        runs = [(years, _run_step(given, group, years)) for _ in range(given.repeats) for years in given.years]
        for years in given.years:
            own = [run for of, run in runs if of == years]
            groups[years][group] = {
                "seconds": statistics.median(run["seconds"] for run in own),
                "peak_memory_mb": max(run["peak_memory_mb"] for run in own),
            }
    return groups


def _run_step(given: argparse.Namespace, name: str, years: int) -> dict[str, float]:
    words = ["--customers", str(given.customers), "--threads", str(given.threads), "--memory-limit", given.memory_limit]
    command = [sys.executable, "-m", "benchmarks.feature_refresh", *words, "--folder", str(given.folder)]
    took = run_measured(f"{name} of {years} years", [*command, "--step", name, str(years)])
    seconds = _seconds_of(given, name, years) if name in group_names() else took.seconds
    sys.stdout.write(f"{years} years  {name:<34}{seconds:>8.1f} s{took.peak_memory_mb:>8} MB\n")
    sys.stdout.flush()
    return {"seconds": round(seconds, 2), "peak_memory_mb": took.peak_memory_mb}


def _take_step(given: argparse.Namespace, name: str, years: int) -> None:
    run = _run_of(given, years, name)
    if name == "deliver":
        rows = made_up_shop.deliver(
            given.folder / f"{years}-delivery",
            given.customers,
            given.threads,
            given.memory_limit,
            steady_days=365 * years,
        )
        (given.folder / f"{years}-rows.json").write_text(json.dumps(rows))
    elif name == "ingest":
        extract(run, "files")
        load_day(run)
    elif name == WHOLE:
        build_days(run, [DAY])
    else:
        dbt(run, "run", "--select", name)


def _seconds_of(given: argparse.Namespace, group: str, years: int) -> float:
    """What dbt says that the one model took: without its own start."""
    target = _run_of(given, years, group).home.dbt_target(group)
    results = json.loads((target / "run_results.json").read_text())["results"]
    return float(results[0]["execution_time"])


def _run_of(given: argparse.Namespace, years: int, name: str) -> Run:
    settings = Settings(
        home=given.folder / f"{years}-home",
        config=given.folder / "none.toml",
        memory_limit=given.memory_limit,
        threads=given.threads,
    )
    return make_run(DAY, run_id=name.replace(" ", "-"), source=given.folder / f"{years}-delivery", settings=settings)


def _show(results: dict[int, dict[str, Any]]) -> None:
    shortest = min(results)
    for group in [*results[shortest]["groups"], WHOLE]:
        cells = []
        for found in results.values():
            one = found["groups"].get(group) or found[group]
            first = results[shortest]["groups"].get(group) or results[shortest][group]
            times = one["seconds"] / first["seconds"], one["peak_memory_mb"] / first["peak_memory_mb"]
            cells.append(
                f"{one['seconds']:>7.1f} s x{times[0]:<5.2f}{one['peak_memory_mb']:>6.0f} MB x{times[1]:<5.2f}"
            )
        sys.stdout.write(f"{group:<36}{''.join(cells)}\n")


if __name__ == "__main__":
    sys.exit(main())
