with

customers as (

    select * from {{ ref('int_customers_recent') }}

),

cart_sessions as (

    select * from {{ ref('int_sessions_as_known') }}
    where
        has_added_to_cart
        and {{ is_read_within('started_date', 90) }}

),

left_standing as (

    select
        cart_sessions.as_of_date,
        cart_sessions.customer_id,
        count(*) as carts_since_last_order_count_90d
    from cart_sessions
    inner join customers
        on
            cart_sessions.as_of_date = customers.as_of_date
            and cart_sessions.customer_id = customers.customer_id
    where
        customers.last_order_date is null
        or cart_sessions.started_date > customers.last_order_date
    group by cart_sessions.as_of_date, cart_sessions.customer_id

)

select * from left_standing
