with

orders as (

    select * from {{ ref('int_orders_as_known') }}
    where is_completed

),

refunds as (

    select * from {{ ref('int_refunds_deducted') }}

),

summed as (

    {{ summed_histories('orders', 'refunds', 'source_customer_id') }}

)

select * from summed
