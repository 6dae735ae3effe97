with

orders as (

    select * from {{ ref('orders') }}

),

sessions as (

    select * from {{ ref('int_sessions_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

interactions as (

    select * from {{ ref('int_interactions_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

surveys as (

    select * from {{ ref('int_surveys_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

loyalty_events as (

    select * from {{ ref('int_loyalty_events_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

unioned as (

    select
        customer_id,
        'orders' as measure,
        order_date as event_date
    from orders
    where is_completed
    union all
    select
        customer_id,
        'sessions' as measure,
        started_date as event_date
    from sessions
    union all
    select
        customer_id,
        'responses' as measure,
        occurred_date as event_date
    from interactions
    where {{ is_response('kind') }}
    union all
    select
        customer_id,
        'replies' as measure,
        occurred_date as event_date
    from interactions
    where {{ is_reply('kind', 'direction') }}
    union all
    select
        customer_id,
        'replies' as measure,
        responded_date as event_date
    from surveys
    union all
    select
        customer_id,
        'loyalty' as measure,
        occurred_date as event_date
    from loyalty_events
    where kind in ('earn', 'redeem')

),

somebodys as (

    select * from unioned
    where customer_id is not null

)

select * from somebodys
