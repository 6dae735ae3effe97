"""Judges one table by a list of rules, inside the database. Import this module late, as engine.py."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.validator.validator import Validator

from expectations.engine import open_validator
from expectations.rules import Rule


@dataclass(frozen=True)
class Outcome:
    """What became of one rule on one table."""

    rule: Rule
    is_passed: bool
    failed_rows: int | None
    """None where a failing table rule is not about a number of rows, or where the rule raised."""
    has_raised: bool
    detail: str
    failing_rows_query: str | None
    """For a failing row rule: a query for the `select` columns of the rows that fail."""


def judge_rules(
    connection: duckdb.DuckDBPyConnection, table: str, select: Sequence[str], rules: Sequence[Rule]
) -> list[Outcome]:
    """The outcome of each rule, in order. `select` names the columns that identify a row; the first is never NULL."""
    with open_validator(connection, table) as validator:
        outcomes = _evaluate(validator, select, rules)
        # GX bundles what it can into one query, so a rule that raises can take others down with it.
        return [
            _evaluate(validator, select, [outcome.rule])[0] if outcome.has_raised and len(rules) > 1 else outcome
            for outcome in outcomes
        ]


def _evaluate(validator: Validator, select: Sequence[str], rules: Sequence[Rule]) -> list[Outcome]:
    wanted = {
        "result_format": "BASIC",
        "partial_unexpected_count": 0,
        "unexpected_index_column_names": list(select),
        "return_unexpected_index_query": True,
    }
    configurations = [_configure(rule, number, select) for number, rule in enumerate(rules)]
    results = validator.graph_validate(configurations, runtime_configuration={"result_format": wanted})
    by_number = {result.expectation_config.meta["number"]: result for result in results if result.expectation_config}
    return [_read(rule, by_number[number]) for number, rule in enumerate(rules)]


def _configure(rule: Rule, number: int, select: Sequence[str]) -> ExpectationConfiguration:
    arguments = dict(rule.check.arguments)
    if rule.check.expectation == "expect_rows_to_satisfy":
        arguments["column"] = select[0]
    return ExpectationConfiguration(
        type=rule.check.expectation, kwargs=arguments, meta={"number": number}, severity=FailureSeverity(rule.severity)
    )


def _read(rule: Rule, result: ExpectationValidationResult) -> Outcome:
    raised = _what_was_raised(result)
    if raised:
        return Outcome(rule, False, None, True, f"could not be judged: {raised}", None)
    found, is_passed = result.result, bool(result.success)
    if "unexpected_count" in found:
        failed = int(found["unexpected_count"] or 0)
        query = str(found["unexpected_index_query"]).rstrip("; \n") if failed else None
        return Outcome(rule, is_passed, failed, False, f"{failed} rows fail" if failed else "", query)
    # The observed value of unexpected_rows_expectation only says that its condition does not hold.
    says_more = not is_passed and rule.check.expectation != "unexpected_rows_expectation"
    detail = f"observed {found['observed_value']}" if says_more else ""
    return Outcome(rule, is_passed, 0 if is_passed else None, False, detail, None)


def _what_was_raised(result: ExpectationValidationResult) -> str:
    """The kind of exception, never its text: a database quotes the value that it could not read. Empty if none was."""
    info = result.exception_info or {}
    raised = [one for one in ([info] if "raised_exception" in info else info.values()) if one["raised_exception"]]
    kinds = [
        kind
        for one in raised
        for kind in re.findall(r"^(?:\w+\.)*(\w+(?:Error|Exception))\b", str(one["exception_traceback"]), re.MULTILINE)
    ]
    return ", ".join(dict.fromkeys(kinds)) or ("an exception" if raised else "")
