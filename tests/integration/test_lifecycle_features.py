"""The lifecycle and subscription features of a day against what the marts say of it."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from demo_homes import DAY, run_in
from deployments import FIRST_DAY, NEXT_DAY, Deployment, copy_of

from wellkept.warehouse.dbt import dbt

STATES = ("prospect", "onboarding", "reactivated", "active", "cooling", "slipping", "dormant", "lost")
PAST = DAY - timedelta(days=315)


@pytest.fixture(scope="module")
def rebuilt(continued: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of the later day, with the features of both days built on it."""
    return build_both(continued, NEXT_DAY, FIRST_DAY, tmp_path_factory.mktemp("rebuilt"))


@pytest.fixture(scope="module")
def subscribed(founded: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a company that has subscriptions."""
    return build_both(founded, DAY, PAST, tmp_path_factory.mktemp("subscribed"))


def build_both(deployment: Deployment, day: date, past: date, folder: Path) -> Path:
    run = run_in(copy_of(deployment, folder).home, day)
    dbt(run, "run", "--select", "+feature_customer__lifecycle", "+feature_customer__subscription", as_of_dates=[past])
    return run.home.warehouse


def compare(features: Path, built_on_the_day: Path, day: date) -> tuple[int, list[int]]:
    """Customers with features; and how many of them have no state, another state, and another gap.

    An interval says the population's gap of the day it began, the feature that of the day itself.
    """
    places = ", ".join(f"('{state}', {place})" for place, state in enumerate(STATES))
    with duckdb.connect() as connection:
        connection.execute(f"attach '{features}' as features (read_only)")
        connection.execute(f"attach '{built_on_the_day}' as edition (read_only)")
        customers, *differing = connection.execute(
            f"""
            select
                count(*),
                count(*) filter (where states.state is null),
                count(*) filter (where places.place is distinct from rows.lifecycle_state_rank),
                count(*) filter (
                    where case when states.gap_source = 'own' then states.gap_days else months.gap_days end
                    is distinct from rows.lifecycle_gap_days
                    or (states.gap_source = 'own') is distinct from rows.has_own_gap
                )
            from features.features.feature_customer__lifecycle as rows
            left join edition.marts.lifecycle_states as states
                on rows.customer_id = states.customer_id and states.valid_to is null and states.as_of_date = rows.as_of_date
            left join (values {places}) as places (state, place) on states.state = places.state
            left join edition.intermediate.int_population_gaps_by_month as months
                on rows.as_of_date >= months.month_from and rows.as_of_date < months.month_to
            where rows.as_of_date = date '{day}'
            """
        ).fetchall()[0]
    return customers, differing


def test_the_state_and_gap_of_a_day_are_those_of_the_edition_built_on_it(
    finished: Deployment, continued: Deployment, rebuilt: Path
) -> None:
    for day, edition in ((FIRST_DAY, finished), (NEXT_DAY, continued)):
        customers, differing = compare(rebuilt, edition.home / "warehouse.duckdb", day)
        assert customers > 300, day
        assert differing == [0, 0, 0], day


def test_who_is_lost_by_subscription_is_so_in_the_features(founded: Deployment, subscribed: Path) -> None:
    lost = founded.query("select count(*) from lifecycle_states where valid_to is null and state_rule like 'subscr%'")
    assert lost[0][0] > 0
    customers, differing = compare(subscribed, founded.home / "warehouse.duckdb", DAY)
    assert customers > 200
    assert differing == [0, 0, 0]


def test_a_subscription_that_was_cancelled_or_ended_after_the_day_is_active_on_it(subscribed: Path) -> None:
    with duckdb.connect(str(subscribed), read_only=True) as connection:
        ended_since, cancelled_since, *differing = connection.execute(
            f"""
            with running as (
                select *, coalesce(cancelled_date < date '{PAST}', false) as is_cancelled
                from marts.subscriptions
                where started_date < date '{PAST}' and coalesce(ended_date >= date '{PAST}', true)
            ),
            expected as (
                select
                    customer_id,
                    bool_or(is_cancelled) as has_cancelled,
                    bool_or(ended_date is not null) as has_ended_since,
                    bool_or(cancelled_date is not null and not is_cancelled) as has_cancelled_since
                from running
                group by customer_id
            )
            select
                count(*) filter (where expected.has_ended_since),
                count(*) filter (where expected.has_cancelled_since),
                count(*) filter (where rows.is_subscriber is distinct from (expected.customer_id is not null)),
                count(*) filter (
                    where rows.has_cancelled_subscription is distinct from coalesce(expected.has_cancelled, false)
                )
            from features.feature_customer__subscription as rows
            left join expected on rows.customer_id = expected.customer_id
            where rows.as_of_date = date '{PAST}'
            """
        ).fetchall()[0]
    assert ended_since > 0
    assert cancelled_since > 0
    assert differing == [0, 0]
