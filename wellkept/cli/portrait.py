"""What an edition says about one customer: read from its tables, for a person or a program."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from wellkept.deployment.errors import BadInputError

Row = dict[str, Any]

_LATEST_STATES, _LATEST_STEPS = 5, 8
_NOT_SHOWN = {"customer_id", "as_of_date", "ineligible_reason", "is_eligible"}
_FACTS = {
    "country": "country",
    "city": "city",
    "acquisition_channel": "came by",
    "acquisition_campaign": "campaign",
    "created_date": "known since",
    "deleted_date": "deleted",
    "first_order_date": "first order",
    "last_order_date": "last order",
    "orders_count": "orders",
    "orders_count_365d": "orders in a year",
    "spend_365d": "spend in a year",
}
_CONSENT = "has_consent_"
_SEGMENTS = {
    "rfm_segment": "segment",
    "rfm_segment_since_date": "since",
    "previous_rfm_segment": "before that",
    "value_tier": "value tier",
    "loyalty_tier": "loyalty tier",
    "engagement_score": "engagement (of 100)",
    "historic_value": "value so far",
    "icp_score": "like our best (of 100)",
    "icp_explanation": "because",
}
_STEPS = """
select
    occurred_at,
    kind,
    channel,
    direction,
    retention_mode,
    campaign_id,
    sentiment,
    is_friction,
    amount,
    lifecycle_state,
    source_system,
    source_id
from touchpoints
where customer_id = ?
order by occurred_at, touchpoint_id
"""
_JOURNEYS = """
select outcome, count(*) as journeys, sum(steps_count)::bigint as steps, sum(frictions_count)::bigint as frictions
from journeys
where customer_id = ?
group by outcome
order by outcome desc
"""
_STATES = "select * exclude (customer_id, as_of_date) from lifecycle_states where customer_id = ? order by valid_from"


@dataclass(frozen=True)
class Portrait:
    """One customer on the edition's day; `steps` and `states` are all there are, oldest first."""

    customer_id: str
    as_of_date: date
    facts: Row
    segments: Row
    journey: Row
    journeys: list[Row]
    steps: list[Row]
    states: list[Row]
    risk: Row
    subscription_risk: Row


def read_portrait(connection: duckdb.DuckDBPyConnection, customer: str) -> Portrait:
    """What the edition knows; a BadInputError if it knows no such customer."""
    facts = _one(connection, "select * from customers where customer_id = ?", customer)
    if not facts:
        day = connection.execute("select as_of_date from edition").fetchall()[0][0]
        raise BadInputError(f"the edition of {day} knows no customer {customer!r}")
    return Portrait(
        customer_id=customer,
        as_of_date=facts["as_of_date"],
        facts=facts,
        segments=_one(connection, "select * from segments where customer_id = ?", customer),
        journey=_one(connection, "select * from journeys where customer_id = ? and ended_at is null", customer),
        journeys=_all(connection, _JOURNEYS, customer),
        steps=_all(connection, _STEPS, customer),
        states=_all(connection, _STATES, customer),
        risk=_one(connection, "select * from churn_risk where customer_id = ?", customer),
        subscription_risk=_read_subscription_risk(connection, customer),
    )


def _read_subscription_risk(connection: duckdb.DuckDBPyConnection, customer: str) -> Row:
    """Nothing where the edition was published before there was such a risk."""
    if not connection.execute("from duckdb_tables() where table_name = 'subscription_churn_risk'").fetchall():
        return {}
    return _one(connection, "select * from subscription_churn_risk where customer_id = ?", customer)


def print_portrait(portrait: Portrait, console: Console, is_whole: bool) -> None:
    """One screen: who it is, where they stand, what happened, how they got here, and what may come."""
    console.print(f"[bold]Customer {escape(portrait.customer_id)}[/] as of {portrait.as_of_date}")
    segments = {label: portrait.segments.get(name) for name, label in _SEGMENTS.items()}
    beside = Table.grid(padding=(0, 4, 0, 0))
    beside.add_row(_pairs("Facts", _facts(portrait.facts, is_whole)), _pairs("Segments", segments))
    console.print(beside)
    console.print(_steps_table(portrait, is_whole))
    console.print(_states_table(portrait, is_whole))
    _print_risk(console, portrait.risk)
    if portrait.subscription_risk.get("churn_risk") is not None:
        _print_score(console, "Risk that the subscription ends", portrait.subscription_risk)


def _facts(customer: Row, is_whole: bool) -> Row:
    """What the tables below do not say; with --all every column as it is named."""
    if is_whole:
        return {name: value for name, value in customer.items() if name not in _NOT_SHOWN}
    facts = {label: customer.get(name) for name, label in _FACTS.items()}
    consents = [name.removeprefix(_CONSENT) for name, value in customer.items() if name.startswith(_CONSENT) and value]
    return facts | {"may be sent": ", ".join(consents) or "nothing"}


