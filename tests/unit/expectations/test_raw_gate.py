"""The door where data comes in."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations import rows, tables
from expectations.gate import check_landing
from expectations.raw import orders as orders_suite
from expectations.rules import critical, warning
from wellkept.deployment.errors import GateError
from wellkept.landing.contract import ENTITIES
from wellkept.landing.loads import LOADS
from wellkept.project.parameters import Parameters
from wellkept.runs.run import Run
from wellkept.warehouse.records import ensure_table

pytestmark = pytest.mark.slow

Land = Callable[..., Path]
AT = datetime.fromisoformat("2026-02-01 12:00")
BEFORE, LATER = datetime.fromisoformat("2026-01-31 12:00"), datetime.fromisoformat("2026-02-01 18:00")
ORDER = {"order_id": "a", "customer_id": "c", "ordered_at": AT, "status": "completed", "total_amount": 0}


def read(run: Run, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    with duckdb.connect(str(run.home.warehouse), read_only=True) as connection:
        return connection.execute(f"select {columns} from quality.data_quality where {where} order by all").fetchall()


def failing(folder: Path) -> list[tuple[Any, ...]]:
    return duckdb.execute("from read_parquet(?)", [str(folder / "failing_rows.parquet")]).fetchall()


def test_a_clean_day_passes_with_an_empty_file_of_failing_rows(run: Run, land: Land) -> None:
    folder = land("orders", ORDER, {**ORDER, "order_id": "b", "status": None})
    land("order_lines", {"order_id": "a", "line_number": 1, "quantity": 1, "unit_price": 0})
    verdict = check_landing(run)
    assert verdict.failures == ()
    assert failing(folder) == []
    assert not list(folder.glob("*.unfinished"))


def test_a_wrong_row_is_named_once_with_every_reason_and_its_text(run: Run, land: Land) -> None:
    folder = land("orders", ORDER, {**ORDER, "order_id": "b", "status": "lost", "total_amount": -1})
    verdict = check_landing(run)
    [(entity, file, line, reason, raw_text)] = failing(folder)
    assert (entity, file, line) == ("orders", "orders.csv", 3)
    assert reason == "breaks the rule: status is one of completed, cancelled; total_amount is at least 0"
    assert json.loads(raw_text)["status"] == "lost"
    assert list(json.loads(raw_text)) == list(ENTITIES["orders"].column_names)
    keys = {result.rule: result.failing_keys for result in verdict.failures}
    assert keys["total_amount is at least 0"] == ("b",)
    assert read(run, "failed_rows", "rule like 'no row goes%' and table_name = 'orders'") == [(1,)]


def test_what_came_before_and_comes_no_more_is_a_warning_that_names_it(run: Run, land: Land) -> None:
    folder = land("orders", ORDER)
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.execute("create schema raw")
        ensure_table(connection, LOADS)
        for entity in ("orders", "tickets"):
            connection.execute(
                f"insert into raw.loads values ('2026-01-31', '{folder.name}', '{entity}', 'r', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', '[]')"
            )
    [failure] = check_landing(run).failures
    assert str(failure) == f"{folder.name}: tickets: is delivered, as before (it last came for 2026-01-31)"
    assert read(run, "table_name, is_passed", "rule like 'is delivered%'") == [("orders", True), ("tickets", False)]
    accepting = replace(run, parameters=Parameters({"accept_missing_columns": "tickets.*"}))
    assert check_landing(accepting).failures == ()


def test_a_warning_keeps_the_row(run: Run, land: Land) -> None:
    land("orders", ORDER)
    folder = land("customers", {"customer_id": "c", "email": "nobody"})
    assert [result.rule for result in check_landing(run).failures] == ["email is written like an e-mail address"]
    assert failing(folder) == []
    assert "nobody" not in str(read(run, "failing_keys, detail"))


def test_a_delivery_without_rows_is_told_and_stops_nothing(run: Run, land: Land) -> None:
    for entity in ENTITIES:
        land(entity)
    assert [(result.table_name, result.rule) for result in check_landing(run).failures] == [
        ("orders", "has at least 1 row")
    ]
    assert read(run, "is_passed, checked_rows", "rule = 'has at least 1 row'") == [(False, 0)]


def test_a_wrong_table_stops_the_day_and_says_what_to_do(run: Run, land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders_suite, "rules", lambda _: [critical(tables.has_rows())])
    land("orders")
    with pytest.raises(GateError, match=r"(?s)2026-03-01.*files: orders: has at least 1 row") as stopped:
        check_landing(run)
    assert "run the day again. All results" in str(stopped.value), "a day that is not loaded is extracted anew anyway"
    monkeypatch.setattr("expectations.gate.last_loaded_day", lambda run, source: run.as_of_date)
    with pytest.raises(GateError, match="run the day again with --re-extract"):
        check_landing(run)


def test_checking_twice_leaves_the_same_results(run: Run, land: Land) -> None:
    land("orders", ORDER, {**ORDER, "order_id": "b", "total_amount": -1})
    check_landing(run)
    first = read(run, "* exclude (checked_at, run_id)")
    check_landing(replace(run, run_id="r2"))
    assert read(run, "* exclude (checked_at, run_id)") == first
    assert set(read(run, "run_id")) == {("r2",)}


def test_a_rule_that_raises_is_told_from_data_and_shows_none_of_it(
    run: Run, land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = rows.holds("is a number", "cast(coupon as int) > 0")
    rules = [warning(broken), *orders_suite.rules(run)]
    monkeypatch.setattr(orders_suite, "rules", lambda _: rules)
    land("orders", {**ORDER, "coupon": "SECRET"})
    [failure] = check_landing(run).failures
    assert (failure.rule, failure.has_raised, failure.failed_rows) == ("is a number", True, None)
    assert "Error" in failure.detail
    assert "SECRET" not in str(read(run, "*"))


def test_a_critical_rule_that_raises_stops_the_day(run: Run, land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders_suite, "rules", lambda _: [critical(rows.holds("is there", "no_such_column > 0"))])
    land("orders", ORDER)
    with pytest.raises(GateError, match=r"is there \(could not be judged: \w+"):
        check_landing(run)


def test_a_day_whose_landing_files_are_gone_keeps_its_results(run: Run, land: Land) -> None:
    folder = land("orders", ORDER)
    check_landing(run)
    kept = read(run, "*")
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert check_landing(run).results == ()
    assert read(run, "*") == kept


SOUND = {
    "orders": {
        **ORDER,
        "status": "cancelled",
        "currency": "GBP",
        "cancelled_at": AT,
        "updated_at": AT,
        "discount_amount": 1,
    },
    "customers": {"customer_id": "c", "email": "a@b.c", "country": "GB", "created_at": AT, "deleted_at": AT},
    "order_lines": {"order_id": "a", "line_number": 1, "quantity": 1, "unit_price": 1, "discount_amount": 1},
    "products": {"product_id": "p", "name": "n", "unit_cost": 1},
    "refunds": {"refund_id": "r", "customer_id": "c", "refunded_at": AT, "amount": 1},
    "payments": {"payment_id": "p", "status": "paid", "attempted_at": AT, "customer_id": "c"},
    "subscriptions": {
        **{"subscription_id": "s", "customer_id": "c", "started_at": AT, "annual_value": 0, "period_end_at": LATER},
        **{"ended_at": LATER, "cancelled_at": AT, "cancel_reason": "price", "renews_subscription_id": "r"},
    },
    "interactions": {
        **{"interaction_id": "i", "customer_id": "c", "occurred_at": AT},
        **{"channel": "in_app", "kind": "attended", "direction": "in"},
    },
    "campaigns": {
        "campaign_id": "k",
        "name": "n",
        "retention_mode": "active",
        "cost": 0,
        "started_on": AT,
        "ended_on": AT,
    },
    "tickets": {
        **{"ticket_id": "t", "customer_id": "c", "opened_at": LATER},
        **{"first_response_at": AT, "resolved_at": AT, "csat_score": 5},
    },
    "surveys": {"response_id": "r", "customer_id": "c", "responded_at": AT, "survey": "nps", "score": 0},
    "leads": {"lead_id": "l", "created_at": AT, "won_at": AT, "customer_id": "c"},
    "sessions": {"session_id": "s", "customer_id": "c", "started_at": AT, "pages_viewed": 0},
    "loyalty_events": {"event_id": "e", "customer_id": "c", "occurred_at": AT, "kind": "adjust", "points": -5},
}


def test_a_sound_row_of_any_entity_passes_and_no_rule_raises(run: Run, land: Land) -> None:
    for entity, row in SOUND.items():
        land(entity, row)
    verdict = check_landing(run)
    assert [result for result in verdict.results if result.has_raised] == []
    assert verdict.failures == ()
    assert {result.table_name for result in verdict.results} == set(ENTITIES)


@pytest.mark.parametrize(
    ("entity", "damage", "reason"),
    [
        ("subscriptions", {"ended_at": BEFORE}, "ended_at is not on a day before started_at"),
        ("subscriptions", {"annual_value": -1}, "annual_value is at least 0"),
        ("interactions", {"channel": "fax"}, "channel is one of email"),
        ("interactions", {"kind": "opened"}, "kind is one of sent"),
        ("interactions", {"direction": "both"}, "direction is one of in, out"),
        ("campaigns", {"retention_mode": "loud"}, "retention_mode is one of active, passive"),
        ("campaigns", {"cost": -1}, "cost is at least 0"),
        ("tickets", {"resolved_at": BEFORE}, "resolved_at is not on a day before opened_at"),
        ("tickets", {"csat_score": 6}, "csat_score is between 1 and 5"),
        ("surveys", {"survey": "mood"}, "survey is one of nps, csat, ces"),
        ("surveys", {"score": 11}, "score is in its survey's range"),
        ("surveys", {"survey": "csat", "score": 0}, "score is in its survey's range"),
        ("surveys", {"survey": "ces", "score": 8}, "score is in its survey's range"),
        ("leads", {"won_at": BEFORE}, "won_at is not on a day before created_at"),
        ("sessions", {"started_at": datetime.fromisoformat("1970-01-01")}, "started_at is after 1970-01-01"),
        ("sessions", {"pages_viewed": -1}, "pages_viewed is at least 0"),
        ("loyalty_events", {"kind": "gift"}, "kind is one of earn, redeem, expire, adjust"),
    ],
)
def test_a_row_that_says_nothing_goes_to_quarantine(
    run: Run, land: Land, entity: str, damage: dict[str, object], reason: str
) -> None:
    folder = land(entity, {**SOUND[entity], **damage})
    check_landing(run)
    [(*_, found, _)] = failing(folder)
    assert found.startswith(f"breaks the rule: {reason}")
