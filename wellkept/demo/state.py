"""Where everybody stands on a morning."""

from dataclasses import dataclass, fields

import numpy as np

from wellkept.demo.arrays import Flags, Floats, Integers, Shorts, Singles

LOOKING, HERE, GONE, DELETED = 0, 1, 2, 3
NO_DAY = -10_000


@dataclass(frozen=True)
class State:
    """Where everybody stands before a day, one row each; `step` changes it in place."""

    stage: Shorts
    until: Singles
    """Days on the own clock to the next order."""
    wait: Singles
    """The whole wait for it, from the order before; NaN for a first order and the first after coming back."""
    pace: Singles
    """How fast the own clock runs: less than 1 while fading."""
    last: Singles
    """The day of the last order, or of joining."""
    base: Singles
    tickets: Singles
    payments: Singles
    delivery: Singles
    hidden: Singles
    contacted: Shorts
    """The day of the last active contact."""
    parcel: Shorts
    """The day a parcel arrives."""
    renewal: Shorts
    """The day a subscription's period ends."""
    is_last_period: Flags
    orders: Shorts

    def __len__(self) -> int:
        return len(self.stage)

    def take(self, rows: Integers) -> "State":
        """A copy of some rows."""
        return State(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def first(self, count: int) -> "State":
        """The first rows, still changed in place."""
        return State(**{field.name: getattr(self, field.name)[:count] for field in fields(self)})


def newborn(first_wait: Floats, joined: Floats) -> State:
    """Everybody on the day of joining."""
    count = len(first_wait)

    def zeros() -> Singles:
        return np.zeros(count, np.float32)

    def no_day() -> Shorts:
        return np.full(count, NO_DAY, np.int16)

    return State(
        stage=np.full(count, LOOKING, np.int16),
        until=first_wait.astype(np.float32),
        wait=np.full(count, np.nan, np.float32),
        pace=np.ones(count, np.float32),
        last=np.floor(joined).astype(np.float32),
        base=zeros(),
        tickets=zeros(),
        payments=zeros(),
        delivery=zeros(),
        hidden=zeros(),
        contacted=no_day(),
        parcel=no_day(),
        renewal=no_day(),
        is_last_period=np.zeros(count, np.bool_),
        orders=np.zeros(count, np.int16),
    )
