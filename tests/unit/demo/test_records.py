"""What makes real data hard is in the books, in the stated measure."""

import duckdb
import pytest

from wellkept.demo.truth import Truth

TRUTH = Truth()


def the_value(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """The one number a query gives."""
    (value,) = connection.execute(query).fetchall()[0]
    return float(value)


@pytest.mark.parametrize(
    ("share", "query", "tolerance"),
    [
        (
            TRUTH.failed_a / (TRUTH.failed_a + TRUTH.failed_b),
            "select avg((failed.order_id is not null)::int) from orders left join (select order_id from payments"
            " where status = 'failed') as failed using (order_id)",
            0.02,
        ),
        (
            1 + (TRUTH.most_lines - 1) * TRUTH.basket_a / (TRUTH.basket_a + TRUTH.basket_b),
            "select avg(lines) from (select count(*) as lines from order_lines group by order_id)",
            0.25,
        ),
        (1 + TRUTH.extra_quantity, "select avg(quantity) from order_lines", 0.03),
        (
            TRUTH.price_a / (TRUTH.price_a + TRUTH.price_b),
            "select avg((coupon is not null)::int) from orders where coupon is null or coupon not like 'WELCOME%'",
            0.05,
        ),
        (
            TRUTH.refund_if_bad * TRUTH.bad_delivery + TRUTH.refund * (1 - TRUTH.bad_delivery),
            "select avg((refunds.order_id is not null)::int) from orders left join refunds using (order_id)"
            " where status = 'completed' and ordered_at < timestamp '2026-09-01'",
            0.012,
        ),
        (
            TRUTH.late,
            "select avg((updated_at > ordered_at + interval 20 hour)::int) from orders"
            " where channel = 'store' and status = 'completed'",
            0.06,
        ),
        (0.12, "select avg((currency = 'XTS')::int) from orders", 0.05),
        (
            0.03,
            "select avg((customer_id is null)::int) from contacts where email not like '%+lead@%' collate nocase",
            0.02,
        ),
    ],
)
def test_shares_and_means_are_the_stated_ones(
    tables: duckdb.DuckDBPyConnection, share: float, query: str, tolerance: float
) -> None:
    assert the_value(tables, query) == pytest.approx(share, abs=tolerance)


@pytest.mark.parametrize(
    "query",
    [
        # two accounts with one address
        "select count(*) from customers c join customers d on c.email = d.email and c.customer_id < d.customer_id",
        # linked contacts with another address, and unlinked ones with the account's
        "select count(*) from contacts k join customers c using (customer_id) where lower(k.email) <> lower(c.email)",
        "select count(*) from contacts k join customers c on lower(k.email) = lower(c.email) where k.customer_id is null",
        "select count(*) from contacts where email <> lower(email)",
        "select count(*) from contacts where archived",
        "select count(*) from contacts where company_id is not null",
        "select count(*) from customers where deleted_at is not null and email is null and first_name is null",
        "select count(*) from orders where updated_at > ordered_at + interval 30 hour and status = 'completed'",
        "select count(*) from refunds join orders using (order_id) where refunded_at > ordered_at + interval 14 day",
        "select count(*) from deals where hs_is_closed_won = 'true'",
        "select count(*) from deals where hs_is_closed_lost = 'true'",
        "select count(*) from deals where dealstage = 'appointmentscheduled'",
        "select count(*) from subscriptions where cancel_reason is not null",
        "select count(*) from subscriptions where renews_subscription_id is not null",
        "select count(*) from payments where subscription_id is not null and status = 'failed'",
        "select count(*) from customers where loyalty_note like '%,%'",
    ],
)
def test_it_is_there(tables: duckdb.DuckDBPyConnection, query: str) -> None:
    assert the_value(tables, query) > 0


def test_messages_keep_to_consent(tables: duckdb.DuckDBPyConnection) -> None:
    """Whoever unsubscribed is not written to again."""
    written = """
        select count(*) from interactions sent join interactions gone using (customer_id)
        where sent.kind = 'sent' and gone.kind = 'unsubscribe' and sent.channel = 'email'
            and sent.occurred_at > gone.occurred_at
    """
    assert the_value(tables, "select count(*) from interactions where kind = 'unsubscribe'") > 0
    assert the_value(tables, written) == 0
    for channel in ("sms", "push"):
        against = (
            f"select count(*) from interactions join customers using (customer_id)"
            f" where channel = '{channel}' and not consent_{channel} and deleted_at is null"
        )
        assert the_value(tables, against) == 0
    kinds = {kind for (kind,) in tables.execute("select distinct kind from interactions").fetchall()}
    assert kinds == {"sent", "delivered", "open", "click", "bounce", "unsubscribe"}


def test_active_contacts_belong_to_active_campaigns(tables: duckdb.DuckDBPyConnection) -> None:
    active = "select campaign_id from campaigns where retention_mode = 'active'"
    assert the_value(tables, f"select count(*) from calls where campaign_id in ({active})") > 0
    assert the_value(tables, f"select count(*) from calls where campaign_id not in ({active})") == 0
    assert the_value(tables, f"select count(*) from interactions where campaign_id in ({active})") > 0


def test_scores_follow_satisfaction(tables: duckdb.DuckDBPyConnection) -> None:
    slow, quick = (
        the_value(
            tables,
            "select avg(csat_score::int) from tickets where first_agent_reply_date::timestamp"
            f" {sign} createdate::timestamp + interval 48 hour",
        )
        for sign in (">", "<=")
    )
    assert slow < quick - 0.5
    scales = tables.execute(
        "select hs_survey_type, min(hs_value::int), max(hs_value::int) from feedback_submissions group by all order by all"
    ).fetchall()
    assert [
        (name, low >= least, high <= most)
        for (name, low, high), (least, most) in zip(scales, ((1, 7), (1, 5), (0, 10)), strict=True)
    ] == [("CES", True, True), ("CSAT", True, True), ("NPS", True, True)]


def test_the_crm_stays_small_enough_to_page_through(tables: duckdb.DuckDBPyConnection) -> None:
    kinds = ("contacts", "deals", "tickets", "calls", "emails", "meetings", "feedback_submissions", "subscriptions")
    rows = sum(the_value(tables, f"select count(*) from {kind}") for kind in kinds)
    assert rows < 5 * the_value(tables, "select count(*) from customers")
