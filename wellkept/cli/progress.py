"""One line a step: a spinner while it runs on a terminal, plain lines where it is not one."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_MARKS = {"done": "[green]✓[/]", "skipped": "[yellow]-[/]", "failed": "[red]✗[/]"}


class StepLines:
    """Writes a line when a step ends, with its seconds; on a terminal also shows which one runs and for how long."""

    def __init__(self, terminal: TextIO) -> None:
        self.console = Console(file=terminal, highlight=False, soft_wrap=True)
        self._began = time.monotonic()
        self._live: Progress | None = None

    def started(self, step: str) -> None:
        self._began = time.monotonic()
        self._stop()
        if self.console.is_terminal:
            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            # The process's own output goes to the run's log, not through Rich.
            live = Progress(
                *columns, console=self.console, transient=True, redirect_stdout=False, redirect_stderr=False
            )
            live.add_task(step)
            live.start()
            self._live = live

    def ended(self, step: str, outcome: str, reason: str) -> None:
        self._stop()
        seconds = time.monotonic() - self._began
        told = f"  {reason.splitlines()[0]}" if outcome == "skipped" and reason else ""
        self.console.print(f"  {_MARKS[outcome]} {step:<28}{seconds:7.1f} s", end="")
        self.console.print(told, markup=False)

    def close(self) -> None:
        """Nothing moves on the terminal any more."""
        self._stop()

    def _stop(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None


@contextmanager
def bar_shown(console: Console, beginning: str) -> Iterator[Callable[[str, int, int], None]]:
    """Inside, a bar that moves as it is told what is done, how many and of how many; before that it shows the beginning."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(beginning, total=None)

        def tell(what: str, done: int, of: int) -> None:
            progress.update(task, completed=done, total=of, description=what)

        yield tell


@contextmanager
def notices_shown(lines: StepLines) -> Iterator[None]:
    """Inside, warnings of ours, and for whom we wait, are lines on the terminal."""
    ours = logging.getLogger("wellkept")
    handler = _Notices(lines.console)
    level = ours.level
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    try:
        yield
    finally:
        ours.removeHandler(handler)
        ours.setLevel(level)


class _Notices(logging.Handler):
    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING or record.name == "wellkept.warehouse.lock":
            self._console.print(f"    {record.getMessage()}", markup=False)
