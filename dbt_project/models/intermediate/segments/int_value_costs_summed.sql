{{ config(materialized='table') }}

with

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
        order_lines.customer_id,
        cast(
            sum({{ times('products.unit_cost', 'order_lines.quantity') }})
            as decimal(38, 4)
        ) as lines_cost
    from order_lines
    inner join products on order_lines.product_id = products.product_id
    where
        order_lines.is_completed
        and products.unit_cost is not null
    group by order_lines.customer_id

)

select * from costs_summed
