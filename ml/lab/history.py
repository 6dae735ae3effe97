"""What every definition would have said on past days: whom it reaches, who churned, and who of them came back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
from numpy.typing import NDArray

from ml.lab.definitions import Definition, Grid
from ml.lab.judged import PAST, is_there, judged, reach

Columns = Mapping[str, NDArray[np.float64]]

FEATURES = ("silence", "order_days", "tenure", "silence_in_gaps")
"""What the quick model knows of a customer on a day; all from orders known by the day."""


@dataclass(frozen=True)
class Tally:
    """Customers of one day by one definition."""

    definition: Definition
    day: date
    labelled: int
    churned: int
    followed: int
    """Churned customers of whom it is known whether they came back; 0 where the time for it is not over."""
    came_back: int


@dataclass(frozen=True)
class Reach:
    """Whom eligible_days would score on the day of the lab."""

    customers: int
    customers_share: float
    """Of all who ever ordered."""
    revenue_share: float | None
    """Of what was spent in the year before; None without amounts."""


def judge_day(connection: duckdb.DuckDBPyConnection, grid: Grid, day: date) -> list[Tally]:
    """The tallies of every definition that can be tried on the day; its rows stay in `judged` until the next day."""
    horizons = [horizon for horizon in grid.horizons if grid.is_labelled(day, horizon)]
    connection.execute(judged(grid, day, horizons), {"day": day})
    counts = ", ".join(
        f"""
        count(churned_{horizon}) as labelled_{horizon},
        count(*) filter (where churned_{horizon}) as churned_{horizon},
        count(came_back_{horizon}) as followed_{horizon},
        count(*) filter (where came_back_{horizon}) as came_back_{horizon}
        """
        for horizon in horizons
    )
    rows = connection.execute(
        f"select {reach(grid)} as reach, {counts} from judged group by reach order by reach"
    ).fetchall()
    tallies = []
    for definition in grid.definitions:
        if not grid.is_tried(day, definition):
            continue
        at = 1 + 4 * horizons.index(definition.horizon_days)
        inside = [row[at : at + 4] for row in rows if row[0] <= definition.eligible_days]
        labelled, churned, followed, came_back = (sum(row[column] for row in inside) for column in range(4))
        tallies.append(Tally(definition, day, labelled, churned, followed, came_back))
    return tallies


def read_sample(connection: duckdb.DuckDBPyConnection, grid: Grid, day: date, share: float) -> Columns:
    """The features of a fixed share of the customers just judged, and for each horizon 1, 0 or NaN where unknown."""
    churned = ", ".join(
        f"coalesce(cast(cast(churned_{horizon} as integer) as double), cast('nan' as double)) as churned_{horizon}"
        if grid.is_labelled(day, horizon)
        else f"cast('nan' as double) as churned_{horizon}"
        for horizon in grid.horizons
    )
    features = ", ".join(f"coalesce(cast({name} as double), cast('nan' as double)) as {name}" for name in FEATURES)
    return connection.execute(
        f"select {features}, {churned} from judged where spread < $share * 4294967296 order by customer",
        {"share": share},
    ).fetchnumpy()


def measure_reach(connection: duckdb.DuckDBPyConnection, grid: Grid) -> dict[int, Reach]:
    """Whom each eligible_days reaches on the day of the lab."""
    columns = ", ".join(
        f"count(*) filter (where {inside}), sum(spent) filter (where {inside})"
        for inside in (f"is_there and silence <= {eligible}" for eligible in grid.eligible)
    )
    row = connection.execute(
        f"""
        select count(*), sum(spent), {columns}
        from (
            select
                customers.spent,
                $day - past.last_day as silence,
                {is_there("past.last_day")} as is_there
            from ({PAST}) as past
            inner join customers on past.customer = customers.customer
        )
        """,
        {"day": grid.as_of_date},
    ).fetchone()
    everyone, spent, *found = row or (0, None)
    return {
        eligible: Reach(
            customers=found[2 * at],
            customers_share=found[2 * at] / max(everyone, 1),
            revenue_share=float(found[2 * at + 1] or 0) / float(spent) if spent and spent > 0 else None,
        )
        for at, eligible in enumerate(grid.eligible)
    }
