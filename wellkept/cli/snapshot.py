"""`wellkept train --snapshot`: a file of customers without dates, trained by cross-validation."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from wellkept.cli.progress import StepLines, notices_shown
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.settings import Settings

Snapshot = Annotated[
    Path | None,
    typer.Option("--snapshot", help="A CSV or Parquet file of customers without dates, to train by cross-validation."),
]
Target = Annotated[str | None, typer.Option("--target", help="With --snapshot: the column that says who churned.")]
Positive = Annotated[
    str | None, typer.Option("--positive", help="With --snapshot: the target's value that means churned.")
]
Key = Annotated[str | None, typer.Option("--key", help="With --snapshot: the column that names the customer.")]
LeaveOut = Annotated[
    list[str] | None, typer.Option("--leave-out", help="With --snapshot: a column the model must not read.")
]
Keep = Annotated[
    list[str] | None,
    typer.Option("--keep", help="With --snapshot: a column known before customers left, though it looks like a leak."),
]


def check_options(
    as_of: str | None, overrides: list[str] | None, snapshot: Path | None, only_with_snapshot: dict[str, Any]
) -> None:
    """Either a day or a snapshot, each with its own options; else a BadInputError."""
    if snapshot is None:
        if given := [option for option, value in only_with_snapshot.items() if value]:
            raise BadInputError(f"{', '.join(given)}: only with --snapshot FILE")
        if as_of is None:
            raise BadInputError("give --as-of DAY, or --snapshot FILE and --target COLUMN")
        return
    if as_of is not None or overrides:
        raise BadInputError(
            "--snapshot has no days and no parameters: leave out --as-of and --set, or train on dated data without it"
        )


def train_on_snapshot(settings: Settings, as_json: bool, **asked: Any) -> None:
    """Train and tell how it went; progress goes to stderr. `asked` is what `ml.undated.settling.Request` takes."""
    from ml.undated.settling import Request
    from ml.undated.train import train_snapshot

    with _steps_told() as tell:
        result = train_snapshot(Request(**asked), settings, tell)
    if as_json:
        typer.echo(json.dumps(result, indent=2))
    else:
        _print(result, Console(highlight=False, soft_wrap=True))


@contextmanager
def _steps_told() -> Iterator[Callable[[str], None]]:
    """Inside, each step told is a line on stderr; it ends where the next begins."""
    lines = StepLines(sys.stderr)
    running: list[str] = []

    def end(outcome: str) -> None:
        if running:
            lines.ended(running.pop(), outcome, "")

    def tell(step: str) -> None:
        end("done")
        running.append(step)
        lines.started(step)

    try:
        with notices_shown(lines):
            yield tell
        end("done")
    except BaseException:
        end("failed")
        raise
    finally:
        lines.close()


def _print(result: dict[str, Any], console: Console) -> None:
    share = result["churned"] / result["rows"]
    console.print(
        f"{result['model_name']} {result['model_version']}: grade {result['grade']}, {result['kind']}", markup=False
    )
    console.print(
        f"{result['rows']:,} customers, {share:.1%} with {result['target']} = {result['churned_value']}, "
        f"{result['columns']} columns",
        markup=False,
    )
    for name, reason in result["left_out"].items():
        console.print(f"  without {name}: {reason}", markup=False)
    table = Table("model", "AUC", "log-loss", "lift at 10 %", "ECE", box=None, pad_edge=False)
    for kind, metrics in result["metrics"].items():
        shown = (metrics.get(name) for name in ("auc", "log_loss", "lift_10", "ece"))
        table.add_row(kind, *("-" if value is None else f"{value:.3f}" for value in shown))
    console.print(table)
    console.print(f"It looks most at {', '.join(result['strongest'])}.", markup=False)
    console.print("Not tested out of time: it is never graded above C, and the card says what it cannot show.")
    console.print(f"Card, model and risks: {result['folder']}", markup=False)
