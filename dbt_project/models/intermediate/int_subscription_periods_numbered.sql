{{ config(materialized='table') }}

with

subscriptions as (

    select * from {{ ref('int_subscriptions_as_known') }}

),

earlier_ends_seen as (

    -- While one of the earlier subscriptions is running, none of them has
    -- ended.
    select
        *,
        max(coalesce(ended_date, cast('9999-12-31' as date))) over (
            partition by as_of_date, customer_id
            order by started_at, subscription_id
            rows between unbounded preceding and 1 preceding
        ) as earlier_ended_date
    from subscriptions

),

starts_found as (

    select
        *,
        case
            when
                {{ add_days('started_date', -var('restart_days')) }}
                <= earlier_ended_date
                then 0
            else 1
        end as is_period_start
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
        sum(is_period_start) over (
            partition by as_of_date, customer_id
            order by started_at, subscription_id
            rows between unbounded preceding and current row
        ) as period_number
    from starts_found

)

select * from numbered
