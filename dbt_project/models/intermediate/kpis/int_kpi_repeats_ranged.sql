with

orders as (

    select * from {{ ref('orders') }}
    where is_completed

),

neighbours_seen as (

    select
        customer_id,
        order_date,
        lag(order_date) over life as previous_order_date,
        lead(order_date) over life as next_order_date
    from orders
    window life as (partition by customer_id order by ordered_at, order_id)

),

repeats_ranged as (

    select
        customer_id,
        {{ add_days('order_date', 1) }} as repeat_from,
        least(
            {{ add_days('previous_order_date', var('eligible_days') + 1) }},
            coalesce(
                {{ add_days('next_order_date', 1) }},
                cast('9999-12-31' as date)
            )
        ) as repeat_to
    from neighbours_seen
    where
        previous_order_date is not null
        and {{ add_days('previous_order_date', var('eligible_days')) }}
        > order_date

)

select * from repeats_ranged
