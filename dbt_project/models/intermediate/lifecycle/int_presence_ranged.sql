{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('orders') }}
    where is_completed

),

order_days as (

    select distinct
        customer_id,
        order_date
    from orders

),

silences_taken as (

    select
        customer_id,
        order_date,
        {{ days_between('lag(order_date) over life', 'order_date') }}
            as silence_days,
        lead(order_date) over life as next_order_date
    from order_days
    window life as (partition by customer_id order by order_date)

),

ends_found as (

    select
        *,
        coalesce(silence_days > {{ var('eligible_days') }}, true) as is_start,
        coalesce(
            {{ days_between('order_date', 'next_order_date') }}
            > {{ var('eligible_days') }},
            true
        ) as is_end
    from silences_taken

),

presences_numbered as (

    select
        *,
        sum(case when is_start then 1 else 0 end) over (
            partition by customer_id
            order by order_date
            rows between unbounded preceding and current row
        ) as presence_number
    from ends_found
    where is_start or is_end

),

presences as (

    select
        customer_id,
        presence_number,
        {{ add_days('min(order_date)', 1) }} as present_from,
        {{ add_days('max(order_date)', var('eligible_days') + 1) }}
            as silent_from
    from presences_numbered
    group by customer_id, presence_number

),

ranged as (

    select
        customer_id,
        present_from,
        case
            when silent_from <= {{ as_of_date() }} then silent_from
        end as present_to,
        presence_number = 1 as is_first,
        lead(present_from) over (
            partition by customer_id
            order by present_from
        ) as next_present_from
    from presences

)

select * from ranged
