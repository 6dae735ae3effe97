"""From what was asked for and a file to customers: the target, who churned, the key, and the columns that enter."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ml.undated.columns import Chosen, check_key, choose_columns, find_column
from ml.undated.reading import Profile, list_values, load_file, profile_columns
from ml.undated.rules import Rules
from ml.undated.table import Customers, read_customers
from ml.undated.target import MOST_VALUES, find_positive
from wellkept.deployment.errors import BadInputError, NotEnoughDataError
from wellkept.deployment.settings import Settings
from wellkept.warehouse.connecting import open_database
from wellkept.warehouse.sql import count_rows, quoted


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line."""

    path: Path
    target: str | None
    positive: str | None = None
    key: str | None = None
    leave_out: Sequence[str] = ()
    keep: Sequence[str] = ()


@dataclass(frozen=True)
class Settled:
    """A file with its columns settled."""

    file: Path
    target: str
    positive: str
    negative: str
    rows_without_target: int
    keep: list[str]
    chosen: Chosen
    customers: Customers


def settle(file: Path, request: Request, settings: Settings, rules: Rules) -> Settled:
    """The file read and every column's part settled; a BadInputError where file and options do not fit."""
    connection = open_database(":memory:", settings.home_paths.scratch, settings)
    try:
        return _settle(connection, file, request, rules)
    finally:
        connection.close()


def _settle(connection: duckdb.DuckDBPyConnection, file: Path, request: Request, rules: Rules) -> Settled:
    types = load_file(connection, file)
    if request.target is None:
        raise BadInputError(
            f"--snapshot {file.name}: say which column tells who churned: --target COLUMN; it has {', '.join(types)}"
        )
    target = find_column(types, "--target", request.target, file.name)
    positive, negative = find_positive(target, list_values(connection, target, MOST_VALUES + 1), request.positive)
    without = count_rows(connection, f"given where {quoted(target)} is null")
    connection.execute(f"delete from given where {quoted(target)} is null")
    rows = count_rows(connection, "given")
    profiles = profile_columns(connection, types, rules.max_categories)
    key = find_column(types, "--key", request.key, file.name) if request.key else None
    if key:
        check_key(next(profile for profile in profiles if profile.name == key), rows)
    leave_out = [find_column(types, "--leave-out", name, file.name) for name in request.leave_out]
    keep = [find_column(types, "--keep", name, file.name) for name in request.keep]
    _check_roles(target, key, leave_out, keep)
    chosen = choose_columns(profiles, rows, target, key, leave_out, rules)
    if not chosen.features:
        raise NotEnoughDataError(
            f"{file.name}: no column is left to learn from ({_because(chosen)}); add columns that say what customers do"
        )
    _check_size(chosen.features, rows, rules, file.name)
    customers = read_customers(connection, chosen.features, chosen.key, target, positive, rules)
    return Settled(file, target, positive, negative, without, keep, chosen, customers)


def _check_roles(target: str, key: str | None, leave_out: Sequence[str], keep: Sequence[str]) -> None:
    roles = {"--target": [target], "--key": [key] if key else [], "--leave-out": leave_out, "--keep": keep}
    taken: dict[str, str] = {}
    for option, names in roles.items():
        for name in dict.fromkeys(names):
            if name in taken:
                raise BadInputError(f"{name} stands under {taken[name]} and {option}; a column has one part to play")
            taken[name] = option


def _check_size(features: Sequence[Profile], rows: int, rules: Rules, file: str) -> None:
    parts = sum(1 if one.type == "number" else min(one.distinct, rules.max_categories) for one in features)
    if rows * parts > rules.max_cells:
        raise BadInputError(
            f"{file}: {rows:,} rows of {parts:,} columns, categories counted, are more than the {rules.max_cells:,} values "
            f"that are held in memory; give a sample of {rules.max_cells // parts:,} rows, or --leave-out columns"
        )


def _because(chosen: Chosen) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in chosen.left_out.items()) or "it has no others"
