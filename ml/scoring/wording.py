"""The templates in which sentences about features are written: Jinja2, with other brackets and the words for numbers.

Values stand in `{ }` and conditions in `[ ]`: dbt reads the same yml and would take `{{ }}` and `{% %}` for its own.
"""

from collections.abc import Callable, Mapping
from functools import cache

from jinja2 import Environment, StrictUndefined, TemplateError, meta

from wellkept.deployment.errors import WellkeptError

GIVEN = frozenset({"only", "raises"})
"""What a template may name besides numbers: `only ` where fewness raises the risk, and whether the feature does."""


def say_number(value: float) -> str:
    """`1,200`, `2.5`, `3` for 3.01: no more digits than people read."""
    is_whole = abs(value) >= 10 or abs(value - round(value)) < 0.05
    return f"{round(value):,}" if is_whole else f"{value:.1f}"


def say_counted(value: float, one: str, many: str = "") -> str:
    """`1 order`, `no orders`, `2.5 orders`."""
    number = say_number(value)
    return f"1 {one}" if number == "1" else f"{'no' if number == '0' else number} {many or f'{one}s'}"


def say_days(value: float) -> str:
    """`1 day`, `64 days`."""
    number = say_number(value)
    return f"{number} day" if number == "1" else f"{number} days"


def say_every(value: float) -> str:
    """`every day`, `every 21 days`."""
    days = say_days(value)
    return "every day" if days == "1 day" else f"every {days}"


def say_hours(value: float) -> str:
    """`1 hour`, `30 hours`; from two days on in days."""
    if value >= 48:
        return say_days(value / 24)
    number = say_number(value)
    return f"{number} hour" if number == "1" else f"{number} hours"


def say_times(value: float) -> str:
    """`once`, `twice`, `3 times`."""
    number = say_number(value)
    return {"1": "once", "2": "twice"}.get(number, f"{number} times")


def say_money(value: float) -> str:
    """`1,200`, `17`, `2.95`: the currency is the shop's own and goes without saying."""
    return f"{value:.2f}" if abs(value) < 10 and value != round(value) else f"{value:,.0f}"


def say_percent(value: float) -> str:
    """`25%`."""
    return f"{value:.0%}"


def say_share(value: float) -> str:
    """`25%`, `none`, `all`, to go before `of`."""
    if value <= 0 or value >= 1:
        return "none" if value <= 0 else "all"
    return {"0%": "under 1%", "100%": "over 99%"}.get(say_percent(value), say_percent(value))


FILTERS: Mapping[str, Callable[..., str]] = {
    "number": say_number,
    "counted": say_counted,
    "days": say_days,
    "every": say_every,
    "hours": say_hours,
    "times": say_times,
    "money": say_money,
    "percent": say_percent,
    "share": say_share,
}


class Template:
    """One compiled sentence, and the numbers that it names: features, and `value` for its own."""

    def __init__(self, text: str) -> None:
        environment = _environment()
        try:
            self.named = meta.find_undeclared_variables(environment.parse(text)) - GIVEN
            self._template = environment.from_string(text)
        except TemplateError as error:
            raise WellkeptError(f"{text!r}: {error.message}") from error
        self._template.globals = {}  # Jinja copies them, however empty, each time: that is half of what a sentence takes

    def render(self, values: Mapping[str, float], **given: object) -> str:
        """The sentence, where `values` knows every number that is named."""
        return self._template.render(values, **given)


@cache
def _environment() -> Environment:
    environment = Environment(
        variable_start_string="{",
        variable_end_string="}",
        block_start_string="[",
        block_end_string="]",
        comment_start_string="[#",
        comment_end_string="#]",
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  sentences are plain text: a page escapes what it shows
    )
    environment.filters.update(FILTERS)
    environment.globals.clear()
    return environment
