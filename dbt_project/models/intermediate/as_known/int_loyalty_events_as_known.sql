with

days as (

    select * from {{ ref('as_of_dates') }}

),

loyalty_events as (

    select * from {{ ref('stg_loyalty_events') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

loyalty_events_known as (

    select
        days.as_of_date,
        loyalty_events.event_id,
        loyalty_events.customer_id,
        loyalty_events.source_system,
        loyalty_events.kind,
        loyalty_events.points,
        loyalty_events.occurred_date,
        loyalty_events.known_from,
        loyalty_events.occurred_at
    from days
    inner join loyalty_events
        on
            days.as_of_date > loyalty_events.occurred_date
            and {{ known_on_day('loyalty_events') }}

),

identified as (

    select
        loyalty_events_known.as_of_date,
        loyalty_events_known.event_id,
        loyalty_events_known.source_system,
        loyalty_events_known.customer_id as source_customer_id,
        {{ person('loyalty_events_known', 'links') }} as customer_id,
        loyalty_events_known.kind,
        loyalty_events_known.points,
        loyalty_events_known.occurred_date,
        loyalty_events_known.known_from,
        loyalty_events_known.occurred_at
    from loyalty_events_known
    left join links on {{ is_linked('loyalty_events_known', 'links') }}

)

select * from identified
