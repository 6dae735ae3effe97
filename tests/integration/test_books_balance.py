"""What the published tables say about one thing adds up: to the orders, to the cent, day by day, life by life."""

from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from demo_homes import MARTS
from deployments import Deployment

DIMENSIONS = ("all", "segment", "acquisition_channel", "order_channel", "cohort", "country", "lifecycle_state")
STATES = ("prospect", "onboarding", "reactivated", "active", "cooling", "slipping", "dormant", "lost")
TABLES = [mart for mart in MARTS if mart != "customer_contacts"]  # which no edition has unless asked for
RULES = ("first_touch_amount", "last_touch_amount", "linear_amount", "position_amount")
ELIGIBLE = 365


@pytest.mark.parametrize("table", TABLES)
def test_every_row_is_of_the_editions_day(founded: Deployment, table: str) -> None:
    day = date.fromisoformat(founded.manifest()["as_of_date"])
    assert founded.query(f"select distinct as_of_date from {table}") == [(day,)]


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_revenue_by_each_dimension_is_that_of_the_orders(founded: Deployment, dimension: str) -> None:
    told = {
        (period, start): amount
        for period, start, amount in founded.query(
            "select period, period_start_date, sum(value::decimal(38, 4)) from retention_kpis "
            f"where metric = 'revenue' and dimension = '{dimension}' group by all"
        )
    }
    made: dict[tuple[str, date], Any] = {}
    for day, amount in founded.query(
        "select order_date, sum(total_amount) from orders where is_completed group by order_date"
    ):
        for period in periods_of(day):
            made[period] = made.get(period, 0) + amount
    assert len(made) > 700
    assert {period: told.get(period) for period in made} == made
    assert [period for period, amount in told.items() if period not in made and amount] == []


def test_the_dimensions_tell_customers_apart(founded: Deployment) -> None:
    """A sum over one value would balance too."""
    values = dict(
        founded.query(
            "select dimension, count(distinct dimension_value) from retention_kpis where metric = 'revenue' group by all"
        )
    )
    assert values.pop("all") == 1
    assert min(values.values()) >= 3
    assert set(values) == {*DIMENSIONS} - {"all"}


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_who_ordered_is_new_returning_or_reactivated(founded: Deployment, period: str) -> None:
    """Against the orders themselves: each customer counted once a period."""
    flow = founded.query(
        "select period_start_date, active_customers, new_customers, returning_customers, reactivated_customers "
        f"from lifecycle_flow where period = '{period}' order by 1"
    )
    ordered: dict[date, set[str]] = {}
    started: dict[date, set[str]] = {}
    for customer, day, is_first in completed(founded):
        start = dict(periods_of(day))[period]
        ordered.setdefault(start, set()).add(customer)
        if is_first:
            started.setdefault(start, set()).add(customer)
    assert [row[0] for row in flow] == sorted({dict(periods_of(day))[period] for day in days_of(founded)})
    for start, active, new, returning, reactivated in flow:
        assert active == new + returning + reactivated == len(ordered.get(start, ())), start
        assert new == len(started.get(start, ())), start


def test_who_is_present_tomorrow_was_present_or_came_and_did_not_go_quiet(founded: Deployment) -> None:
    days = founded.query(
        "select period_start_date, present_at_start, new_customers, reactivated_customers, gone_quiet_customers, "
        "present_at_end from lifecycle_flow where period = 'day' order by 1"
    )
    for day, at_start, new, reactivated, gone_quiet, at_end in days:
        assert at_end == at_start + new + reactivated - gone_quiet, day
    assert [row[1] for row in days[1:]] == [row[5] for row in days[:-1]]
    last = date.fromisoformat(founded.manifest()["as_of_date"])
    present = {customer for customer, day, _ in completed(founded) if day >= last - timedelta(days=ELIGIBLE)}
    assert days[-1][5] == len(present)


@pytest.mark.parametrize(
    ("metric", "column"),
    [
        ("active_customers", "active_customers"),
        ("new_customers", "new_customers"),
        ("customers_present", "present_at_end"),
    ],
)
def test_kpis_and_flow_say_the_same(founded: Deployment, metric: str, column: str) -> None:
    differing = founded.query(
        f"select period, period_start_date, numerator, {column} from lifecycle_flow left join "
        f"(from retention_kpis where metric = '{metric}' and dimension = 'all') as kpis "
        f"using (period, period_start_date) where coalesce(numerator, 0) <> {column}"
    )
    assert differing == []


