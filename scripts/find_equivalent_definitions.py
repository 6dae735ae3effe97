"""Find which feature and label tables a former version defines differently and with the same rows, and write it down.

    python scripts/find_equivalent_definitions.py FORMER "NAME=HOME" ["NAME=HOME" ...]
    python scripts/find_equivalent_definitions.py FORMER --check

FORMER is a git revision of this project, or a folder with a checkout of it. Of each home (the demo company and a real shop:
what only one of them has is proved on it alone) raw is copied, and both projects build the tables from it: for the last day
and those on which each label becomes final and is not yet, and with three sets of parameters, the home's own and all numbers
that definitions use moved up and down, so that what is only equal by chance of a parameter shows. Tables that are equal row for row go as pairs into dbt_project/equivalent_definitions.yml, by which
`wellkept upgrade` keeps what homes hold of them. Ends with 1 where a table differs, or with --check has no equivalent.
"""

import argparse
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from compare_editions import attached, compare_table, find_database, list_tables

from wellkept.deployment.paths import DBT_PROJECT, PROJECT_ROOT
from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run
from wellkept.project.definitions import group_names, label_names, read_definition
from wellkept.project.equivalent_definitions import PAIRS, Pair, has_equivalent, read_pairs
from wellkept.project.labels import days_to_maturity
from wellkept.project.parameters import Parameters, Value, read_defaults
from wellkept.warehouse.dbt import dbt
from wellkept.warehouse.sql import literal

_HEADER = """\
# Definitions of former versions whose tables have the same rows as the present ones, by the digests of their texts.
# Written by scripts/find_equivalent_definitions.py, which built both, and never by hand.
"""


@dataclass(frozen=True)
class Fixture:
    """What both projects build from: a home's raw, its last day, and the parameters it is run with."""

    name: str
    warehouse: Path
    last_day: date
    parameters: dict[str, Value]

    def list_days(self, parameters: Mapping[str, Value]) -> list[date]:
        """The last day, and for each label the newest day on which it is final and the day after, on which it is open."""
        maturities = days_to_maturity(Parameters(parameters)).values()
        back = {0, *maturities, *(days - 1 for days in maturities)}
        return sorted(self.last_day - timedelta(days=days) for days in back)


