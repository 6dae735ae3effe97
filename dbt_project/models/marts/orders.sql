with

orders as (

    select * from {{ ref('int_orders_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

order_lines as (

    select * from {{ ref('int_order_lines_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

refunds as (

    select * from {{ ref('int_refunds_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

lines_rolled as (

    select
        order_id,
        count(*) as lines_count,
        sum(quantity) as units_count
    from order_lines
    group by order_id

),

refunds_rolled as (

    select
        order_id,
        sum(amount) as refunded_amount
    from refunds
    where order_id is not null
    group by order_id

),

completed_numbered as (

    select
        order_id,
        row_number() over life as order_number,
        {{ days_between('lag(order_date) over life', 'order_date') }}
            as days_since_previous_order
    from orders
    where is_completed
    window life as (partition by customer_id order by ordered_at, order_id)

),

joined as (

    select
        orders.order_id,
        orders.customer_id,
        orders.as_of_date,
        orders.channel,
        orders.coupon,
        orders.currency,
        orders.total_amount,
        orders.discount_amount,
        orders.shipping_amount,
        orders.tax_amount,
        cast(refunds_rolled.refunded_amount as decimal(38, 4))
            as refunded_amount,
        cast(lines_rolled.lines_count as bigint) as lines_count,
        cast(lines_rolled.units_count as decimal(38, 4)) as units_count,
        cast(completed_numbered.order_number as bigint) as order_number,
        cast(completed_numbered.days_since_previous_order as bigint)
            as days_since_previous_order,
        orders.is_completed,
        orders.order_date,
        orders.cancelled_date,
        orders.ordered_at
    from orders
    left join lines_rolled on orders.order_id = lines_rolled.order_id
    left join refunds_rolled on orders.order_id = refunds_rolled.order_id
    left join completed_numbered
        on orders.order_id = completed_numbered.order_id

)

select * from joined
