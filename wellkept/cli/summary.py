"""What a run published, for a person or a program: read back from the edition itself."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from wellkept.deployment.errors import WellkeptError
from wellkept.editions.shelf import name_edition, read_linked
from wellkept.runs.run import Run

_RISKIEST = 10
_NAMED_DRIFTS = 5
# What makes a customer valuable: money spent in a year, else orders placed in a year.
_VALUES = {"spend_365d": "spent in a year", "orders_count_365d": "orders in a year"}
_REASONS = ("reason_1_sentence", "reason_2_sentence", "reason_3_sentence")


@dataclass(frozen=True)
class RiskyCustomer:
    """One of the customers to act on first: likely to leave, and worth keeping."""

    customer_id: str
    churn_risk: float
    value: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """One edition in short."""

    as_of_date: date
    run_id: str
    edition: Path
    link: Path
    is_linked: bool
    tables: dict[str, int]
    model: dict[str, Any] | None
    scores_missing_reason: str | None
    ranked_by: str | None
    riskiest: tuple[RiskyCustomer, ...]
    drifting: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The same, as JSON can hold it."""
        return {
            **asdict(self),
            "as_of_date": self.as_of_date.isoformat(),
            "edition": str(self.edition),
            "link": str(self.link),
        }


def read_summary(run: Run) -> Summary:
    """What the run published; a WellkeptError if it left no edition."""
    edition = name_edition(run.home, run.as_of_date, run.run_id)
    if not edition.path.exists():
        raise WellkeptError(f"run {run.run_id} left no edition of {run.as_of_date} in {run.home.editions}")
    connection = duckdb.connect(str(edition.path), read_only=True)
    try:
        facts = _facts(connection)
        has_scores = facts["model_name"] is not None
        value = _value_column(connection) if has_scores else None
        return Summary(
            as_of_date=run.as_of_date,
            run_id=run.run_id,
            edition=edition.path,
            link=run.home.link,
            is_linked=read_linked(run.home) == edition,
            tables=_count_rows(connection),
            model=_model(connection, facts) if has_scores else None,
            scores_missing_reason=facts["scores_missing_reason"],
            ranked_by=value,
            riskiest=_riskiest(connection, value) if value else (),
            drifting=_drifting(connection, run.as_of_date),
        )
    finally:
        connection.close()


def print_summary(summary: Summary, console: Console) -> None:
    """The tables, the model, the customers to act on first, and where to find them."""
    console.print(f"\n[bold]Published {summary.as_of_date}[/]", highlight=False)
    for name, rows in summary.tables.items():
        console.print(f"  {name:<22}{rows:>12,} rows", highlight=False)
    if summary.model:
        console.print(_model_line(summary.model), markup=False, highlight=False)
        console.print(_risk_table(summary))
        if summary.drifting:
            console.print(_drift_line(summary.drifting), markup=False, highlight=False)
    else:
        console.print(f"\nNo scores: {summary.scores_missing_reason}", markup=False)
    console.print(f"\nEdition: {summary.edition}", soft_wrap=True, highlight=False)
    if summary.is_linked:
        console.print(f"Readers open: {summary.link}", soft_wrap=True, highlight=False)
    else:
        console.print("Readers stay on the later or pinned edition they have; `wellkept publish --pin` moves them.")


def _risk_table(summary: Summary) -> Table:
    by = {"spend_365d": "spent in a year", "orders_count_365d": "orders in a year"}.get(
        summary.ranked_by or "", "value"
    )
    table = Table(title=f"The {len(summary.riskiest)} riskiest valuable customers (risk x {by})", title_justify="left")
    table.add_column("customer", no_wrap=True)
    table.add_column("risk", justify="right")
    table.add_column(by, justify="right")
    table.add_column("why")
    for customer in summary.riskiest:
        why = "\n".join(customer.reasons) or "-"
        table.add_row(customer.customer_id, f"{customer.churn_risk:.0%}", f"{customer.value:,.0f}", why)
    return table


def _drift_line(drifting: tuple[str, ...]) -> str:
    more = len(drifting) - _NAMED_DRIFTS
    named = ", ".join(drifting[:_NAMED_DRIFTS]) + (f" and {more} more" if more > 0 else "")
    return f"\nNot as the model learned it: {named} (critical in feature_drift)"


def _facts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    cursor = connection.execute("select * from edition")
    names = [column[0] for column in cursor.description or []]
    return dict(zip(names, cursor.fetchall()[0], strict=True))


def _model(connection: duckdb.DuckDBPyConnection, facts: dict[str, Any]) -> dict[str, Any]:
    cursor = connection.execute(
        "select kind, training_rows, training_days, metrics from model_versions "
        "where model_name = ? and model_version = ?",
        [facts["model_name"], facts["model_version"]],
    )
    kind, rows, days, metrics = cursor.fetchall()[0]
    judged = json.loads(metrics)
    measured = judged.get("means", {}).get(judged.get("winner", kind), {})
    return {
        **{name: facts[f"model_{name}"] for name in ("name", "version", "grade")},
        "kind": kind,
        "training_rows": rows,
        "training_days": days,
        **{name: measured[name] for name in ("auc", "log_loss", "lift_10") if name in measured},
    }


def _model_line(model: dict[str, Any]) -> str:
    line = (
        f"\nModel {model['name']} {model['version']}: grade {model['grade']}, {model['kind']}, "
        f"trained on {model['training_rows']:,} rows of {model['training_days']} days"
    )
    if "auc" not in model:
        return f"{line}; not judged: too little history"
    return f"{line}; back-tests: AUC {model['auc']:.3f}, log-loss {model['log_loss']:.3f}, lift {model['lift_10']:.2f}"


def _count_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    names = [name for (name,) in connection.execute("select table_name from duckdb_tables() order by 1").fetchall()]
    return {name: int(connection.execute(f'select count(*) from "{name}"').fetchall()[0][0]) for name in names}


def _drifting(connection: duckdb.DuckDBPyConnection, day: date) -> tuple[str, ...]:
    """Features that the model reads and that drift critically, the farthest first."""
    rows = connection.execute(
        "select feature_name from feature_drift where as_of_date = ? and is_used and status = 'critical' "
        "order by psi desc, feature_name",
        [day],
    ).fetchall()
    return tuple(name for (name,) in rows)


def _value_column(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The first measure of value that scored customers have at all: orders may come without amounts."""
    for name in _VALUES:
        filled = f"select count(*) from churn_risk where churn_risk is not null and {name} > 0"
        if connection.execute(filled).fetchall()[0][0]:
            return name
    return None


def _riskiest(connection: duckdb.DuckDBPyConnection, value: str) -> tuple[RiskyCustomer, ...]:
    """By risk times value, those first whose risk is above the base rate and has reasons: value alone is no risk."""
    rows = connection.execute(
        f"""
        select customer_id, churn_risk, {value}, {", ".join(_REASONS)}
        from churn_risk
        where churn_risk is not null and {value} is not null
        order by churn_risk < base_rate, reason_1_sentence is null, churn_risk * {value} desc, customer_id
        limit {_RISKIEST}
        """
    ).fetchall()
    return tuple(RiskyCustomer(row[0], float(row[1]), float(row[2]), tuple(filter(None, row[3:]))) for row in rows)
