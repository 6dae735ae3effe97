{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('orders') }}
    where is_completed

),

-- Refunds that name no order tell nothing of which order was refunded.
refunds_known as (

    select count(refunded_amount) > 0 as do_name_orders from orders

),

kinds as (

    {{ kpi_periods() }}

),

channel_periods as (

    select
        orders.customer_id,
        kinds.period,
        {{ period_start('kinds.period', 'orders.order_date') }}
            as period_start_date,
        coalesce(orders.channel, 'unknown') as order_channel,
        count(*) as orders_count,
        count(orders.total_amount) as amounts_count,
        cast(sum(orders.total_amount) as decimal(18, 4)) as revenue,
        sum(
            case
                when not refunds_known.do_name_orders then null
                when orders.refunded_amount is null then 0
                else 1
            end
        ) as refunded_count,
        count(*) filter (where orders.order_number = 1) as new_count
    from orders
    cross join refunds_known
    cross join kinds
    group by
        orders.customer_id,
        kinds.period,
        {{ period_start('kinds.period', 'orders.order_date') }},
        coalesce(orders.channel, 'unknown')

)

select * from channel_periods
