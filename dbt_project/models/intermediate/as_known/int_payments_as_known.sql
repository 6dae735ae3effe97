with

days as (

    select * from {{ ref('as_of_dates') }}

),

payments as (

    select * from {{ ref('stg_payments') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

subscriptions as (

    select * from {{ ref('stg_subscriptions') }}

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

payments_known as (

    select
        payments.*,
        days.as_of_date
    from days
    inner join payments
        on
            days.as_of_date > payments.attempted_date
            and {{ known_on_day('payments') }}

),

-- The order and the subscription as they were known too, and of them only what
-- these payments need: what is asked of few days does not read all orders.
owned as (

    select
        payments_known.as_of_date,
        payments_known.payment_id,
        payments_known.source_system,
        payments_known.order_id,
        payments_known.subscription_id,
        payments_known.status,
        payments_known.amount,
        orders.currency,
        orders.order_date,
        payments_known.attempted_date,
        payments_known.known_from,
        payments_known.attempted_at,
        coalesce(
            payments_known.customer_id,
            orders.customer_id,
            subscriptions.customer_id
        ) as customer_id,
        orders.order_id is not null
        or payments_known.subscription_id is not null as is_currency_known
    from payments_known
    left join orders
        on
            payments_known.order_id = orders.order_id
            and payments_known.as_of_date > orders.order_date
            and {{ known_on_day('orders', 'payments_known') }}
    left join subscriptions
        on
            payments_known.subscription_id = subscriptions.subscription_id
            and payments_known.as_of_date > subscriptions.started_date
            and {{ known_on_day('subscriptions', 'payments_known') }}

),

converted as (

    select
        owned.as_of_date,
        owned.payment_id,
        owned.source_system,
        owned.customer_id as source_customer_id,
        {{ person('owned', 'links') }} as customer_id,
        owned.order_id,
        owned.subscription_id,
        owned.status,
        {{ converted_where_clear('owned', 'rates', 'currencies') }} as amount,
        owned.attempted_date,
        owned.known_from,
        owned.attempted_at
    from owned
    left join currencies
        on owned.as_of_date = currencies.as_of_date
    left join rates
        on {{ has_rate('owned', 'attempted_date', 'rates', 'currencies') }}
    left join links on {{ is_linked('owned', 'links') }}

)

select * from converted
