with

days as (

    select * from {{ ref('as_of_dates') }}

),

payments as (

    select * from {{ ref('stg_payments') }}

),

orders as (

    select * from {{ ref('int_orders_as_known') }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions_as_known') }}

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

currencies as (

    select
        as_of_date,
        count(distinct currency) as currencies_count
    from orders
    group by as_of_date

),

owners_found as (

    select
        payments_known.as_of_date,
        payments_known.payment_id,
        payments_known.source_system,
        coalesce(
            payments_known.customer_id,
            orders.source_customer_id,
            subscriptions.source_customer_id
        ) as source_customer_id,
        coalesce(
            {{ person('payments_known') }},
            orders.customer_id,
            subscriptions.customer_id
        ) as customer_id,
        payments_known.order_id,
        payments_known.subscription_id,
        payments_known.status,
        case
            when
                orders.order_id is not null
                or payments_known.subscription_id is not null
                or coalesce(currencies.currencies_count <= 1, true)
                then {{ converted('payments_known.amount', 'orders.fx_rate') }}
        end as amount,
        payments_known.attempted_date,
        payments_known.known_from,
        payments_known.attempted_at
    from payments_known
    left join currencies
        on payments_known.as_of_date = currencies.as_of_date
    left join orders
        on
            payments_known.order_id = orders.order_id
            and payments_known.as_of_date = orders.as_of_date
    left join subscriptions
        on
            payments_known.subscription_id = subscriptions.subscription_id
            and payments_known.as_of_date = subscriptions.as_of_date
    left join links on {{ is_linked('payments_known') }}

)

select * from owners_found
