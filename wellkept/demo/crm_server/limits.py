"""HubSpot's limits: so many requests in ten seconds, and so many searches in one."""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from wellkept.demo.crm_server.refusals import RefusalError, too_many


@dataclass(frozen=True)
class Limits:
    """A private app's limits in a paid portal, as HubSpot publishes them."""

    requests: int = 190
    """In ten seconds."""
    searches: int = 5
    """In a second."""


INCREASED = Limits(requests=250)
"""The same with HubSpot's API limit increase."""


class Window:
    """At most `allowed` requests in any `seconds`."""

    def __init__(self, allowed: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed, self._seconds, self._clock = allowed, seconds, clock
        self._times: deque[float] = deque()

    def refuse(self, policy: str) -> RefusalError | None:
        """The refusal, with the seconds to wait, where one more request would be too many; None takes it."""
        now = self._clock()
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        if len(self._times) < self._allowed:
            self._times.append(now)
            return None
        return too_many(policy, math.ceil(self._times[0] + self._seconds - now))