def test_everybody_is_in_one_state_every_day(founded: Deployment) -> None:
    """As many in the flow as intervals hold, on every day of the last year."""
    states = ", ".join(f"in_{state}" for state in STATES)
    flow = founded.query(
        f"select period_start_date, {states} from lifecycle_flow where period = 'day' order by 1 desc limit 365"
    )
    intervals = founded.query("select customer_id, state, valid_from, valid_to from lifecycle_states")
    for day, *counts in flow[::30]:
        lasting = [(one, state) for one, state, start, end in intervals if start <= day and (end is None or day < end)]
        assert len(lasting) == len({customer for customer, _ in lasting}) == sum(counts), day
        held = [state for _, state in lasting]
        assert counts == [held.count(state) for state in STATES], day


def test_intervals_tile_every_customers_life(founded: Deployment) -> None:
    broken = founded.query(
        """
        select customer_id, valid_from from (
            select *, lead(valid_from) over (partition by customer_id order by valid_from) as next_from
            from lifecycle_states
        ) where valid_to is distinct from next_from or valid_to <= valid_from or valid_from > as_of_date
        """
    )
    assert broken == []
    without = founded.query("select customer_id from customers anti join lifecycle_states using (customer_id)")
    assert without == []
    unborn = founded.query(
        "select customer_id from (select customer_id, min(valid_from) as born from lifecycle_states group by all) "
        "join (select customer_id, min(order_date) as ordered from orders group by all) using (customer_id) "
        "where born > ordered + 1"
    )
    assert unborn == []


@pytest.mark.parametrize("rule", RULES)
def test_attribution_sums_to_the_cent_per_order_and_in_all(founded: Deployment, rule: str) -> None:
    orders = dict(founded.query("select order_id, total_amount from orders where is_completed"))
    shared = dict(founded.query(f"select order_id, sum({rule}) from attributions group by order_id"))
    assert len(orders) > 1000
    assert shared == orders
    assert sum(shared.values()) == sum(orders.values())


def test_several_touches_share_an_order(founded: Deployment) -> None:
    """A row an order would balance too."""
    most, direct = founded.query("select max(touches_count), count(*) filter (channel = 'direct') from attributions")[0]
    assert most > 2
    assert direct > 0
    wrong = founded.query(
        "select attribution_id from attributions where touchpoint_id is not null and "
        "(occurred_at >= order_date + 1 or occurred_at < order_date - 90)"
    )
    assert wrong == []


def test_journeys_tile_every_customers_life_and_one_ends_with_each_order(founded: Deployment) -> None:
    broken = founded.query(
        """
        select journey_id from (
            select *,
                lead(started_at) over life as next_start, lead(started_by_order_id) over life as next_order,
                row_number() over life - 1 as place
            from journeys window life as (partition by customer_id order by journey_number)
        )
        where ended_at is distinct from next_start or ended_by_order_id is distinct from next_order
            or place <> journey_number or ended_at < started_at
        """
    )
    assert broken == []
    ended = founded.query(
        "select ended_by_order_id, amount, ended_at from journeys where outcome = 'ordered' order by 1"
    )
    orders = founded.query("select order_id, total_amount, ordered_at from orders where is_completed order by 1")
    assert ended == orders
    assert {outcome for (outcome,) in founded.query("select distinct outcome from journeys")} == {
        "ordered",
        "open",
        "lapsed",
    }


def test_everybody_touched_has_a_journey_and_every_touch_falls_into_one(founded: Deployment) -> None:
    """Steps and the orders that end or open journeys are all touchpoints, deliveries of what was sent aside."""
    touches, steps = founded.query(
        "select (select count(*) from touchpoints "
        "where not (entity = 'interactions' and kind like '%delivered')), (select sum(steps_count) from journeys)"
    )[0]
    orders = founded.query("select count(*) from orders where is_completed")[0][0]
    delivered = founded.query(
        "select count(*) from touchpoints where entity = 'interactions' and kind like '%delivered'"
    )
    assert touches - orders <= steps <= touches - orders + delivered[0][0]
    outside = founded.query("select distinct customer_id from touchpoints anti join journeys using (customer_id)")
    assert outside == []


