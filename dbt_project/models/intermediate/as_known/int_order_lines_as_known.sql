with

orders as (

    select * from {{ ref('int_orders_as_known') }}

),

order_lines as (

    select * from {{ ref('stg_order_lines') }}

),

lines_known as (

    select
        orders.as_of_date,
        order_lines.order_id,
        order_lines.line_number,
        orders.customer_id,
        order_lines.product_id,
        order_lines.quantity,
        {{ converted('order_lines.unit_price', 'orders.fx_rate') }}
            as unit_price,
        {{ converted('order_lines.discount_amount', 'orders.fx_rate') }}
            as discount_amount,
        orders.is_completed,
        orders.order_date
    from orders
    inner join order_lines
        on
            orders.order_id = order_lines.order_id
            and orders.source_system = order_lines.source_system
            and {{ known_on_day('order_lines', 'orders') }}

)

select * from lines_known
