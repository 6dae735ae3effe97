{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('orders') }}

),

customers as (

    select * from {{ ref('int_rfm_customers_numbered') }}

),

completed_orders as (

    select
        customers.customer_number,
        orders.order_date,
        orders.total_amount
    from orders
    inner join customers on orders.customer_id = customers.customer_id
    where orders.is_completed

),

-- An order counts from the day after it, for eligible_days.
orders_entered_and_left as (

    select
        customer_number,
        {{ add_days('order_date', 1) }} as point_date,
        order_date,
        1 as orders_change,
        case when total_amount is not null then 1 else 0 end as amounts_change,
        coalesce(total_amount, 0) as spend_change
    from completed_orders
    union all
    select
        customer_number,
        {{ add_days('order_date', var('eligible_days') + 1) }} as point_date,
        null as order_date,
        -1 as orders_change,
        case when total_amount is not null then -1 else 0 end as amounts_change,
        -coalesce(total_amount, 0) as spend_change
    from completed_orders
    where
        {{ add_days('order_date', var('eligible_days') + 1) }}
        <= {{ as_of_date() }}

),

running as (

    select
        customer_number,
        point_date as valid_from,
        lead(point_date) over (
            partition by customer_number
            order by point_date
        ) as valid_to,
        sum(orders_change) over so_far as orders_count,
        sum(amounts_change) over so_far as amounts_count,
        sum(spend_change) over so_far as spend,
        max(order_date) over so_far as last_order_date
    from orders_entered_and_left
    window
        so_far as (
            partition by customer_number
            order by point_date
            range between unbounded preceding and current row
        )

),

-- The range holds all changes of a day: any of its rows will do.
measured as (

    select
        customer_number,
        valid_from,
        valid_to,
        last_order_date,
        cast(orders_count as bigint) as orders_count,
        case when amounts_count > 0 then cast(spend as decimal(18, 4)) end
            as spend
    from running
    where
        orders_count > 0
        and coalesce(valid_to > valid_from, true)

)

select * from measured
