"""Finds suites: a module under raw/ or published/ is the suite of the table it is named after."""

import pkgutil
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import NamedTuple

from expectations import published, raw
from expectations.rules import Rule, Table
from wellkept.runs.run import Run


class RawSuite(NamedTuple):
    """The rules for one landed entity."""

    entity: str
    rules: Sequence[Rule]


class PublishedSuite(NamedTuple):
    """The rules for one table of the warehouse."""

    table: Table
    rules: Sequence[Rule]


def raw_suites(run: Run) -> Iterator[RawSuite]:
    """Every suite under raw/, by name."""
    for name in sorted(module.name for module in pkgutil.iter_modules(raw.__path__)):
        yield RawSuite(name, import_module(f"expectations.raw.{name}").rules(run))


def published_suites(run: Run) -> Iterator[PublishedSuite]:
    """Every suite under published/, by name."""
    for name in sorted(module.name for module in pkgutil.iter_modules(published.__path__)):
        module = import_module(f"expectations.published.{name}")
        yield PublishedSuite(module.TABLE, module.rules(run))
