"""Sources read beside each other in one process, whose steps follow one another. Under a scheduler each step is a process."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

Reading = Callable[[Callable[[], bool]], dict[str, Any]]
"""Reads a source whole; what it is given says whether nobody waits for that any more."""
_MOST_AT_ONCE = 4
"""As many as a scheduler of ours runs."""
_RUNS: dict[str, "_Readings"] = {}


@contextmanager
def read_beside_each_other(run_id: str) -> Iterator[None]:
    """Inside, the run's steps that read sources wait for the slowest, not for one after another.

    Each source's error is raised in its own step. What is still read at the end (the run was stopped) is thrown away.
    """
    readings = _RUNS[run_id] = _Readings()
    try:
        yield
    finally:
        readings.is_over = True
        del _RUNS[run_id]


def begun_beside(run_id: str, begin: Callable[[], Mapping[str, Reading]]) -> Mapping[str, "Future[dict[str, Any]]"]:
    """The run's readings by source, begun by whoever asks first; none where the run does not read beside each other."""
    readings = _RUNS.get(run_id)
    if readings is None:
        return {}
    if not readings.futures:
        readings.futures = {name: readings.start(reading) for name, reading in begin().items()}
    return readings.futures


class _Readings:
    def __init__(self) -> None:
        self.is_over = False
        self.futures: dict[str, Future[dict[str, Any]]] = {}
        self._turn = threading.BoundedSemaphore(_MOST_AT_ONCE)

    def start(self, reading: Reading) -> "Future[dict[str, Any]]":
        """Begin to read; the process does not wait for it when it ends."""
        future: Future[dict[str, Any]] = Future()

        def read() -> None:
            try:
                with self._turn:
                    future.set_result(reading(lambda: self.is_over))
            except BaseException as error:  # its own step raises it
                future.set_exception(error)

        threading.Thread(target=read, daemon=True).start()
        return future
