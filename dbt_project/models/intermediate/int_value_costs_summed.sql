with

orders as (

    select * from {{ ref('int_orders_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

order_lines as (

    select * from {{ ref('int_order_lines_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

products as (

    select * from {{ ref('int_products_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

costs_summed as (

    select
        orders.customer_id,
        cast(sum(order_lines.quantity * products.unit_cost) as decimal(38, 4))
            as lines_cost
    from order_lines
    inner join orders on order_lines.order_id = orders.order_id
    inner join products
        on
            order_lines.product_id = products.product_id
            and orders.source_system = products.source_system
    where
        orders.is_completed
        and products.unit_cost is not null
    group by orders.customer_id

)

select * from costs_summed
