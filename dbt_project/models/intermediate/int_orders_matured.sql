with

days as (

    select
        as_of_date,
        {{ add_days('as_of_date', var('horizon_days')) }} as horizon_end_date,
        {{ add_days(
            'as_of_date', var('horizon_days') + var('late_days')
        ) }} as matured_date
    from {{ ref('as_of_dates') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

matured as (

    select
        days.as_of_date,
        days.matured_date,
        orders.order_id,
        orders.customer_id,
        orders.order_date,
        coalesce(orders.cancelled_date >= days.matured_date, true)
            as is_completed
    from days
    inner join orders
        on
            orders.order_date >= days.as_of_date
            and orders.order_date < days.horizon_end_date
            and orders.known_from <= days.matured_date
            and orders.known_to > days.matured_date
    where days.matured_date <= cast('{{ var("as_of_date") }}' as date)

)

select * from matured