def _pairs(title: str, values: Row) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(max_width=44, overflow="fold")
    for name, value in values.items():
        if value is not None:
            table.add_row(escape(name), escape(_short(value)))
    return table


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        f"{value:,.2f}".rstrip("0").rstrip(".")
        if hasattr(value, "as_tuple") or isinstance(value, float)
        else str(value)
    )


def _steps_table(portrait: Portrait, is_whole: bool) -> Table:
    """The latest things that happened, newest first, with what hurt; a delivery says no more than the sending."""
    told = ", ".join(f"{row['journeys']} {row['outcome']}" for row in portrait.journeys)
    table = _plain_table(f"Journey ({told or 'nothing happened yet'})")
    for name in ("when", "what", "amount", "how", "state", *(["record"] if is_whole else [])):
        table.add_column(name, no_wrap=name == "when", justify="right" if name == "amount" else "left", overflow="fold")
    told_apart = [step for step in portrait.steps if is_whole or not str(step["kind"]).endswith("_delivered")]
    shown = told_apart if is_whole else told_apart[-_LATEST_STEPS:]
    for step in reversed(shown):
        table.add_row(*_step_cells(step, is_whole))
    table.caption = _left_out(len(portrait.steps) - len(shown))
    return table


def _step_cells(step: Row, is_whole: bool) -> list[str]:
    kind = escape(str(step["kind"]))
    how = ", ".join(filter(None, [step["retention_mode"], step["campaign_id"], _mood(step["sentiment"])]))
    cells = [
        f"{step['occurred_at']:%Y-%m-%d %H:%M}",
        f"[red]{kind} ✗[/]" if step["is_friction"] else kind,
        "" if step["amount"] is None else f"{step['amount']:,.2f}",
        escape(how),
        escape(step["lifecycle_state"] or ""),
    ]
    return [*cells, escape(f"{step['source_system']} {step['source_id']}")] if is_whole else cells


def _plain_table(title: str) -> Table:
    return Table(
        title=escape(title),
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )


def _mood(sentiment: int | None) -> str:
    return {-1: "unhappy", 0: "neutral", 1: "happy"}.get(sentiment, "") if sentiment is not None else ""


def _states_table(portrait: Portrait, is_whole: bool) -> Table:
    """One line an interval, newest first: since when, the state, and the receipt."""
    table = _plain_table("Lifecycle")
    table.add_column("from", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("stage", no_wrap=True)
    table.add_column("because", overflow="fold")
    shown = portrait.states if is_whole else portrait.states[-_LATEST_STATES:]
    for state in reversed(shown):
        receipt = _receipt(state, portrait.as_of_date)
        table.add_row(
            *(escape(str(cell)) for cell in (state["valid_from"], state["state"], state["clm_stage"], receipt))
        )
    table.caption = _left_out(len(portrait.states) - len(shown))
    return table


def _receipt(state: Row, as_of_date: date) -> str:
    """Why the state holds; of the one in force the silence of today, not that of the day it began."""
    receipt = str(state["state_rule"])
    if state["last_order_id"]:
        silence = state["days_since_last_order"] if state["valid_to"] else (as_of_date - state["last_order_date"]).days
        gap = "unknown" if state["gap_days"] is None else f"{state['gap_days']:g} ({state['gap_source']})"
        receipt += f"; day {silence} of silence, gap {gap}, order {state['last_order_id']}"
    return f"{receipt}, subscription {state['subscription_id']}" if state["subscription_id"] else receipt


def _left_out(count: int) -> str | None:
    return f"{count} more with --all" if count > 0 else None


def _print_risk(console: Console, risk: Row) -> None:
    if not risk:
        console.print("No scores in this edition; its table `edition` says why.")
    elif risk["churn_risk"] is None:
        console.print(f"No churn risk is due: {risk['ineligible_reason']}.", markup=False)
    else:
        _print_score(console, "Churn risk", risk)


def _print_score(console: Console, called: str, risk: Row) -> None:
    details = f"decile {risk['risk_decile']}, {risk['risk_band']}; {risk['model_name']} {risk['model_version']}"
    console.print(f"[bold]{called} {risk['churn_risk']:.0%}[/] over {risk['horizon_days']} days ({escape(details)})")
    if risk.get("change_sentence"):  # editions of an older version do not have it
        console.print(f"  {risk['change_sentence']}", markup=False)
    for number in (1, 2, 3):
        sentence, contribution = risk[f"reason_{number}_sentence"], risk[f"reason_{number}_contribution"]
        if sentence:
            weight = "" if contribution is None else f" ({contribution:+.2f})"
            console.print(f"  {number}. {sentence}{weight}", markup=False)


def _one(connection: duckdb.DuckDBPyConnection, query: str, customer: str) -> Row:
    rows = _all(connection, query, customer)
    return rows[0] if rows else {}


def _all(connection: duckdb.DuckDBPyConnection, query: str, customer: str) -> list[Row]:
    cursor = connection.execute(query, [customer])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
