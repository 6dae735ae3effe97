"""What can be said of each row. A NULL breaks no rule: whether it may be one is the contract's and dbt's to say."""

from datetime import date
from typing import Any

from expectations.rules import Check


def is_one_of(column: str, *values: str) -> Check:
    return _row(f"{column} is one of {', '.join(values)}", "values_to_be_in_set", column=column, value_set=list(values))


def is_at_least(column: str, minimum: float) -> Check:
    return _row(f"{column} is at least {minimum}", "values_to_be_between", column=column, min_value=minimum)


def is_at_most(column: str, maximum: float) -> Check:
    return _row(f"{column} is at most {maximum}", "values_to_be_between", column=column, max_value=maximum)


def is_more_than(column: str, bound: float) -> Check:
    return _row(
        f"{column} is more than {bound}", "values_to_be_between", column=column, min_value=bound, strict_min=True
    )


def is_between(column: str, minimum: float, maximum: float) -> Check:
    return _row(
        f"{column} is between {minimum} and {maximum}",
        "values_to_be_between",
        column=column,
        min_value=minimum,
        max_value=maximum,
    )


def is_written_like(column: str, regex: str, words: str) -> Check:
    """Each value is, from its first to its last character, what `regex` describes and `words` name."""
    return _row(f"{column} is written like {words}", "values_to_match_regex", column=column, regex=f"^({regex})$")


def is_after(column: str, other: str) -> Check:
    """Strictly later (or larger) than the other column of the row."""
    return _pair(f"{column} is after {other}", column, other, or_equal=False)


def is_not_before(column: str, other: str) -> Check:
    """Later than, or the same as, the other column of the row."""
    return _pair(f"{column} is not before {other}", column, other, or_equal=True)


def is_not_on_a_day_before(column: str, other: str) -> Check:
    """As is_not_before, in whole days: many sources keep one of two times as a date only."""
    return holds(f"{column} is not on a day before {other}", f"cast({column} as date) >= cast({other} as date)")


def is_a_real_time(column: str) -> Check:
    """Not one of the dates that systems write where they have none (year 1, 1900, the first day of 1970)."""
    return holds(f"{column} is after 1970-01-01", f"{column} >= timestamp '1970-01-02'")


def is_of_day(day: date) -> Check:
    return holds(f"as_of_date is {day}", f"coalesce(as_of_date = date '{day}', false)")


def is_before_day(column: str, day: date) -> Check:
    """The past never sees the future: nothing that happened on the day or later."""
    return holds(f"{column} is before {day}", f"{column} < date '{day}'")


def holds(sentence: str, condition: str) -> Check:
    """Any SQL condition on one row, where no other word fits. Casts are written `cast(... as ...)`, never `::`."""
    return Check(sentence, "row", "expect_rows_to_satisfy", {"condition": condition})


def _row(sentence: str, expectation: str, **arguments: Any) -> Check:
    return Check(sentence, "row", f"expect_column_{expectation}", arguments)


def _pair(sentence: str, column: str, other: str, or_equal: bool) -> Check:
    arguments = {
        "column_A": column,
        "column_B": other,
        "or_equal": or_equal,
        "ignore_row_if": "either_value_is_missing",
    }
    return Check(sentence, "row", "expect_column_pair_values_a_to_be_greater_than_b", arguments)
