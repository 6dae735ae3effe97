"""The SQL of a past day: one row per customer eligible by the longest window, with the outcome of every horizon.

The day is bound as $day; what else changes is whole numbers of a checked grid.
"""

from collections.abc import Iterable
from datetime import date

from ml.lab.definitions import FOLLOW_DAYS, Grid

PAST = """
    select
        customer,
        min(day) as first_day,
        max(day) as last_day,
        count(*) as order_days
    from order_days
    where counts_from <= $day and counts_to > $day
    group by customer
"""


def is_there(last_day: str) -> str:
    """Whether a customer is not deleted: an order after the deletion revokes it."""
    return f"coalesce(not (customers.deleted_date < $day and customers.deleted_date >= {last_day}), true)"


def judged(grid: Grid, day: date, horizons: Iterable[int]) -> str:
    """The customers eligible by the longest window, with each label as known when it matured."""
    late, followed = grid.late_days, {horizon: grid.is_followed(day, horizon) for horizon in horizons}
    ordered = ", ".join(
        f"max(day) filter (where {_counts(horizon, late)}) as last_{horizon}, "
        f"bool_or({_counts(horizon + FOLLOW_DAYS, late)}) as returned_{horizon}"
        for horizon in followed
    )
    churned = ", ".join(f"{_churned(horizon)} as churned_{horizon}" for horizon in followed)
    came_back = ", ".join(
        f"{_came_back(horizon) if is_over else 'cast(null as boolean)'} as came_back_{horizon}"
        for horizon, is_over in followed.items()
    )
    return f"""
        create or replace temp table judged as
        with

        past as ({PAST}),

        later as (
            select customer, {ordered}
            from order_days
            where day >= $day and day < $day + {max(followed) + FOLLOW_DAYS}
            group by customer
        ),

        eligible as (
            select past.*, customers.deleted_date, customers.spread, later.* exclude (customer)
            from past
            inner join customers on past.customer = customers.customer
            left join later on past.customer = later.customer
            where past.last_day >= $day - {max(grid.eligible)} and {is_there("past.last_day")}
        ),

        labelled as (
            select *, {churned} from eligible
        )

        select
            customer,
            spread,
            $day - last_day as silence,
            order_days,
            $day - first_day as tenure,
            ($day - last_day) * (order_days - 1) / nullif(last_day - first_day, 0) as silence_in_gaps,
            {", ".join(f"churned_{horizon}" for horizon in followed)},
            {came_back}
        from labelled
    """


def _counts(days: int, late_days: int) -> str:
    """An order of the day or of so many days from it, as known late_days after they are over."""
    matured = f"$day + {days + late_days}"
    return f"day < $day + {days} and counts_from <= {matured} and counts_to > {matured}"


def _churned(horizon: int) -> str:
    """NULL for who was deleted inside the horizon with no order after it: nobody knows (int_customer_deletions_matured)."""
    return f"""
        case
            when
                deleted_date >= $day and deleted_date < $day + {horizon}
                and deleted_date >= coalesce(last_{horizon}, deleted_date)
                then null
            else last_{horizon} is null
        end
    """


def _came_back(horizon: int) -> str:
    """Of the churned; NULL for who was deleted before the time was over and had not come back."""
    return f"""
        case
            when churned_{horizon} is distinct from true then null
            when returned_{horizon} then true
            when deleted_date >= $day and deleted_date < $day + {horizon + FOLLOW_DAYS} then null
            else false
        end
    """


def reach(grid: Grid) -> str:
    """The smallest eligible_days that reaches the customer."""
    return f"case {' '.join(f'when silence <= {eligible} then {eligible}' for eligible in sorted(grid.eligible))} end"
