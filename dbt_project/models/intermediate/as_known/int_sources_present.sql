{{ config(materialized='table') }}

with

days as (

    select * from {{ ref('as_of_dates') }}

),

refunds as (

    select * from {{ ref('stg_refunds') }}

),

payments as (

    select * from {{ ref('stg_payments') }}

),

subscriptions as (

    select * from {{ ref('stg_subscriptions') }}

),

interactions as (

    select * from {{ ref('stg_interactions') }}

),

tickets as (

    select * from {{ ref('stg_tickets') }}

),

surveys as (

    select * from {{ ref('stg_surveys') }}

),

sessions as (

    select * from {{ ref('stg_sessions') }}

),

loyalty_events as (

    select * from {{ ref('stg_loyalty_events') }}

),

-- A source tells of something from the day after the first thing it told of,
-- or from the day that became known.
first_days as (

    {{ first_known('refunds', 'refund_date') }}
    union all
    {{ first_known('payments', 'attempted_date') }}
    union all
    {{ first_known('subscriptions', 'started_date') }}
    union all
    {{ first_known('interactions', 'occurred_date') }}
    union all
    {{ first_known('tickets', 'opened_date') }}
    union all
    {{ first_known('surveys', 'responded_date') }}
    union all
    {{ first_known('sessions', 'started_date') }}
    union all
    {{ first_known('loyalty_events', 'occurred_date') }}

),

present as (

    select
        days.as_of_date,
        coalesce(
            bool_or(
                first_days.entity = 'refunds'
                and first_days.first_known_date <= days.as_of_date
            ),
            false
        ) as has_refunds,
        coalesce(
            bool_or(
                first_days.entity = 'payments'
                and first_days.first_known_date <= days.as_of_date
            ),
            false
        ) as has_payments,
        coalesce(
            bool_or(
                first_days.entity = 'subscriptions'
                and first_days.first_known_date <= days.as_of_date
            ),
            false
        ) as has_subscriptions,
        coalesce(
            bool_or(
                first_days.entity = 'interactions'
                and first_days.first_known_date <= days.as_of_date
            ),
            false
        ) as has_interactions,
        coalesce(
            bool_or(
                first_days.entity = 'tickets'
                and first_days.first_known_date <= days.as_of_date
            ),
            false
        ) as has_tickets,
        coalesce(
            bool_or(
                first_days.entity = 'surveys'
                and first_days.first_known_date <= days.as_of_date
            ),
            false
        ) as has_surveys,
        coalesce(
            bool_or(
                first_days.entity = 'sessions'
                and first_days.first_known_date <= days.as_of_date
            ),
            false
        ) as has_sessions,
        coalesce(
            bool_or(
                first_days.entity = 'loyalty_events'
                and first_days.first_known_date <= days.as_of_date
            ),
            false
        ) as has_loyalty_events
    from days
    cross join first_days
    group by days.as_of_date

)

select * from present
