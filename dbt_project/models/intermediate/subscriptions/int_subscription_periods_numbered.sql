{{ config(materialized='table') }}

with

subscriptions as (

    select * from {{ ref('int_subscriptions_as_known') }}

),

earlier_ends_seen as (

    select
        *,
        {{ earlier_ended_date() }} as earlier_ended_date
    from subscriptions

),

starts_found as (

    select
        *,
        {{ is_period_start() }} as is_period_start
    from earlier_ends_seen

),

numbered as (

    select
        as_of_date,
        subscription_id,
        customer_id,
        plan,
        annual_value,
        renews_subscription_id,
        cancel_reason,
        is_active as is_running,
        started_date,
        period_end_date,
        ended_date,
        cancelled_date,
        earlier_ended_date,
        started_at,
        {{ period_number() }} as period_number
    from starts_found

)

select * from numbered
