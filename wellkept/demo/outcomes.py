"""The true chance that a customer does not order again soon: the full hidden state of a day, lived on many times."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import Flags, Floats, Integers, as_ids, named
from wellkept.demo.draws import lanes_of
from wellkept.demo.life import Charter, Life, live, live_on
from wellkept.demo.state import GONE, State
from wellkept.demo.step import forget_the_draw, step
from wellkept.demo.truth import RESPONSES

REPLICATES, FEWEST_REPLICATES, MOST_LIVES = 200, 25, 1_000_000
"""Each customer's days are lived on so many times; a large company's fewer, so that it takes seconds too."""
_CHUNK = 120_000  # lives at once: enough to be quick, few enough to be small
_TIDY_EVERY = 6  # days between putting away who has ordered


def true_outcomes(
    charter: Charter, day: date, horizon_days: int, replicates: int | None = None, threads: int = 2
) -> pa.Table:
    """One row per customer with an account on the morning of `day`: what is true of the `horizon_days` from it on.

    `p_no_order` counts completed orders only, and lets the company contact people as it does. It knows who has left, fades
    or is courted and how each buys, and not when the next order comes: that is drawn anew, given how long it has not come. The two others let it
    contact a customer once, on `day`, and not at all; all three share their chance, so that they differ by the
    contact alone; to who has left a contact does nothing, and all three are one. `has_ordered` is what happens when
    the company's own life goes on.
    """
    return outcomes_of(live(charter, (day - charter.first_day).days), horizon_days, replicates, threads)


def outcomes_of(life: Life, horizon_days: int, replicates: int | None = None, threads: int = 2) -> pa.Table:
    """The true outcomes as of a life's last morning."""
    count = replicates or max(FEWEST_REPLICATES, min(REPLICATES, MOST_LIVES // max(life.joined, 1)))
    stage, until = life.state.stage[: life.joined], life.state.until[: life.joined]
    here, gone = np.flatnonzero(np.isfinite(until)), np.flatnonzero(stage == GONE)
    contacted = replace(life.state, contacted=np.full(len(life.people), life.days, np.int16))
    with ThreadPoolExecutor(threads) as pool:

        def chances(who: Integers, start: State, has_contacts: bool) -> Floats:
            rows = max(1, _CHUNK // count)
            chunks = [who[at : at + rows] for at in range(0, len(who), rows)]
            one = partial(_chance, life, start, horizon_days, count, has_contacts)
            return np.concatenate([np.zeros(0), *pool.map(one, chunks)])

        as_is, treated, untreated = np.ones((3, life.joined))
        as_is[gone] = treated[gone] = untreated[gone] = chances(gone, life.state, has_contacts=True)
        as_is[here] = chances(here, life.state, has_contacts=True)
        treated[here] = chances(here, contacted, has_contacts=False)
        untreated[here] = chances(here, life.state, has_contacts=False)
    return pa.table(
        {
            "customer_id": as_ids("C", np.arange(life.joined)),
            "p_no_order": as_is,
            "p_no_order_if_treated": treated,
            "p_no_order_if_untreated": untreated,
            "response": named(life.people.response[: life.joined], RESPONSES),
            "has_ordered": _has_ordered(life, horizon_days),
        }
    )


def _has_ordered(life: Life, horizon_days: int) -> Flags:
    ordered = np.zeros(life.joined, np.bool_)
    for happened in live_on(life, horizon_days):
        ordered[happened.orders["who"][~happened.orders["is_cancelled"]]] = True
    return ordered


def _chance(life: Life, start: State, horizon_days: int, replicates: int, has_contacts: bool, who: Integers) -> Floats:
    """The share of replicates without a completed order; who has ordered is put away from time to time."""
    rows = np.repeat(np.arange(len(who)), replicates)
    lanes = lanes_of(who[rows], np.tile(np.arange(1, replicates + 1), len(who)))
    state, traits = start.take(who[rows]), life.people.traits.take(who[rows])
    forget_the_draw(life.truth, traits, state, lanes, life.charter.seed, life.days)
    waiting = np.ones(len(rows), np.bool_)
    for number in range(life.days, life.days + horizon_days):
        orders = step(life.truth, traits, state, lanes, life.charter.seed, life.day(number), has_contacts).orders
        waiting[orders["who"][~orders["is_cancelled"]]] = False
        if (number - life.days) % _TIDY_EVERY == 0:
            kept = np.flatnonzero(waiting)
            state, traits, lanes, rows = state.take(kept), traits.take(kept), lanes[kept], rows[kept]
            waiting = waiting[kept]
    shares: Floats = np.bincount(rows[waiting], minlength=len(who)) / replicates
    return shares
