{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('int_orders_as_known') }}
    where is_completed and customer_id is not null

),

-- Orders of one day lie no days apart: that is no gap.
gaps_taken as (

    select
        as_of_date,
        customer_id,
        order_date,
        nullif(
            {{ days_between(
                'lag(order_date) over (
                    partition by as_of_date, customer_id order by order_date
                )',
                'order_date'
            ) }},
            0
        ) as gap_days
    from orders

),

gaps_placed as (

    select
        *,
        case when order_date < {{ month_began() }} then gap_days end
            as month_gap_days
    from gaps_taken

),

measured as (

    select
        as_of_date,
        customer_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(gap_days) + 1 as order_days_count,
        max(gap_days) as longest_gap_days,
        count(*) filter (where gap_days > {{ var('eligible_days') }})
            as reactivations_count,
        max(
            case
                when gap_days > {{ var('eligible_days') }} then order_date
            end
        ) as reactivated_date,
        {{ own_gap('median(gap_days)', 'count(gap_days) + 1') }}
            as own_gap_days,
        {{ own_gap('median(month_gap_days)', 'count(month_gap_days) + 1') }}
            as month_own_gap_days
    from gaps_placed
    group by as_of_date, customer_id

)

select * from measured
