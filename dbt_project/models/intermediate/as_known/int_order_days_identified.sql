with

days as (

    select * from {{ ref('as_of_dates') }}

),

orders as (

    select * from {{ ref('int_orders_ranged') }}
    where counts_from < counts_to

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

orders_known as (

    select
        days.as_of_date,
        orders.customer_id,
        orders.order_date,
        orders.counts_from,
        orders.counts_to
    from days
    inner join orders
        on
            days.as_of_date > orders.order_date
            and days.as_of_date >= orders.known_from

),

identified as (

    select distinct
        orders_known.as_of_date,
        {{ person('orders_known', 'links') }} as customer_id,
        orders_known.order_date,
        orders_known.counts_from,
        orders_known.counts_to
    from orders_known
    left join links on {{ is_linked('orders_known', 'links') }}

)

select * from identified