def test_the_journey_features_are_those_of_the_published_touchpoints_and_journeys(founded: Deployment) -> None:
    with duckdb.connect(str(founded.home / "warehouse.duckdb"), read_only=True) as connection:
        touched, differing = connection.execute(
            "with told as (select customer_id, count(*) as touchpoints, count(distinct channel) as channels, "
            "count(*) filter (where is_friction) as frictions, sum(coalesce(sentiment, 0)) as sentiment "
            f"from marts.touchpoints where occurred_date >= as_of_date - {ELIGIBLE} group by customer_id) "
            "select count(told.touchpoints), count(*) filter (where "
            "(coalesce(told.touchpoints, 0), coalesce(told.channels, 0), coalesce(told.frictions, 0), "
            "coalesce(told.sentiment, 0)) <> (touchpoints_count_365d, channels_count_365d, frictions_count_365d, "
            "positive_touchpoints_count_365d - negative_touchpoints_count_365d)) "
            "from features.feature_customer__journey join marts.customers using (customer_id, as_of_date) "
            "left join told using (customer_id)"
        ).fetchall()[0]
        open_journeys, others = connection.execute(
            "select count(*), count(*) filter (where (journey_touchpoints_count, journey_frictions_count, "
            "journey_channels_count) <> (steps_count, frictions_count, channels_count)) "
            "from features.feature_customer__journey join marts.journeys using (customer_id, as_of_date) "
            f"where ended_at is null and started_at::date >= as_of_date - {ELIGIBLE}"
        ).fetchall()[0]
    assert (differing, others) == (0, 0)
    assert min(touched, open_journeys) > 150


def test_touchpoints_are_the_orders_and_refunds_to_the_cent(founded: Deployment) -> None:
    told = founded.query("select count(*), sum(amount) from touchpoints where kind = 'order'")
    assert told == founded.query("select count(*), sum(total_amount) from orders where customer_id is not null")


def test_cohorts_hold_every_customer_and_all_revenue(founded: Deployment) -> None:
    size, first = founded.query(
        "select sum(size), count(*) filter (is_over and retained_share <> 1) from cohort_retention where months_since = 0"
    )[0]
    assert (size, first) == (len({customer for customer, _, _ in completed(founded)}), 0)
    revenue = founded.query("select sum(revenue) from cohort_retention where is_over")
    assert revenue == founded.query(
        "select sum(total_amount) from orders where is_completed and order_date < date_trunc('month', as_of_date)"
    )


def test_a_metric_has_one_row_and_no_row_without_data(founded: Deployment) -> None:
    key = "metric, period, period_start_date, dimension, dimension_value"
    assert founded.query(f"select {key} from retention_kpis group by all having count(*) > 1") == []
    assert founded.query("select count(*) from retention_kpis where value is null or denominator <= 0") == [(0,)]
    outside = founded.query(
        "select * from retention_kpis where not coalesce(value between lower and upper, true) "
        "or (unit = 'share' and value not between 0 and 1)"
    )
    assert outside == []


def test_subscriptions_lie_in_their_periods(founded: Deployment) -> None:
    apart = founded.query(
        "select subscription_id from subscriptions left join subscription_periods using (customer_id, period_number) "
        "where subscriptions.started_date < subscription_periods.started_date or "
        "subscription_periods.started_date is null"
    )
    assert apart == []
    counts = founded.query("select sum(subscriptions_count) from subscription_periods")
    assert counts == founded.query("select count(*) from subscriptions")
    assert counts[0][0] > 30


def test_segments_hold_everybody_once_and_their_values_are_those_of_the_orders(founded: Deployment) -> None:
    assert founded.query("select customer_id from customers anti join segments using (customer_id)") == []
    told = founded.query("select count(*), sum(orders_count), sum(spend) from segments")
    made = founded.query(
        "select (select count(*) from customers), count(*), sum(total_amount) from orders "
        f"where is_completed and order_date >= as_of_date - {ELIGIBLE}"
    )
    assert told == made
    without = founded.query(
        "select count(*) from segments where (rfm_segment is null) <> (coalesce(orders_count, 0) = 0)"
    )
    assert without == [(0,)]


def periods_of(day: date) -> list[tuple[str, date]]:
    """The day, week and month that hold a day, by their first days."""
    return [("day", day), ("week", day - timedelta(days=day.weekday())), ("month", day.replace(day=1))]


def completed(founded: Deployment) -> list[tuple[str, date, bool]]:
    """Customer and day of every completed order, and whether it is the customer's first."""
    return founded.query(
        "select customer_id, order_date, row_number() over (partition by customer_id order by ordered_at, order_id) = 1 "
        "from orders where is_completed"
    )


def days_of(founded: Deployment) -> list[date]:
    """Every day from the first completed order to the one before the edition's."""
    first = min(day for _, day, _ in completed(founded))
    last = date.fromisoformat(founded.manifest()["as_of_date"])
    return [first + timedelta(days=number) for number in range((last - first).days)]
