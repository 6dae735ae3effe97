"""Each word of the vocabulary, on rows beside its boundary."""

from datetime import date

import duckdb
import pytest

from expectations import rows, tables
from expectations.rules import Check, critical

D = date(2026, 3, 1)
TIMES = "values (1, timestamp '{}', timestamp '{}')"


def judge(values: str, columns: str, *checks: Check) -> list[tuple[bool, int | None]]:
    from expectations.judging import judge_rules

    with duckdb.connect() as connection:
        connection.execute(f"create view checked as select * from ({values}) as given({columns})")
        outcomes = judge_rules(connection, "checked", ["id"], [critical(check) for check in checks])
        for query, failed in [(one.failing_rows_query, one.failed_rows) for one in outcomes if one.failing_rows_query]:
            assert connection.execute(f"select count(id) from ({query})").fetchall() == [(failed,)]
    assert not [outcome for outcome in outcomes if outcome.has_raised]
    return [(outcome.is_passed, outcome.failed_rows) for outcome in outcomes]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (rows.is_one_of("it", "paid", "it's"), ["'paid'", "'it''s'", "null"], ["'Paid'", "''"]),
        (rows.is_at_least("it", 0), ["0::decimal(18,4)", "7", "null"], ["-0.0001"]),
        (rows.is_at_most("it", 1), ["1", "null"], ["1.001"]),
        (rows.is_more_than("it", 0), ["0.0001", "null"], ["0", "-1"]),
        (rows.is_between("it", 0, 1), ["0::double", "1", "null"], ["-0.001", "1.001", "'nan'"]),
        (
            rows.is_written_like("it", "[A-Z]{3}", "three letters"),
            ["'GBP'", "null"],
            ["'gbp'", "'GBPX'", "'XGBP'", "'GBP\n'", "''"],
        ),
        (rows.is_written_like("it", "a|b", "a or b"), ["'a'", "'b'"], ["'ab'", "'xb'"]),
        (
            rows.is_a_real_time("it"),
            ["timestamp '1970-01-02'", "null"],
            ["timestamp '1970-01-01 23:59'", "timestamp '1900-01-01'"],
        ),
        (rows.is_before_day("it", D), ["date '2026-02-28'", "null"], ["date '2026-03-01'"]),
        (rows.holds("is even", "it % 2 = 0"), ["2", "null"], ["3"]),
    ],
)
def test_row_rule_fails_exactly_the_rows_past_the_boundary(check: Check, good: list[str], bad: list[str]) -> None:
    given = ", ".join(f"({number}, {value})" for number, value in enumerate([*good, *bad]))
    values = f"select id, it from (values {given}) as given(id, it)"
    assert judge(values, "id, it", check) == [(False, len(bad))]
    only_good = ", ".join(f"({number}, {value})" for number, value in enumerate(good))
    assert judge(f"select * from (values {only_good})", "id, it", check) == [(True, 0)]


def test_day_is_the_run_s_only() -> None:
    check = rows.is_of_day(D)
    assert judge("values (1, date '2026-03-01'), (2, date '2026-02-28'), (3, null)", "id, as_of_date", check) == [
        (False, 2)
    ]


def test_two_columns_compared_in_time_and_in_days() -> None:
    checks = [rows.is_after("b", "a"), rows.is_not_before("b", "a"), rows.is_not_on_a_day_before("b", "a")]
    same = judge(TIMES.format("2026-01-02 10:00", "2026-01-02 10:00"), "id, a, b", *checks)
    assert same == [(False, 1), (True, 0), (True, 0)]
    earlier_that_day = judge(TIMES.format("2026-01-02 10:00", "2026-01-02 00:00"), "id, a, b", *checks)
    assert earlier_that_day == [(False, 1), (False, 1), (True, 0)]
    day_before = judge(TIMES.format("2026-01-02 10:00", "2026-01-01 23:59"), "id, a, b", *checks)
    assert day_before == [(False, 1), (False, 1), (False, 1)]
    unknown = judge("values (1, timestamp '2026-01-02', null::timestamp)", "id, a, b", *checks)
    assert unknown == [(True, 0), (True, 0), (True, 0)]


def test_table_rules_judge_the_table_as_a_whole() -> None:
    checks = [
        tables.has_rows(2),
        tables.knows("it", 0.5),
        tables.holds("mean is at most 2", "avg(it) <= 2"),
    ]
    assert [passed for passed, _ in judge("values (1, 2), (2, null)", "id, it", *checks)] == [True, True, True]
    assert [passed for passed, _ in judge("values (1, null::int)", "id, it", *checks)] == [False, False, True]
    assert [passed for passed, _ in judge("values (1, 2), (2, 3)", "id, it", *checks)] == [True, True, False]


def test_an_empty_table_passes_row_rules() -> None:
    checks = [rows.is_at_least("it", 0), rows.holds("x", "it > 0"), tables.has_rows(), tables.holds("y", "avg(it) < 0")]
    found = judge("select 1, 2 where false", "id, it", *checks)
    assert [passed for passed, _ in found] == [True, True, False, True]
