with

candidates as (

    select * from {{ ref('int_customer_candidates_found') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

candidates_named as (

    select
        as_of_date,
        source_customer_id,
        customer_id
    from candidates
    union
    select
        as_of_date,
        customer_id as source_customer_id,
        customer_id
    from candidates

),

unioned as (

    select
        as_of_date,
        customer_id,
        source_system,
        0 as is_used
    from candidates
    union all
    select
        named.as_of_date,
        named.customer_id,
        orders.source_system,
        1 as is_used
    from candidates_named as named
    inner join orders
        on
            named.source_customer_id = orders.customer_id
            and named.as_of_date > orders.order_date
            and {{ known_on_day('orders', 'named') }}

),

keys as (

    select
        as_of_date,
        customer_id,
        source_system,
        max(is_used) = 1 as has_orders
    from unioned
    group by as_of_date, customer_id, source_system

)

select * from keys
