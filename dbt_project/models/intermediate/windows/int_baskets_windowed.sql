with

order_lines as (

    select * from {{ ref('int_order_lines_as_known') }}
    where {{ is_read_within('order_date', longest_feature_window()) }}

),

completed as (

    select
        *,
        {{ days_between('order_date', 'as_of_date') }}
            as age_days
    from order_lines
    where is_completed

),

windowed as (

    select
        as_of_date,
        customer_id,
        count(distinct order_id) as orders_count,
        count(*) as lines_count,
        count(product_id) as product_lines_count,
        sum(quantity) as quantity,
        sum(unit_price) as unit_price_sum,
        count(distinct product_id) filter (where age_days <= 90)
            as distinct_products_count_90d,
        count(distinct product_id) as distinct_products_count_365d
    from completed
    group by as_of_date, customer_id

),

measured as (

    select
        as_of_date,
        customer_id,
        distinct_products_count_90d,
        distinct_products_count_365d,
        {{ ratio('lines_count', 'orders_count') }} as lines_per_order_365d,
        {{ ratio('quantity', 'orders_count') }} as quantity_per_order_365d,
        {{ ratio('unit_price_sum', 'lines_count') }} as mean_unit_price_365d,
        1 - {{ ratio('distinct_products_count_365d', 'product_lines_count') }}
            as repeated_products_share_365d
    from windowed

)

select * from measured
