with

horizons as (

    select * from {{ ref('int_horizons_matured') }}

),

records as (

    select * from {{ ref('stg_customers') }}

),

links as (

    select * from {{ ref('int_customer_links_found') }}

),

customers as (

    select * from {{ ref('int_customers_qualified') }}
    where is_eligible

),

orders as (

    select * from {{ ref('int_orders_matured') }}

),

deletions as (

    {{ deleted_within_horizons('horizons', 'records', 'links') }}

),

orders_rolled as (

    select
        as_of_date,
        customer_id,
        max(order_date) as last_order_date
    from orders
    where is_completed
    group by as_of_date, customer_id

),

unfollowed as (

    select
        deletions.as_of_date,
        deletions.customer_id,
        min(deletions.deleted_date) as deleted_date
    from deletions
    inner join customers
        on
            deletions.as_of_date = customers.as_of_date
            and deletions.customer_id = customers.customer_id
            and deletions.deleted_date >= customers.last_order_date
    left join orders_rolled
        on
            deletions.as_of_date = orders_rolled.as_of_date
            and deletions.customer_id = orders_rolled.customer_id
    where
        coalesce(
            deletions.deleted_date >= orders_rolled.last_order_date, true
        )
    group by deletions.as_of_date, deletions.customer_id

)

select * from unfollowed
