with

horizons as (

    select * from {{ ref('int_horizons_matured') }}

),

orders as (

    select * from {{ ref('int_orders_ranged') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

matured as (

    select
        horizons.as_of_date,
        horizons.matured_date,
        orders.order_id,
        orders.customer_id,
        orders.order_date,
        horizons.matured_date < orders.counts_to as is_completed
    from horizons
    inner join orders
        on
            horizons.as_of_date <= orders.order_date
            and horizons.horizon_end_date > orders.order_date
            and horizons.matured_date >= orders.known_from
            and horizons.matured_date < orders.known_to

),

identified as (

    select
        matured.as_of_date,
        matured.matured_date,
        matured.order_id,
        {{ person('matured', 'links') }} as customer_id,
        matured.order_date,
        matured.is_completed
    from matured
    left join links on {{ is_linked('matured', 'links') }}

)

select * from identified
