"""What is drawn follows the stated distributions, and the churn in it can be learnt but not guessed."""

import duckdb
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from wellkept.demo.people import draw_people
from wellkept.demo.truth import LAST_DAY, Truth

TRUTH = Truth()


def the_value(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """The one number a query gives."""
    (value,) = connection.execute(query).fetchall()[0]
    return float(value)


@pytest.fixture(scope="module")
def churn(books_later: duckdb.DuckDBPyConnection) -> dict[str, np.ndarray]:
    """Who was eligible on the last day (365 days), the silence so far, the same in own gaps, and who left (90 days)."""
    return books_later.execute(
        """
        with kept as (select *, ordered_at::date as day from orders where status = 'completed'),
        known as (select * from kept where day < $last_day),
        gaps as (
            select customer_id, day - lag(day) over (partition by customer_id order by day) as gap
            from (select distinct customer_id, day from known)
        ),
        own as (
            select customer_id, case when count(gap) >= 2 then greatest(median(gap), 1) end as gap
            from gaps group by all
        ),
        silent as (
            select customer_id, $last_day - max(day) as silence from known group by all having silence <= 365
        ),
        stayed as (select distinct customer_id from kept where day >= $last_day and day < $last_day + 90)
        select silence, silence / coalesce(own.gap, 30) as silence_in_gaps, stayed.customer_id is null as is_churned
        from silent left join own using (customer_id) left join stayed using (customer_id)
        """,
        {"last_day": LAST_DAY},
    ).fetchnumpy()


def test_between_a_quarter_and_three_fifths_of_the_eligible_leave(churn: dict[str, np.ndarray]) -> None:
    assert len(churn["is_churned"]) > 1_000
    assert 0.25 < churn["is_churned"].mean() < 0.60


@pytest.mark.parametrize("rule", ["silence", "silence_in_gaps"])
def test_a_simple_rule_learns_something_and_not_everything(churn: dict[str, np.ndarray], rule: str) -> None:
    assert 0.75 < roc_auc_score(churn["is_churned"], churn[rule]) < 0.85


@pytest.mark.parametrize(
    ("share", "query", "tolerance"),
    [
        (
            TRUTH.never_orders,
            "select avg((orders.customer_id is null)::int) from customers"
            " left join (select distinct customer_id from orders) as orders using (customer_id)"
            " where created_at < timestamp '2026-10-01'",
            0.015,
        ),
        (
            TRUTH.refund,
            "select avg((refunds.order_id is not null)::int) from orders left join refunds using (order_id)"
            " where status = 'completed' and ordered_at < timestamp '2026-09-01'",
            0.006,
        ),
        (
            TRUTH.failed_a / (TRUTH.failed_a + TRUTH.failed_b),
            "select avg((failed.order_id is not null)::int) from orders left join (select order_id from payments"
            " where status = 'failed') as failed using (order_id)",
            0.012,
        ),
        (
            1 + (TRUTH.most_lines - 1) * TRUTH.basket_a / (TRUTH.basket_a + TRUTH.basket_b),
            "select avg(lines) from (select count(*) as lines from order_lines group by order_id)",
            0.15,
        ),
        (1 + TRUTH.extra_quantity, "select avg(quantity) from order_lines", 0.02),
        (
            TRUTH.coupon_a / (TRUTH.coupon_a + TRUTH.coupon_b),
            "select avg((coupon is not null)::int) from orders where coupon is null or coupon not like 'WELCOME%'",
            0.05,
        ),
    ],
)
def test_shares_and_means_are_the_stated_ones(
    books: duckdb.DuckDBPyConnection, share: float, query: str, tolerance: float
) -> None:
    assert the_value(books, query) == pytest.approx(share, abs=tolerance)


def test_traits_have_the_stated_distributions() -> None:
    people = draw_people(np.random.default_rng(1), TRUTH, 20_000, 0.0)
    assert np.median(people.gap_mean) == pytest.approx(TRUTH.gap_median, rel=0.03)
    assert np.log(people.gap_mean).std() == pytest.approx(TRUTH.gap_sigma, rel=0.03)
    assert people.season.mean() == pytest.approx(TRUTH.season_mean, rel=0.03)
    assert people.loyalty.mean() == pytest.approx(1, rel=0.03)
    assert people.loyalty.var() == pytest.approx(1 / TRUTH.churn_shape, rel=0.06)
    assert (people.first_order - people.created).mean() == pytest.approx(TRUTH.first_order_wait, rel=0.03)


def test_november_and_december_sell_more_per_active_customer(books: duckdb.DuckDBPyConnection) -> None:
    uplift = """
        with per_month as (
            select date_trunc('month', ordered_at) as month, count(*) / count(distinct customer_id) as orders_each
            from orders where ordered_at >= timestamp '2024-06-01' and ordered_at < timestamp '2026-11-01' group by all
        )
        select
            avg(orders_each) filter (month(month) in (11, 12)) / avg(orders_each) filter (month(month) not in (11, 12))
        from per_month
    """
    assert 1.1 < the_value(books, uplift) < 1.6


@pytest.mark.parametrize("trouble", ["refunds", "(from payments select * where status = 'failed')"])
def test_trouble_makes_customers_leave(books_later: duckdb.DuckDBPyConnection, trouble: str) -> None:
    """After an order with trouble, no further order in 180 days is clearly more likely."""
    excess = f"""
        with followed as (
            select
                order_id, ordered_at,
                coalesce(lead(ordered_at) over (partition by customer_id order by ordered_at), 'infinity') as next_at
            from orders where ordered_at < timestamp '{LAST_DAY}'
        ),
        troubled as (select distinct order_id from {trouble})
        select
            avg((next_at > ordered_at + interval 180 day)::int) filter (troubled.order_id is not null)
            - avg((next_at > ordered_at + interval 180 day)::int) filter (troubled.order_id is null)
        from followed left join troubled using (order_id) where ordered_at < timestamp '2026-05-20'
    """
    assert the_value(books_later, excess) > 0.10
