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
            days.as_of_date <= orders.order_date
            and days.horizon_end_date > orders.order_date
            and days.matured_date >= orders.known_from
            and days.matured_date < orders.known_to
    where days.matured_date <= cast('{{ var("as_of_date") }}' as date)

)

select * from matured
