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
        {% for entity in [
            'refunds', 'payments', 'subscriptions', 'interactions', 'tickets',
            'surveys', 'sessions', 'loyalty_events'
        ] -%}
            coalesce(
                bool_or(
                    first_days.entity = '{{ entity }}'
                    and first_days.first_known_date <= days.as_of_date
                ),
                false
            ) as has_{{ entity }},
        {% endfor -%}
        days.as_of_date
    from days
    cross join first_days
    group by days.as_of_date

)

select * from present
