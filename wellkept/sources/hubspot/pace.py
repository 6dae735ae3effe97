"""Not asking more often than the portal allows."""

import time
from collections import deque
from collections.abc import Callable


class Pace:
    """At most `allowed` turns in any `seconds`; a turn too many waits."""

    def __init__(self, allowed: int, seconds: float, sleep: Callable[[float], None]) -> None:
        self._allowed, self._seconds, self._sleep = allowed, seconds, sleep
        self._turns: deque[float] = deque(maxlen=allowed)

    def take_turn(self) -> None:
        now = time.monotonic()
        if len(self._turns) == self._allowed and (wait := self._turns[0] + self._seconds - now) > 0:
            self._sleep(wait)
            now += wait
        self._turns.append(now)
