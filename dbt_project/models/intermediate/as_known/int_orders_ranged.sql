with

orders as (

    select * from {{ ref('stg_orders') }}

),

ranged as (

    select
        order_id,
        customer_id,
        order_date,
        known_from,
        known_to,
        greatest(known_from, {{ add_days('order_date', 1) }}) as counts_from,
        least(
            known_to,
            coalesce(
                {{ add_days('cancelled_date', 1) }},
                cast('9999-12-31' as date)
            )
        ) as counts_to
    from orders

)

select * from ranged
