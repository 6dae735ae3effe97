"""Numbered migrations of what is not rebuilt: raw, quarantine, scores. m0002_<what>.py or .sql brings a home to 2."""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from wellkept.deployment.errors import WellkeptError

_NAME = re.compile(r"m(\d{4})_[a-z0-9_]+\.(py|sql)")


@dataclass(frozen=True)
class Migration:
    """Brings a home from format `number - 1` to `number`; runs in a transaction that is not its own."""

    number: int
    name: str
    apply: Callable[[duckdb.DuckDBPyConnection], object]


def load_migrations(folder: Path = Path(__file__).parent, package: str = __name__) -> list[Migration]:
    """All migrations in order; two with one number, or a gap between them, is an error."""
    files = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    migrations = [_load(path, package) for path in files]
    numbers = [migration.number for migration in migrations]
    if numbers != list(range(2, 2 + len(numbers))):
        raise WellkeptError(f"the migrations in {folder} must be numbered from 2 on without gaps, but are {numbers}")
    return migrations


def _load(path: Path, package: str) -> Migration:
    number = int(path.stem[1:5])
    if path.suffix == ".sql":
        statements = path.read_text(encoding="utf-8")
        return Migration(number, path.stem, lambda connection: connection.execute(statements))
    module = importlib.import_module(f"{package}.{path.stem}")
    return Migration(number, path.stem, module.apply)
