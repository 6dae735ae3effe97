{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('orders') }}

),

refunds as (

    select * from {{ ref('int_refunds_kept') }}

),

costs as (

    select * from {{ ref('int_value_costs_summed') }}

),

orders_summed as (

    select
        customer_id,
        sum(total_amount) as revenue
    from orders
    where
        is_completed
        and total_amount is not null
    group by customer_id

),

refunds_summed as (

    select
        customer_id,
        sum(amount) as refunded_amount
    from refunds
    group by customer_id

),

valued as (

    select
        orders_summed.customer_id,
        cast(
            orders_summed.revenue - coalesce(refunds_summed.refunded_amount, 0)
            as decimal(38, 4)
        ) as historic_value,
        costs.lines_cost
    from orders_summed
    left join refunds_summed
        on orders_summed.customer_id = refunds_summed.customer_id
    left join costs on orders_summed.customer_id = costs.customer_id

),

ranked as (

    select
        *,
        row_number() over (order by historic_value desc, customer_id asc) - 1
            as better_count,
        count(*) over () as customers_count
    from valued

),

tiered as (

    select
        customer_id,
        historic_value,
        cast(historic_value - lines_cost as decimal(38, 4)) as historic_margin,
        {{ ratio('better_count', 'customers_count') }} as value_rank_share,
        case
            when better_count * 100 < customers_count * {{ top_value_pct() }}
                then 'top'
            when
                better_count * 100
                < customers_count
                * {{ top_value_pct() + middle_value_pct() }}
                then 'middle'
            else 'base'
        end as value_tier
    from ranked

)

select * from tiered
