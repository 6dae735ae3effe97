"""What `wellkept explain` says about one customer: the story, on one screen, whatever the data hold."""

import io
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from wellkept.cli.explain import explain
from wellkept.cli.portrait import Portrait, print_portrait, read_portrait
from wellkept.deployment.errors import BadInputError

_EDITION = """
create table edition as select date '2026-11-20' as as_of_date;
create table customers as
select *, date '2026-11-20' as as_of_date, 'GB' as country, 'Leeds' as city, 'referral' as acquisition_channel,
    null::varchar as acquisition_campaign, 'slipping' as lifecycle_state, null::varchar as ineligible_reason,
    40 as orders_count, 9 as orders_count_365d, 900.5 as spend, 200.25 as spend_365d, true as has_consent_email,
    false as has_consent_sms, true as has_consent_push, true as is_eligible, date '2023-01-02' as created_date,
    null::date as deleted_date, date '2023-01-05' as first_order_date, date '2026-09-01' as last_order_date
from (values ('anna'), ('[/a]'), ('nobody knows')) as customers (customer_id);
create table segments as
select 'anna' as customer_id, 'loyal' as rfm_segment, date '2026-05-01' as rfm_segment_since_date,
    'champions' as previous_rfm_segment, 'top' as value_tier, null::varchar as loyalty_tier, 81.5 as engagement_score,
    870.0 as historic_value, null::double as icp_score, null::varchar as icp_explanation;
create table journeys as
select customer_id, 40 as journey_number, null::timestamp as ended_at, 'open' as outcome, 3 as steps_count,
    1 as frictions_count
from customers;
create table touchpoints as
select 'anna' as customer_id, 't' || lpad(number::varchar, 3, '0') as touchpoint_id,
    timestamp '2026-01-01 10:00:00' + to_days(number::int) as occurred_at,
    case number % 3 when 0 then 'email_sent' when 1 then 'email_delivered' else 'payment_failed' end as kind,
    'email' as channel, 'out' as direction, 'passive' as retention_mode, 'newsletter-2026-11' as campaign_id,
    null::int as sentiment, number % 3 = 2 as is_friction, null::decimal(18, 4) as amount,
    'slipping' as lifecycle_state, 'crm' as source_system, 'hubspot-' || number as source_id
from range(120) as numbers (number)
union all
select '[/a]', 'x', timestamp '2026-01-01 10:00:00', '[/kind]', '[/c]', 'in', '[/mode]', '[/campaign]', -1, true,
    -7.5, '[/life]', '[/system]', ':smile:';
create table lifecycle_states as
select 'anna' as customer_id, date '2026-11-20' as as_of_date, date '2025-01-01' + number::int * 30 as valid_from,
    case when number < 20 then date '2025-01-31' + number::int * 30 end as valid_to, 'state' || number as state,
    'retention' as clm_stage, 'last order more than 2.5 gaps and at most 365 days ago' as state_rule,
    7 as days_since_last_order, 20.5 as gap_days, 'population' as gap_source, date '2026-09-01' as last_order_date,
    'O026882' as last_order_id, 'hubspot-subscription-9000004' as subscription_id
from range(21) as numbers (number)
union all
select '[/a]', date '2026-11-20', date '2026-09-02', null, '[/state]', '[/stage]', '[/rule]', 1, null, null,
    date '2026-09-01', '[/order]', '[/subscription]';
create table churn_risk as
select *, 90 as horizon_days, 9 as risk_decile, 'high' as risk_band, 'churn_risk' as model_name, '3' as model_version,
    'ordered every 20 days, now 80 days silent' as reason_1_sentence, 0.74 as reason_1_contribution,
    'no orders in [/b] days' as reason_2_sentence, null::double as reason_2_contribution,
    null::varchar as reason_3_sentence, null::double as reason_3_contribution,
    'risk rose by 12 points since 2026-11-13, mostly because: [/c] (was [/d])' as change_sentence
from (values ('anna', 0.83, null), ('[/a]', null, '[/reason]')) as rows (customer_id, churn_risk, ineligible_reason);
"""
_SUBSCRIPTIONS = """
create table subscription_churn_risk as
select * replace (case when customer_id = 'anna' then 0.12 end as churn_risk) from churn_risk
"""


@pytest.fixture(scope="module")
def edition() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(_EDITION)
        yield connection


def told(portrait: Portrait, width: int = 120, *, is_whole: bool = False) -> str:
    out = io.StringIO()
    print_portrait(portrait, Console(file=out, width=width, highlight=False, emoji=False), is_whole)
    return out.getvalue()


