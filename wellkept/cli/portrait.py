"""What an edition says about one customer: read from its tables, for a person or a program."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
from rich.columns import Columns
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from wellkept.errors import BadInputError

Row = dict[str, Any]

_LATEST_STATES, _LATEST_STEPS = 6, 12
_NOT_SHOWN = {"customer_id", "as_of_date", "ineligible_reason", "is_eligible"}
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
    )


def print_portrait(portrait: Portrait, console: Console, is_whole: bool) -> None:
    """One screen: who it is, where they stand, what happened, how they got here, and what may come."""
    console.print(f"[bold]Customer {portrait.customer_id}[/] as of {portrait.as_of_date}")
    facts = {name: value for name, value in portrait.facts.items() if name not in _NOT_SHOWN}
    segments = {label: portrait.segments.get(name) for name, label in _SEGMENTS.items()}
    console.print(Columns([_pairs("Facts", facts), _pairs("Segments", segments)], padding=(0, 4)))
    console.print(_steps_table(portrait, is_whole))
    console.print(_states_table(portrait.states, is_whole))
    _print_risk(console, portrait.risk)


def _pairs(title: str, values: Row) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(max_width=44)
    for name, value in values.items():
        if value is not None:
            table.add_row(name, escape(_short(value)))
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
    """The latest things that happened, newest first, with what hurt."""
    told = ", ".join(f"{row['journeys']} {row['outcome']}" for row in portrait.journeys)
    table = Table(title=f"Journey ({told or 'nothing happened yet'})", title_justify="left")
    for name in ("when", "what", "amount", "how", "state", "record"):
        table.add_column(name, no_wrap=name in ("when", "what"), justify="right" if name == "amount" else "left")
    steps = portrait.steps if is_whole else portrait.steps[-_LATEST_STEPS:]
    for step in reversed(steps):
        amount = "" if step["amount"] is None else f"{step['amount']:,.2f}"
        what = f"[red]{step['kind']} ✗[/]" if step["is_friction"] else step["kind"]
        how = escape(", ".join(filter(None, [step["retention_mode"], step["campaign_id"], _mood(step["sentiment"])])))
        record = escape(f"{step['source_system']} {step['source_id']}")
        table.add_row(f"{step['occurred_at']:%Y-%m-%d %H:%M}", what, amount, how, step["lifecycle_state"], record)
    table.caption, table.caption_justify = _left_out(len(portrait.steps) - len(steps)), "left"
    return table


def _mood(sentiment: int | None) -> str:
    return {-1: "unhappy", 0: "neutral", 1: "happy"}.get(sentiment, "") if sentiment is not None else ""


def _states_table(states: list[Row], is_whole: bool) -> Table:
    """One line an interval, newest first: since when, the state, and the receipt."""
    table = Table(title="Lifecycle", title_justify="left")
    table.add_column("from", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("stage", no_wrap=True)
    table.add_column("because")
    shown = states if is_whole else states[-_LATEST_STATES:]
    for state in reversed(shown):
        table.add_row(str(state["valid_from"]), state["state"], state["clm_stage"], escape(_receipt(state)))
    table.caption, table.caption_justify = _left_out(len(states) - len(shown)), "left"
    return table


def _receipt(state: Row) -> str:
    receipt = str(state["state_rule"])
    if state["last_order_id"]:
        receipt += (
            f"; day {state['days_since_last_order']} of silence, gap {state['gap_days']:g} ({state['gap_source']}), "
            f"order {state['last_order_id']}"
        )
    return f"{receipt}, subscription {state['subscription_id']}" if state["subscription_id"] else receipt


def _left_out(count: int) -> str | None:
    return f"{count} earlier ones are shown with --all" if count > 0 else None


def _print_risk(console: Console, risk: Row) -> None:
    if not risk:
        console.print("No scores in this edition; its table `edition` says why.")
    elif risk["churn_risk"] is None:
        console.print(f"No churn risk is due: {risk['ineligible_reason']}.")
    else:
        console.print(
            f"[bold]Churn risk {risk['churn_risk']:.0%}[/] over {risk['horizon_days']} days "
            f"(decile {risk['risk_decile']}, {risk['risk_band']}; {risk['model_name']} {risk['model_version']})"
        )
        for number in (1, 2, 3):
            if risk[f"reason_{number}_sentence"]:
                console.print(
                    f"  {number}. {risk[f'reason_{number}_sentence']} ({risk[f'reason_{number}_contribution']:+.2f})",
                    markup=False,
                )


def _one(connection: duckdb.DuckDBPyConnection, query: str, customer: str) -> Row:
    rows = _all(connection, query, customer)
    return rows[0] if rows else {}


def _all(connection: duckdb.DuckDBPyConnection, query: str, customer: str) -> list[Row]:
    cursor = connection.execute(query, [customer])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
