"""A made-up shop of any size, as landing files by day: fast, the same each time, with rhythms as uneven as real ones.

Not the demo company: nobody here has reasons, so nothing can be learnt from it. It is for time and memory alone.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import duckdb

FIRST_DAY = date(2023, 11, 20)
LAST_DAY = date(2026, 11, 20)
"""The day of the first, large delivery; one more follows for the day after it."""

_MACROS = """
create macro u(key, salt) as (hash(key, salt) >> 11)::double / 9007199254740992;
create macro z(key, salt) as sqrt(-2 * ln(1 - u(key, salt))) * cos(2 * pi() * u(key, salt + 1000));
create macro seconds(amount) as to_microseconds((amount * 1000000)::bigint);
"""

# A lognormal gap (median 53 days), a stay that lasts to the end for four in ten, and for one in twenty a pause longer than a year.
_PEOPLE = """
create table people as
with drawn as (
    select
        number, 'C' || number as customer_id, timestamp '{first}' + seconds(u(number, 1) * {days} * 86400) as joined,
        53 * exp(0.9 * z(number, 2)) as gap,
        case when u(number, 3) < 0.4 then 1 else u(number, 4) end as stays,
        case when u(number, 5) < 0.05 then 2 + (u(number, 6) * 6)::int end as pause_after
    from range({customers}) as numbers (number)
)
select *, (date_diff('day', joined, timestamp '{end}') * stays)::int as days_here,
    case when u(number, 7) < 0.06 then 0 else least(100, 1 + floor(days_here / gap))::int end as orders_count
from drawn
"""

# Everybody is here from the first day to the last and orders every 36 days: the same daily volume however long the history.
_STEADY_PEOPLE = """
create table people as
select
    number, 'C' || number as customer_id, timestamp '{first}' + seconds(u(number, 1) * 36 * 86400) as joined, 36.0 as gap,
    1.0 as stays, null::int as pause_after, {days} as days_here, (ceil({days} / 36.0))::int as orders_count
