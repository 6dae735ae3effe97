{{ config(materialized='table') }}

with

subscriptions as (

    select * from {{ ref('int_subscription_periods_numbered') }}
    where as_of_date = {{ as_of_date() }}

),

periods as (

    select * from {{ ref('int_subscription_periods_joined') }}
    where as_of_date = {{ as_of_date() }}

),

-- Each end counts from the day after it: a renewal stops there, and is never
-- cut short by an end that still lay ahead.
windows as (

    select
        customer_id,
        subscription_id,
        true as is_renewal,
        period_end_date as end_date,
        greatest(
            {{ add_days('started_date', 1) }},
            {{ add_days('period_end_date', -var('renewal_days')) }}
        ) as window_from,
        {{ add_days('least(
            period_end_date, coalesce(ended_date, period_end_date)
        )', 1) }} as window_to
    from subscriptions
    where period_end_date is not null
    union all
    select
        customer_id,
        last_subscription_id as subscription_id,
        false as is_renewal,
        ended_date as end_date,
        {{ add_days('ended_date', var('restart_days') + 1) }} as window_from,
        coalesce(
            {{ add_days('next_started_date', 1) }},
            cast('9999-12-31' as date)
        ) as window_to
    from periods
    where is_churned

),

windows_begun as (

    select * from windows
    where
        window_from < window_to
        and window_from <= {{ as_of_date() }}

),

edges as (

    select
        customer_id,
        window_from as valid_from
    from windows_begun
    union
    select
        customer_id,
        window_to as valid_from
    from windows_begun

),

stretches as (

    select
        customer_id,
        valid_from,
        lead(valid_from) over (
            partition by customer_id
            order by valid_from
        ) as valid_to
    from edges

),

-- With two in renewal, the one that ends first is the one to renew.
ranged as (

    select
        stretches.customer_id,
        stretches.valid_from,
        stretches.valid_to,
        windows_begun.subscription_id,
        windows_begun.is_renewal,
        case when not windows_begun.is_renewal then windows_begun.end_date end
            as lost_since_date
    from stretches
    inner join windows_begun
        on
            stretches.customer_id = windows_begun.customer_id
            and stretches.valid_from >= windows_begun.window_from
            and stretches.valid_from < windows_begun.window_to
    qualify row_number() over (
        partition by stretches.customer_id, stretches.valid_from
        order by windows_begun.end_date, windows_begun.subscription_id
    ) = 1

)

select * from ranged
