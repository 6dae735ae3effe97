with

orders as (

    select * from {{ ref('int_orders_as_known') }}
    where
        order_date < {{ month_began() }}
        and coalesce(cancelled_date >= {{ month_began() }}, true)
        and customer_id is not null

),

customers_changed as (

    select distinct
        as_of_date,
        customer_id
    from orders
    where cancelled_date is not null

),

order_days as (

    select distinct
        orders.as_of_date,
        orders.customer_id,
        orders.order_date
    from orders
    inner join customers_changed
        on
            orders.as_of_date = customers_changed.as_of_date
            and orders.customer_id = customers_changed.customer_id

),

gaps_taken as (

    select
        as_of_date,
        customer_id,
        {{ days_between(
            'lag(order_date) over (
                partition by as_of_date, customer_id order by order_date
            )',
            'order_date'
        ) }} as gap_days
    from order_days

),

measured as (

    select
        as_of_date,
        customer_id,
        {{ own_gap('median(gap_days)', 'count(*)') }} as month_own_gap_days
    from gaps_taken
    group by as_of_date, customer_id

)

select * from measured
