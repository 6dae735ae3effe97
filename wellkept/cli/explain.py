"""`wellkept explain CUSTOMER`: the states with their receipts, and the risk with its reasons, on one screen."""

from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from wellkept.cli.run import HomeFolder
from wellkept.errors import BadInputError, WellkeptError
from wellkept.settings import read_settings


def explain(customer: Annotated[str, typer.Argument(help="The customer_id.")], home: HomeFolder = None) -> None:
    """Show what the newest edition says about one customer, and why."""
    settings = read_settings(home)
    link = settings.home_paths.link
    if not link.exists():
        raise WellkeptError(f"there is no edition at {link}; run a day first: wellkept run --as-of DAY")
    with duckdb.connect(str(link.resolve()), read_only=True) as connection:
        facts = _one(connection, "select * exclude (customer_id) from customers where customer_id = ?", customer)
        if not facts:
            raise BadInputError(f"the edition of {_day(connection)} knows no customer {customer!r}")
        states = connection.execute(
            "select valid_from, state, state_rule, days_since_last_order, gap_days, gap_source, last_order_id "
            "from lifecycle_states where customer_id = ? order by valid_from",
            [customer],
        ).fetchall()
        risk = _one(connection, "select * from churn_risk where customer_id = ?", customer)
    console = Console(highlight=False)
    console.print(f"[bold]Customer {customer}[/] as of {facts['as_of_date']}")
    for name, value in facts.items():
        if value is not None and name != "as_of_date":
            console.print(f"  {name:<28}{value}", markup=False)
    console.print(_states_table(states))
    _print_risk(console, risk)


def _print_risk(console: Console, risk: dict[str, object]) -> None:
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


def _states_table(states: list[tuple[object, ...]]) -> Table:
    """One line an interval: since when, the state, and the receipt."""
    table = Table(title="Lifecycle", title_justify="left")
    table.add_column("from", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("because")
    for valid_from, state, rule, silent, gap, source, order in states:
        receipt = f"{rule}; day {silent} of silence, gap {gap:g} ({source}), order {order}" if order else str(rule)
        table.add_row(str(valid_from), str(state), receipt)
    return table


def _one(connection: duckdb.DuckDBPyConnection, query: str, customer: str) -> dict[str, object]:
    cursor = connection.execute(query, [customer])
    row = cursor.fetchone()
    return dict(zip([column[0] for column in cursor.description or []], row, strict=True)) if row else {}


def _day(connection: duckdb.DuckDBPyConnection) -> object:
    row = connection.execute("select as_of_date from edition").fetchone()
    return row[0] if row else None
