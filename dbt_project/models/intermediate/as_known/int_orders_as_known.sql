with

days as (

    select * from {{ ref('as_of_dates') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

rates as (

    select * from {{ ref('int_fx_rates_ranged') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

orders_known as (

    select
        orders.*,
        days.as_of_date,
        case
            when orders.cancelled_date < days.as_of_date
                then orders.cancelled_date
        end as cancelled_date_known,
        {{ timed_on_day('cancelled_at', 'cancelled_date', 'orders') }}
            as cancelled_at_known
    from days
    inner join orders
        on
            days.as_of_date > orders.order_date
            and {{ known_on_day('orders') }}

),

converted as (

    select
        orders_known.as_of_date,
        orders_known.order_id,
        orders_known.source_system,
        orders_known.customer_id as source_customer_id,
        {{ person('orders_known', 'links') }} as customer_id,
        orders_known.channel,
        orders_known.coupon,
        orders_known.currency,
        coalesce(rates.rate, 1) as fx_rate,
        {{ converted('orders_known.total_amount', 'rates.rate') }}
            as total_amount,
        {{ converted('orders_known.discount_amount', 'rates.rate') }}
            as discount_amount,
        {{ converted('orders_known.shipping_amount', 'rates.rate') }}
            as shipping_amount,
        {{ converted('orders_known.tax_amount', 'rates.rate') }}
            as tax_amount,
        orders_known.cancelled_date_known is null as is_completed,
        orders_known.order_date,
        orders_known.cancelled_date_known as cancelled_date,
        orders_known.known_from,
        orders_known.ordered_at,
        orders_known.cancelled_at_known as cancelled_at
    from orders_known
    left join rates
        on
            orders_known.currency = rates.currency
            and orders_known.order_date >= rates.valid_from
            and orders_known.order_date < rates.valid_to
    left join links on {{ is_linked('orders_known', 'links') }}

)

select * from converted
