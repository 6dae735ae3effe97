{{ config(materialized='table') }}

with

subscriptions as (

    select * from {{ ref('int_subscription_periods_numbered') }}

),

-- The last is the one that ends the period, or would: of those that run, the
-- one that began last.
ranked as (

    select
        *,
        row_number() over (
            partition by as_of_date, customer_id, period_number
            order by
                is_running desc,
                ended_date desc nulls last,
                started_at desc,
                subscription_id desc
        ) as end_rank
    from subscriptions

),

periods as (

    select
        as_of_date,
        customer_id,
        period_number,
        count(*) as subscriptions_count,
        max(case when end_rank = 1 then subscription_id end)
            as last_subscription_id,
        max(case when end_rank = 1 then annual_value end) as annual_value,
        min(started_date) as started_date,
        max(case when end_rank = 1 then ended_date end) as ended_date
    from ranked
    group by as_of_date, customer_id, period_number

),

judged as (

    select
        *,
        case
            when ended_date is null then false
            when
                {{ add_days('ended_date', var('restart_days')) }}
                < as_of_date
                then true
        end as is_churned,
        lead(started_date) over (
            partition by as_of_date, customer_id
            order by period_number
        ) as next_started_date
    from periods

)

select * from judged
