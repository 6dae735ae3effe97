"""What a suite is made of: rules, each a check and how bad it is when it fails.

A row check (rows.py) says which rows are wrong: at the raw door a critical one sends them to quarantine.
A table check (tables.py) is about the table as a whole: at either door a critical one stops the run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["critical", "warning"]
Scope = Literal["row", "table"]


@dataclass(frozen=True)
class Check:
    """One fact about data: a sentence for people and a Great Expectations expectation for the machine."""

    sentence: str
    scope: Scope
    expectation: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """A check and how bad it is when it fails."""

    check: Check
    severity: Severity

    @property
    def sentence(self) -> str:
        return self.check.sentence

    @property
    def quarantines(self) -> bool:
        """Whether a landed row that fails is kept out of the warehouse."""
        return self.check.scope == "row" and self.severity == "critical"


@dataclass(frozen=True)
class Table:
    """A table of the warehouse that goes out, and what names one of its rows."""

    schema: str
    name: str
    key: tuple[str, ...]
    is_by_day: bool = False
    """It holds many days: only the run's day is checked."""
    is_optional: bool = False
    """It need not exist yet, as scores before the first model."""


def critical(check: Check) -> Rule:
    """Wrong rows go to quarantine; a wrong table stops the run."""
    return Rule(check, "critical")


def warning(check: Check) -> Rule:
    """Reported in data_quality; the run goes on and the rows stay."""
    return Rule(check, "warning")
