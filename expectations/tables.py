"""What can be said of a table as a whole."""

from expectations.rules import Check


def has_rows(at_least: int = 1) -> Check:
    noun = "row" if at_least == 1 else "rows"
    return Check(
        f"has at least {at_least} {noun}", "table", "expect_table_row_count_to_be_between", {"min_value": at_least}
    )


def knows(column: str, share: float) -> Check:
    """The column is there for at least this share of the rows."""
    return Check(
        f"{column} is known for at least {share:.0%} of rows",
        "table",
        "expect_column_values_to_not_be_null",
        {"column": column, "mostly": share},
    )


def holds(sentence: str, condition: str) -> Check:
    """Any SQL condition on aggregates of the table; other tables of the warehouse are `warehouse.<schema>.<table>`."""
    query = f"select 1 from {{batch}} having not ({condition})"
    return Check(sentence, "table", "unexpected_rows_expectation", {"unexpected_rows_query": query})
