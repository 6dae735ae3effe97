"""Business parameters: the vars of dbt_project.yml, overridden by wellkept.toml and by --set."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

import yaml

from wellkept.deployment.errors import BadInputError
from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.yml import read_yml

Value = bool | int | float | str
_SET_BY_THE_RUN = ("as_of_date", "as_of_dates")
# The lengths of windows: a window of no day holds nothing. Every other number may be 0.
_AT_LEAST_ONE = frozenset(
    {
        "eligible_days",
        "horizon_days",
        "default_gap_days",
        "onboarding_days",
        "attribution_days",
        "engagement_half_life_days",
    }
)


class Parameters(Mapping[str, Value]):
    """The parameters of one run, complete and checked; unknown names and wrong types never get in."""

    def __init__(self, overrides: Mapping[str, Any] | None = None) -> None:
        self._values = dict(read_defaults())
        self.overridden: dict[str, Value] = {}
        for name, value in (overrides or {}).items():
            self._values[name] = self.overridden[name] = _checked(name, value)

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def integer(self, name: str) -> int:
        return int(self._values[name])

    def number(self, name: str) -> float:
        return float(self._values[name])

    def text(self, name: str) -> str:
        return str(self._values[name])

    def flag(self, name: str) -> bool:
        return bool(self._values[name])

    def as_json(self) -> str:
        """All values as one line of JSON with sorted keys: equal text means equal parameters."""
        return json.dumps(self._values, sort_keys=True)


@cache
def read_defaults() -> Mapping[str, Value]:
    """The parameters and their defaults, as they stand in dbt_project.yml."""
    project = read_yml(DBT_PROJECT / "dbt_project.yml")
    return {name: value for name, value in project["vars"].items() if name not in _SET_BY_THE_RUN}


def parse_overrides(items: Iterable[str]) -> dict[str, Value]:
    """`["horizon_days=60"]` as `{"horizon_days": 60}`; a BadInputError says which item is wrong and why."""
    overrides: dict[str, Value] = {}
    for item in items:
        name, equals, text = item.partition("=")
        if not equals:
            raise BadInputError(f"--set {item!r}: write it as name=value, for example --set horizon_days=60")
        overrides[name.strip()] = _checked(name.strip(), _parse_value(item, text))
    return overrides


def _parse_value(item: str, text: str) -> Any:
    try:
        return yaml.safe_load(text) if text else ""
    except (yaml.YAMLError, ValueError):  # ValueError: what looks like a day, and is none
        raise BadInputError(
            f"--set {item!r}: {text!r} is not a value; put quotes around a text, as in \"'a: b'\""
        ) from None


def _checked(name: str, value: Any) -> Value:
    defaults = read_defaults()
    if name not in defaults:
        near = get_close_matches(name, defaults, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(defaults))}"
        raise BadInputError(f"there is no parameter {name!r}; {hint}")
    default = defaults[name]
    wanted = float if isinstance(default, float) else type(default)
    fits = isinstance(value, wanted) or (wanted is float and isinstance(value, int))
    if not fits or (wanted is not bool and isinstance(value, bool)):
        raise BadInputError(f"parameter {name!r} is {value!r}; it must be {_in_words(wanted)}, like {default!r}")
    if wanted in (int, float):
        _check_number(name, value)
    checked: Value = wanted(value)
    return checked


def _check_number(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise BadInputError(f"parameter {name!r} is {value!r}; it must be a finite number")
    if value < 0:
        raise BadInputError(f"parameter {name!r} is {value!r}; it must not be negative")
    if name in _AT_LEAST_ONE and value < 1:
        raise BadInputError(f"parameter {name!r} is {value!r}; it is the length of a window and must be at least 1")


def _in_words(kind: type) -> str:
    return {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, "a text")
