with

orders as (

    select * from {{ ref('int_orders_as_known') }}
    where {{ is_read_within('order_date', longest_feature_window()) }}

),

completed as (

    select
        *,
        coalesce(discount_amount > 0, false)
        or coupon is not null as is_discounted,
        {{ days_between('order_date', 'as_of_date') }}
            as age_days
    from orders
    where is_completed

),

cancelled as (

    select
        as_of_date,
        customer_id,
        count(*) as cancelled_orders_count_365d
    from orders
    where not is_completed
    group by as_of_date, customer_id

),

windowed as (

    select
        as_of_date,
        customer_id,
        {%- for days in feature_windows() %}
            count(*) filter (where age_days <= {{ days }})
                as orders_count_{{ days }}d,
            sum(total_amount) filter (where age_days <= {{ days }})
                as amount_{{ days }}d,
        {%- endfor %}
        count(*) filter (
            where
            age_days
            > {{ longest_feature_window() - var('horizon_days') }}
        ) as orders_count_year_ago,
        count(distinct order_date) as order_days_count_365d,
        count(distinct date_trunc('month', order_date))
            as order_months_count_365d,
        count(*) filter (where is_discounted)
            as discounted_orders_count_365d,
        sum(discount_amount) as discount_amount_365d
    from completed
    group by as_of_date, customer_id

),

together as (

    select
        coalesce(windowed.as_of_date, cancelled.as_of_date) as as_of_date,
        coalesce(windowed.customer_id, cancelled.customer_id) as customer_id,
        {%- for days in feature_windows() %}
            coalesce(windowed.orders_count_{{ days }}d, 0)
                as orders_count_{{ days }}d,
            windowed.amount_{{ days }}d,
        {%- endfor %}
        coalesce(windowed.orders_count_year_ago, 0) as orders_count_year_ago,
        coalesce(windowed.order_days_count_365d, 0) as order_days_count_365d,
        coalesce(windowed.order_months_count_365d, 0)
            as order_months_count_365d,
        {{ ratio(
            'windowed.discounted_orders_count_365d',
            'windowed.orders_count_365d'
        ) }} as discounted_orders_share_365d,
        {{ ratio(
            'windowed.discount_amount_365d',
            'windowed.amount_365d + windowed.discount_amount_365d'
        ) }} as discount_share_365d,
        coalesce(cancelled.cancelled_orders_count_365d, 0)
            as cancelled_orders_count_365d
    from windowed
    full outer join cancelled
        on
            windowed.as_of_date = cancelled.as_of_date
            and windowed.customer_id = cancelled.customer_id

)

select * from together
