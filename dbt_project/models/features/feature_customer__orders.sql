with

customers as (

    select
        as_of_date,
        customer_id,
        {{ days_between('first_order_date', 'as_of_date') }}
            as tenure_days,
        {{ days_between('last_order_date', 'as_of_date') }}
            as days_since_last_order
    from {{ ref('int_customers_recent') }}

),

orders as (

    select * from {{ ref('int_orders_windowed') }}

),

gaps as (

    select * from {{ ref('int_order_gaps_windowed') }}

),

baskets as (

    select * from {{ ref('int_baskets_windowed') }}

),

measured as (

    select
        customers.customer_id,
        customers.as_of_date,
        customers.days_since_last_order,
        case
            when customers.tenure_days > 365 then 365
            else customers.tenure_days
        end as tenure_days_365d,
        {{ ratio('customers.days_since_last_order', 'customers.tenure_days') }}
            as silence_share_of_tenure,
        {%- for days in feature_windows() %}
            coalesce(orders.orders_count_{{ days }}d, 0)
                as orders_count_{{ days }}d,
            cast(
                case
                    when orders.orders_count_{{ days }}d > 0
                        then orders.amount_{{ days }}d
                    else 0
                end as double
            ) as amount_{{ days }}d,
        {%- endfor %}
        coalesce(orders.order_days_count_365d, 0) as order_days_count_365d,
        coalesce(orders.order_months_count_365d, 0) as order_months_count_365d,
        coalesce(orders.orders_count_year_ago, 0) as orders_count_year_ago,
        {{ ratio(
            '30 * coalesce(orders.order_days_count_365d, 0)',
            'greatest(least(customers.tenure_days, 365), 30)'
        ) }} as order_days_per_30d,
        {{ ratio('orders.orders_count_90d', 'orders.orders_count_365d') }}
            as orders_trend_90d_365d,
        {{ ratio('orders.orders_count_180d', 'orders.orders_count_365d') }}
            as orders_trend_180d_365d,
        {{ ratio('orders.amount_365d', 'orders.orders_count_365d') }}
            as amount_per_order_365d,
        gaps.own_gap_days,
        gaps.mean_gap_days,
        gaps.last_gap_days,
        gaps.longest_gap_days,
        {{ ratio('gaps.gap_deviation_days', 'gaps.mean_gap_days') }}
            as gap_spread,
        {%- for gap in ['own', 'mean', 'last', 'longest'] %}
            {{ ratio(
                'customers.days_since_last_order', 'gaps.' ~ gap ~ '_gap_days'
            ) }} as silence_in_{{ gap }}_gaps,
        {%- endfor %}
        coalesce(orders.cancelled_orders_count_365d, 0)
            as cancelled_orders_count_365d,
        orders.discounted_orders_share_365d,
        orders.discount_share_365d,
        baskets.distinct_products_count_90d,
        baskets.distinct_products_count_365d,
        baskets.lines_per_order_365d,
        baskets.quantity_per_order_365d,
        baskets.mean_unit_price_365d,
        baskets.repeated_products_share_365d
    from customers
    left join orders
        on
            customers.as_of_date = orders.as_of_date
            and customers.customer_id = orders.customer_id
    left join gaps
        on
            customers.as_of_date = gaps.as_of_date
            and customers.customer_id = gaps.customer_id
    left join baskets
        on
            customers.as_of_date = baskets.as_of_date
            and customers.customer_id = baskets.customer_id

)

select * from measured
