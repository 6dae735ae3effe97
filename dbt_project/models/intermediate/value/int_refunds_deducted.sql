with

refunds as (

    select * from {{ ref('int_refunds_as_known') }}

),

orders as (

    select * from {{ ref('int_orders_as_known') }}
    where is_completed

),

refunds_deducted as (

    select
        refunds.as_of_date,
        refunds.refund_id,
        refunds.customer_id,
        refunds.source_customer_id,
        refunds.amount,
        refunds.refund_date
    from refunds
    left join orders
        on
            refunds.as_of_date = orders.as_of_date
            and refunds.order_id = orders.order_id
    where
        refunds.order_id is null
        or orders.order_id is not null

)

select * from refunds_deducted
