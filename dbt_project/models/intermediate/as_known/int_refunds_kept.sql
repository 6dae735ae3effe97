with

refunds as (

    select * from {{ ref('int_refunds_as_known') }}
    where as_of_date = {{ as_of_date() }}

),

orders as (

    select * from {{ ref('orders') }}

),

refunds_kept as (

    select
        refunds.refund_id,
        refunds.customer_id,
        refunds.amount,
        refunds.refund_date
    from refunds
    left join orders on refunds.order_id = orders.order_id
    where
        refunds.order_id is null
        or orders.is_completed

)

select * from refunds_kept
