with

days as (

    select * from {{ ref('as_of_dates') }}

),

refunds as (

    select * from {{ ref('stg_refunds') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

currencies as (

    select * from {{ ref('int_order_currencies_counted') }}

),

rates as (

    select * from {{ ref('int_fx_rates_ranged') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

refunds_known as (

    select
        refunds.*,
        days.as_of_date
    from days
    inner join refunds
        on
            days.as_of_date > refunds.refund_date
            and {{ known_on_day('refunds') }}

),

-- The order as it was known too, and of it only what these refunds need: what
-- is asked of few days does not read all orders.
orders_found as (

    select
        refunds_known.*,
        orders.currency,
        orders.order_date,
        orders.order_id is not null as is_currency_known
    from refunds_known
    left join orders
        on
            refunds_known.order_id = orders.order_id
            and refunds_known.as_of_date > orders.order_date
            and {{ known_on_day('orders', 'refunds_known') }}

),

converted as (

    select
        orders_found.as_of_date,
        orders_found.refund_id,
        orders_found.source_system,
        orders_found.customer_id as source_customer_id,
        {{ person('orders_found', 'links') }} as customer_id,
        orders_found.order_id,
        orders_found.reason,
        {{ converted_where_clear('orders_found', 'rates', 'currencies') }}
            as amount,
        orders_found.refund_date,
        orders_found.known_from,
        orders_found.refunded_at
    from orders_found
    left join currencies
        on orders_found.as_of_date = currencies.as_of_date
    left join rates
        on {{ has_rate('orders_found', 'refund_date', 'rates', 'currencies') }}
    left join links on {{ is_linked('orders_found', 'links') }}

)

select * from converted