def test_the_story_is_told(edition: duckdb.DuckDBPyConnection) -> None:
    text = told(read_portrait(edition, "anna"))
    for said in (
        "Customer anna as of 2026-11-20",
        "email, push",
        "champions",
        "1 open",
        "payment_failed ✗",
        "Churn risk 83%",
        "ordered every 20 days, now 80 days silent (+0.74)",
        "  risk rose by 12 points since 2026-11-13, mostly because: [/c] (was [/d])\n",
    ):
        assert said in text
    assert "like our best" not in text  # nothing telling is known


def test_the_state_in_force_has_todays_silence_and_an_old_one_that_of_its_first_day(
    edition: duckdb.DuckDBPyConnection,
) -> None:
    text = told(read_portrait(edition, "anna"), 300)
    newest, older = (line for line in text.splitlines() if "state20" in line or "state19" in line)
    assert "day 80 of silence" in newest
    assert "day 7 of silence" in older


@pytest.mark.parametrize(("width", "most_lines"), [(120, 45), (80, 60)])
def test_it_fits_one_screen(edition: duckdb.DuckDBPyConnection, width: int, most_lines: int) -> None:
    lines = told(read_portrait(edition, "anna"), width).splitlines()
    assert len(lines) <= most_lines
    assert max(map(len, lines)) <= width


def test_the_latest_eight_steps_without_deliveries_and_five_states_are_shown(
    edition: duckdb.DuckDBPyConnection,
) -> None:
    text = told(read_portrait(edition, "anna"))
    assert text.count("newsletter-2026-11") == 8
    assert "email_delivered" not in text
    assert "hubspot-119" not in text
    assert "112 more with --all" in text
    assert [number for number in range(21) if f" state{number} " in text] == [16, 17, 18, 19, 20]


def test_all_shows_every_step_state_fact_and_record(edition: duckdb.DuckDBPyConnection) -> None:
    text = told(read_portrait(edition, "anna"), 300, is_whole=True)
    assert text.count("newsletter-2026-11") == 120
    assert text.count("email_delivered") == 40
    assert all(f"crm hubspot-{number}" in text for number in range(120))
    assert all(f" state{number} " in text for number in range(21))
    assert "orders_count_365d" in text
    assert "--all" not in text


@pytest.mark.parametrize("is_whole", [False, True])
def test_what_looks_like_markup_is_said_as_it_is(edition: duckdb.DuckDBPyConnection, is_whole: bool) -> None:
    text = told(read_portrait(edition, "[/a]"), 300, is_whole=is_whole)
    for said in ("/a", "/kind", "/mode", "/campaign", "/life", "/state", "/stage", "/rule", "/order", "/reason"):
        assert f"[{said}]" in text
    assert (":smile:" in text) == is_whole
    assert "gap unknown" in text


def test_a_reason_without_a_contribution_is_said_without_one(edition: duckdb.DuckDBPyConnection) -> None:
    assert "  2. no orders in [/b] days\n" in told(read_portrait(edition, "anna"))


def test_an_edition_that_does_not_know_what_changed_is_told_without(edition: duckdb.DuckDBPyConnection) -> None:
    portrait = read_portrait(edition, "anna")
    older = {name: value for name, value in portrait.risk.items() if name != "change_sentence"}
    assert "Churn risk 83%" in told(replace(portrait, risk=older))
    assert "points since" not in told(replace(portrait, risk=older))


def test_of_whom_nothing_is_known_little_is_said(edition: duckdb.DuckDBPyConnection) -> None:
    text = told(read_portrait(edition, "nobody knows"))
    assert "No scores in this edition" in text


def test_an_unknown_customer_is_named_with_the_day(edition: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(BadInputError, match="the edition of 2026-11-20 knows no customer 'zoe'"):
        read_portrait(edition, "zoe")


def test_json_is_the_whole_portrait(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    editions = tmp_path / "published" / "editions"
    editions.mkdir(parents=True)
    with duckdb.connect(str(editions / "one.duckdb")) as connection:
        connection.execute(_EDITION)
        portrait = read_portrait(connection, "anna")
    (tmp_path / "published" / "wellkept.duckdb").symlink_to(Path("editions") / "one.duckdb")
    explain("anna", home=tmp_path, as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert said == json.loads(json.dumps(asdict(portrait), default=str))
    assert (said["as_of_date"], len(said["steps"]), len(said["states"])) == ("2026-11-20", 120, 21)


def test_who_subscribes_has_two_risks_and_others_one() -> None:
    with duckdb.connect() as connection:
        connection.execute(_EDITION + _SUBSCRIPTIONS)
        text, other = told(read_portrait(connection, "anna")), told(read_portrait(connection, "[/a]"))
    assert "Churn risk 83% over 90 days" in text
    assert "Risk that the subscription ends 12% over 90 days" in text
    assert "subscription ends" not in other