from range({customers}) as numbers (number)
"""

# An order's number rises with its day, as shops give them: day, customer and place in twelve hexadecimal digits.
_ORDERS = """
create table taken as
select
    number, place, customer_id, hash(number, place) as draw,
    joined + seconds(86400 * (gap * (place + 0.8 * u(number * 1000 + place, 8)) + if(coalesce(place >= pause_after, false), 400, 0))) as moment,
    format('{{:04x}}{{:06x}}{{:02x}}', epoch(moment)::bigint // 86400, number, place) as order_id
from people, range(orders_count) as places (place)
where moment < timestamp '{end}'
"""

_TABLES: Mapping[str, str] = {
    "orders": """select order_id, customer_id, moment as ordered_at, 'completed' as status,
            ['web', 'app', 'store', 'phone'][1 + (draw % 16 / 5)::int] as channel, 'EUR' as currency,
            round(exp(3.6 + 0.7 * z(draw, 9)), 2) as total_amount, moment from taken""",
    "customers": """select customer_id, ['DE', 'NL', 'FR', 'AT', 'BE'][1 + number % 5] as country, 'Town' as city,
            ['organic', 'search', 'social', 'referral'][1 + number % 4] as acquisition_channel,
            true as consent_email, joined as created_at, joined as moment from people""",
    "order_lines": """select order_id, 1 as line_number, 1 + draw % 3 as quantity, 19.9 as unit_price,
            'P' || (draw % 1000) as product_id, moment from taken""",
    "refunds": """select 'R' || number || '-' || place as refund_id, customer_id, moment + interval 9 day as refunded_at,
            9.9 as amount, order_id, refunded_at as moment from taken where draw % 100 < 3""",
    "payments": """select 'Y' || number || '-' || place as payment_id, if(draw % 97 < 5, 'failed', 'paid') as status,
            moment + interval 2 minute as attempted_at, order_id, customer_id,
            attempted_at as moment from taken""",
    "sessions": """select 'S' || number || '-' || place as session_id, customer_id, moment - seconds(u(draw, 10) * 400000) as started_at,
            'web' as source, draw % 20 as pages_viewed, draw % 4 = 0 as added_to_cart, started_at as moment
            from taken where draw % 2 = 0""",
    "interactions": """select 'I' || number || '-' || place as interaction_id, customer_id,
            moment + seconds(u(draw, 11) * 2000000) as occurred_at, if(draw % 20 = 0, 'call', 'email') as channel,
            case when draw % 20 = 0 then 'call' when draw % 20 < 13 then 'sent' when draw % 20 < 18 then 'open'
                else 'click' end as kind, if(draw % 20 between 1 and 12, 'out', 'in') as direction,
            'K' || (draw % 36) as campaign_id, occurred_at as moment from taken""",
    "tickets": """select 'T' || number || '-' || place as ticket_id, customer_id, moment + interval 3 day as opened_at,
            'delivery' as category, if(answered < {cut}, answered, null) as resolved_at,
            opened_at as moment from (
                select *, moment + interval 3 day + seconds(60000 * exp(1.2 * z(draw, 12))) as answered
                from taken where draw % 101 < 3)""",
    "surveys": """select 'A' || number || '-' || place as response_id, customer_id, moment + interval 5 day as responded_at,
            'nps' as survey, least(10, 4 + draw % 8) as score, responded_at as moment from taken where draw % 103 < 3""",
    "loyalty_events": """select 'L' || number || '-' || place as event_id, customer_id, moment as occurred_at, 'earn' as kind,
            10 + draw % 90 as points, moment from taken where number % 5 = 0""",
    "leads": """select 'D' || number as lead_id, joined as created_at, 'search' as source, 'K' || (number % 36) as campaign_id,
            customer_id, joined as moment from people where number % 2 = 0""",
    "subscriptions": """select 'B' || number || '-' || term as subscription_id, customer_id, joined + term * interval 91 day as started_at,
            'quarterly' as plan, 96.0 as annual_value, started_at + interval 91 day as period_end_at,
            if(period_end_at < timestamp '{end}' - interval 1 day, period_end_at, null) as ended_at,
            if(term > 0, 'B' || number || '-' || (term - 1), null) as renews_subscription_id, started_at as moment
            from people, range(1 + days_here // 91) as terms (term) where number % 20 = 0""",
}

_CATALOGUE = {
    "products": """select 'P' || number as product_id, 'Thing ' || number as name, 'c' || number % 8 as category,
        9.0 as unit_cost from range(1000) as numbers (number)""",
    "campaigns": """select 'K' || number as campaign_id, 'Campaign ' || number as name, 'email' as channel,
        if(number % 3 = 0, 'active', 'passive') as retention_mode, 500.0 as cost from range(36) as numbers (number)""",
}


def deliver(
    folder: Path,
    customers: int,
    threads: int,
    memory_limit: str,
    has_orders_only: bool = False,
    steady_days: int | None = None,
    parts: int = 1,
) -> dict[str, int]:
    """Write the first delivery and that of the day after it; returns the rows by entity, the second under `next_day`.

    With several `parts` the first comes in so many files, one a day up to LAST_DAY, each of other customers. With `steady_days` the shop is so old and its daily volume does not depend on that.
    """
    end = LAST_DAY + timedelta(days=1)
    first = LAST_DAY - timedelta(days=steady_days) if steady_days else FIRST_DAY
    words = {"first": first, "end": end, "days": (end - first).days, "customers": customers}
    words["cut"] = f"timestamp '{LAST_DAY}'"
    rows: dict[str, int] = defaultdict(int)
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder.parent / "made_up_shop.duckdb")) as connection:
        connection.execute(f"set threads = {threads}; set preserve_insertion_order = false")
        connection.execute(f"set memory_limit = '{memory_limit}'; {_MACROS}")
        connection.execute((_STEADY_PEOPLE if steady_days else _PEOPLE).format(**words))
        connection.execute(_ORDERS.format(**words))
        for name in ["orders"] if has_orders_only else _TABLES:
            query = _TABLES[name]
            (folder / name).mkdir()
            for day, where in _split(end, parts):
                written = connection.execute(
                    f"copy (select * exclude (moment) from ({query.format(**words)}) where {where}) "
                    f"to '{folder / name / str(day)}.parquet'"
                ).fetchall()[0][0]
                rows["next_day" if day == end else name] += written
        for name, query in _CATALOGUE.items() if not has_orders_only else ():
            connection.execute(f"copy ({query}) to '{folder / name}.parquet'")
    (folder.parent / "made_up_shop.duckdb").unlink()
    return rows


def _split(end: date, parts: int) -> list[tuple[date, str]]:
    """The deliveries by day, and which rows each holds: what has happened by its day, of the customers whose turn it is."""
    days = [LAST_DAY - timedelta(days=parts - 1 - part) for part in range(parts)]
    mine = [f"hash(customer_id) % {parts} = {part}" if parts > 1 else "true" for part in range(parts)]
    earlier = [f"{whose} and moment < timestamp '{day}'" for day, whose in zip(days[:-1], mine[:-1], strict=True)]
    rest = " and ".join([f"moment < timestamp '{LAST_DAY}'", *(f"not ({where})" for where in earlier)])
    newest = f"moment >= timestamp '{LAST_DAY}' and moment < timestamp '{end}'"
    return [*zip(days[:-1], earlier, strict=True), (LAST_DAY, rest), (end, newest)]
