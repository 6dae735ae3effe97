with

order_lines as (

    select * from {{ ref('int_order_lines_as_known') }}
    where {{ is_within('order_date', longest_feature_window()) }}

),

completed as (

    select
        *,
        {{ days_between('order_date', 'as_of_date') }} as age_days
    from order_lines
    where is_completed

),

products_folded as (

    select
        as_of_date,
        customer_id,
        product_id,
        min(age_days) as youngest_age_days,
        count(*) as lines_count,
        sum(quantity) as quantity,
        sum(unit_price) as unit_price_sum
    from completed
    group by as_of_date, customer_id, product_id

),

windowed as (

    select
        as_of_date,
        customer_id,
        count(product_id) filter (where youngest_age_days <= 90)
            as distinct_products_count_90d,
        count(product_id) as distinct_products_count_365d,
        sum(lines_count) as lines_count_365d,
        sum(lines_count) filter (where product_id is not null)
            as product_lines_count_365d,
        sum(quantity) as quantity_365d,
        sum(unit_price_sum) as unit_price_sum_365d
    from products_folded
    group by as_of_date, customer_id

)

select * from windowed
