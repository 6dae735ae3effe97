"""The demo's customers shop: order after order, each with its basket, its troubles and the chance to be the last."""

from datetime import date

import numpy as np

from wellkept.demo.arrays import Columns, Flags, Floats, in_seconds
from wellkept.demo.people import People
from wellkept.demo.truth import Truth

MOST_ORDERS = 1_000
_FOREVER = 1e6


def shop(
    rng: np.random.Generator, truth: Truth, people: People, first_day: date, end: int
) -> tuple[list[Columns], Floats]:
    """One set of columns per round of orders before second `end`, and the day each customer deletes the account.

    Every round draws for everybody, so that a later `end` adds orders and changes none.
    """
    edges, running = _season_calendar(first_day)
    clock = _to_operational(people.first_order, people.season, edges, running)
    going, fading = people.orders_ever.copy(), np.zeros(len(people), bool)
    deleted = np.full(len(people), _FOREVER)
    rounds: list[Columns] = []
    for number in range(MOST_ORDERS):
        at = _to_calendar(clock, people.season, edges, running)
        here = going & (in_seconds(np.minimum(at, _FOREVER)) < end)
        if not here.any():
            break
        order = draw_order(rng, truth, people, number)
        rounds.append(_taken(order, people, at, here))
        fading |= rng.random(len(people)) < truth.fading_starts
        leaves = rng.random(len(people)) < _hazard(truth, people, order, fading, number)
        comes_back = rng.random(len(people)) < truth.returns
        silence = rng.lognormal(np.log(truth.return_median), truth.return_sigma, len(people))
        gap = rng.gamma(truth.gap_shape, people.gap_mean / truth.gap_shape) * np.where(fading, truth.fading_gap, 1)
        deletes = (rng.random(len(people)) < truth.deletes) & going & leaves & ~comes_back
        deleted = np.where(deletes, at + 3 + 57 * rng.random(len(people)), deleted)
        going &= ~leaves | comes_back
        clock = clock + np.where(leaves, silence, gap)
    return rounds, deleted


def draw_order(rng: np.random.Generator, truth: Truth, people: People, number: int) -> Columns:
    """Everything about one order of every customer: whether it goes wrong, and raw draws for its lines and payments."""
    count, lines = len(people), truth.most_lines
    is_failed = rng.random(count) < people.failed_share
    is_mended = rng.random(count) < truth.failed_mended
    is_cancelled = np.where(is_failed, ~is_mended, rng.random(count) < truth.cancelled)
    has_coupon = rng.random(count) < np.where(number == 0, 0.5, people.coupon_share)
    return {
        "is_failed": is_failed,
        "is_cancelled": is_cancelled,
        "is_refunded": (rng.random(count) < truth.refund) & ~is_cancelled,
        "refund_wait": rng.gamma(2, truth.refund_wait / 2, count),
        "has_coupon": has_coupon,
        "is_first": np.full(count, number == 0),
        "lines": 1 + rng.binomial(lines - 1, people.basket),
        "is_taste": rng.random((count, lines)) < truth.taste,
        "category": rng.integers(0, 6, (count, lines)),
        "product": rng.random((count, lines)),
        "quantity": 1 + rng.poisson(truth.extra_quantity, (count, lines)),
        "draws": rng.random((count, 8)),
    }


def _taken(order: Columns, people: People, at: Floats, here: Flags) -> Columns:
    taken = {name: values[here] for name, values in order.items()}
    return taken | {"customer": np.flatnonzero(here), "at": at[here], "favourite": people.favourite[here]}


def _hazard(truth: Truth, people: People, order: Columns, fading: Flags, number: int) -> Floats:
    own = truth.churn_base * people.loyalty * np.where(fading, truth.fading_churn, 1)
    first = truth.churn_first if number == 0 else 0.0
    trouble = truth.churn_refund * order["is_refunded"] + truth.churn_failed * order["is_failed"]
    hazard: Floats = np.minimum(own + first + trouble, truth.churn_most)
    return hazard


def _season_calendar(first_day: date) -> tuple[Floats, Floats]:
    """Where November and December begin and end, in days since the first day, and whether each piece is in season."""
    start = np.datetime64(first_day)
    years = range(first_day.year, first_day.year + 40)
    days = [np.datetime64(f"{year + later}-{month}-01") for year in years for later, month in ((0, 11), (1, "01"))]
    edges = np.array([float((day - start).astype(int)) for day in days])
    in_season = np.arange(len(edges)) % 2 == 0
    ahead = edges > 0
    edges = np.concatenate([[0.0], edges[ahead]])
    in_season = np.concatenate([[not in_season[ahead][0]], in_season[ahead]])
    return edges, in_season.astype(np.float64)


def _knots(season: Floats, edges: Floats, running: Floats) -> Floats:
    """Operational time at every edge, per customer: in season a customer's clock runs (1 + strength) times as fast."""
    seasonal_days = np.concatenate([[0.0], np.cumsum(np.diff(edges) * running[:-1])])
    knots: Floats = edges[None, :] + season[:, None] * seasonal_days[None, :]
    return knots


def _to_operational(days: Floats, season: Floats, edges: Floats, running: Floats) -> Floats:
    piece = np.searchsorted(edges, days, side="right") - 1
    base = _knots(season, edges, running)[np.arange(len(days)), piece]
    operational: Floats = base + (days - edges[piece]) * (1 + season * running[piece])
    return operational


def _to_calendar(clock: Floats, season: Floats, edges: Floats, running: Floats) -> Floats:
    knots = _knots(season, edges, running)
    piece = (knots <= clock[:, None]).sum(axis=1) - 1
    base = knots[np.arange(len(clock)), piece]
    calendar: Floats = edges[piece] + (clock - base) / (1 + season * running[piece])
    return calendar