def main(arguments: Sequence[str] | None = None) -> int:
    """Find, write and say the pairs; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("former")
    parser.add_argument("homes", nargs="*", metavar="NAME=HOME")
    parser.add_argument("--check", action="store_true", help="only say which tables have an equivalent")
    given = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="equivalent-") as temporary:
        folder = Path(temporary)
        former = find_project(given.former, folder)
        tables = sorted({*group_names(former), *label_names(former)} & {*group_names(), *label_names()})
        unknown = [table for table in tables if not has_equivalent(table, read_definition(table, former).digest)]
        if given.check:
            print(f"{len(tables) - len(unknown)} of {len(tables)} tables keep what homes hold")
            print(*[f"{table}: no equivalent" for table in unknown], sep="\n")
            return 1 if unknown else 0
        if not given.homes:
            parser.error("give the homes to build from, as NAME=HOME")
        fixtures = [read_fixture(text) for text in given.homes]
        changed = [table for table in tables if read_definition(table, former) != read_definition(table)]
        return _find(former, fixtures, changed, folder) if changed else 0


def find_project(former: str, folder: Path) -> Path:
    """The dbt project of a checkout, or of a git revision, unpacked into the folder."""
    if Path(former).is_dir():
        return Path(former).resolve() / "dbt_project"
    command = ["git", "-C", str(PROJECT_ROOT), "archive", "--format=tar", former, "dbt_project"]
    packed = subprocess.run(command, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder / "former", filter="data")
    return folder / "former" / "dbt_project"


def read_fixture(text: str) -> Fixture:
    """A home, by the name it has in the pairs."""
    name, _, home = text.partition("=")
    warehouse = find_database(Path(home))
    with attached(home=warehouse) as connection:
        [(last_day,)] = connection.execute("select max(as_of_date) from home.raw.loads").fetchall()
        [(parameters,)] = connection.execute("select parameters from home.quality.build").fetchall()
    known = read_defaults()
    return Fixture(name, warehouse, last_day, {n: v for n, v in json.loads(parameters).items() if n in known})


def move_numbers(parameters: Mapping[str, Value], names: Iterable[str], direction: int) -> dict[str, Value]:
    """The parameters with every number among the names moved by a fifth, whole ones by 1 at least, and none below 0."""
    moved = dict(parameters)
    for name in names:
        value = moved.get(name)
        if isinstance(value, float):
            moved[name] = value * (1 + direction / 5)
        elif isinstance(value, int) and not isinstance(value, bool):
            moved[name] = max(0, value + direction * max(1, value // 5))
    return moved


def _find(former: Path, fixtures: Sequence[Fixture], tables: Sequence[str], folder: Path) -> int:
    differing: dict[str, list[str]] = {}
    rows = dict.fromkeys(tables, 0)
    used = sorted({name for table in tables for project in (former, DBT_PROJECT) for name in _used(table, project)})
    for fixture in fixtures:
        for parameters in (fixture.parameters, *(move_numbers(fixture.parameters, used, way) for way in (1, -1))):
            files = _build_both(fixture, parameters, former, tables, folder)
            for table, said, count in _compare(files, tables):
                rows[table] += count
                if said:
                    differing.setdefault(table, [f"{fixture.name} with {json.dumps(parameters)}:", *said])
    equal = [table for table in tables if table not in differing and rows[table]]
    write_pairs(_pairs(former, equal, fixtures))
    for table in tables:
        print(f"{table}: {'differs' if table in differing else f'{rows[table]} rows, equal'}")
        print(*differing.get(table, []), sep="\n    ", end="\n" if table in differing else "")
    print(f"{len(equal)} of {len(tables)} changed definitions give the same rows; pairs are in {PAIRS}")
    return 0 if len(equal) == len(tables) else 1


def _used(table: str, project: Path) -> tuple[str, ...]:
    return read_definition(table, project).parameters


def _build_both(
    fixture: Fixture, parameters: Mapping[str, Value], former: Path, tables: Sequence[str], folder: Path
) -> tuple[Path, Path]:
    """The tables of both projects in scratch warehouses, the former's first."""

    def build(name: str, project: Path) -> Path:
        settings = Settings(home=folder / f"home-{name}", config=folder / "wellkept.toml")
        run = make_run(fixture.last_day, overrides=parameters, settings=settings)
        scratch = folder / name / "warehouse.duckdb"
        scratch.parent.mkdir(exist_ok=True)
        scratch.unlink(missing_ok=True)
        copy_raw(fixture.warehouse, scratch)
        selected = ("--select", *(f"+{table}" for table in tables))
        kinds = ("--resource-type", "model", "--resource-type", "seed")
        dbt(
            run,
            "build",
            *selected,
            *kinds,
            as_of_dates=fixture.list_days(parameters),
            warehouse=scratch,
            project=project,
        )
        return scratch

    with ThreadPoolExecutor(2) as pool:
        built = pool.map(build, ("old", "new"), (former, DBT_PROJECT))
        old, new = built
    return old, new


def copy_raw(warehouse: Path, scratch: Path) -> None:
    """All landed rows, into a new file."""
    with attached(home=warehouse) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'home' and schema_name = 'raw'"
        ).fetchall()
        connection.execute(f"attach {literal(scratch)} as scratch")
        connection.execute("create schema scratch.raw")
        for (name,) in names:
            connection.execute(f"create table scratch.raw.{name} as from home.raw.{name}")


def _compare(files: tuple[Path, Path], tables: Sequence[str]) -> list[tuple[str, list[str], int]]:
    """By table, what differs in words, and how many rows were compared."""
    found = []
    with attached(old=files[0], new=files[1]) as connection:
        old, new = (list_tables(connection, side) for side in ("old", "new"))
        for table in tables:
            name = f"{'labels' if table.startswith('label_') else 'features'}.{table}"
            [(rows,)] = connection.execute(f"select count(*) from old.{name}").fetchall()
            found.append((table, compare_table(connection, name, (old[name], new[name])).said, int(rows)))
    return found


def _pairs(former: Path, tables: Sequence[str], fixtures: Sequence[Fixture]) -> list[Pair]:
    proved_on = tuple(f"{one.name}: {', '.join(map(str, one.list_days(one.parameters)))}" for one in fixtures)
    return [Pair(table, read_definition(table, former), read_definition(table).digest, proved_on) for table in tables]


def write_pairs(found: Sequence[Pair], project: Path = DBT_PROJECT) -> None:
    """Add the pairs to those the project carries, in the place of what it said of the same former definitions."""
    replaced = {(pair.table, pair.was.digest) for pair in found}
    kept = [pair for pair in read_pairs(project) if (pair.table, pair.was.digest) not in replaced]
    entries = [
        {
            "table": pair.table,
            "was": pair.was.digest,
            "parameters": list(pair.was.parameters),
            "now": pair.now,
            "proved_on": list(pair.proved_on),
        }
        for pair in sorted([*kept, *found], key=lambda pair: (pair.table, pair.was.digest))
    ]
    text = yaml.safe_dump({"pairs": entries}, sort_keys=False, width=120, default_flow_style=None)
    (project / PAIRS).write_text(_HEADER + text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
